#include "storage/database.hpp"

#include "protocols/error.hpp"
#include "storage/echo.hpp"
#include "storage/postgres.hpp"
#include "storage/sqlite.hpp"

#include <caf/all.hpp>

namespace callboard::storage {

namespace {

constexpr std::string_view sqlite_scheme = "sqlite:///";

caf::error bad_url(const char* text) {
  return caf::make_error(errc::bad_request, std::string{text});
}

/// What follows `postgresql://`, `postgres://`, `postgresql+asyncpg://`.
std::optional<std::string_view> behind_postgres(std::string_view url) {
  auto colon = url.find("://");
  if (colon == url.npos)
    return std::nullopt;
  auto scheme = url.substr(0, std::min(colon, url.find('+')));
  if (scheme != "postgresql" && scheme != "postgres")
    return std::nullopt;
  return url.substr(colon + 3);
}

} // namespace

database::database(dialect_kind dialect, std::string location,
                   database_settings settings)
    : dialect_(dialect), location_(std::move(location)), settings_(settings) {}

caf::expected<database> database::open(std::string_view url,
                                       database_settings settings) {
  if (auto rest = behind_postgres(url))
    return database{dialect_kind::postgres,
                    "postgresql://" + std::string{*rest}, settings};
  if (!url.starts_with(sqlite_scheme))
    return bad_url("DATABASE_URL must begin with postgresql:// or sqlite:///");
  std::string path{url.substr(sqlite_scheme.size())};
  if (path.empty() || path == ":memory:" || path.ends_with('/'))
    return bad_url("DATABASE_URL must name a file: sqlite:///path");
  auto lock = file_lock::take(path);
  if (!lock)
    return lock.error();
  database out{dialect_kind::sqlite, std::move(path), settings};
  out.lock_ = std::move(*lock);
  return out;
}

std::shared_ptr<connection> database::connect() const {
  // No `?:` here: g++ 12.2 never destroys the copy of `lock_` in it.
  std::shared_ptr<connection> session;
  if (dialect_ == dialect_kind::sqlite)
    session = make_sqlite(location_, lock_);
  else
    session = make_postgres(location_, settings_.recycle);
  if (settings_.echo)
    return make_echo(std::move(session));
  return session;
}

} // namespace callboard::storage
