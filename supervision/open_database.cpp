#include "supervision/open_database.hpp"

#include "actors/bcrypt.hpp"
#include "actors/user_decisions.hpp"
#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "protocols/unicode.hpp"
#include "storage/changes.hpp"
#include "storage/event_log.hpp"
#include "storage/migrate.hpp"
#include "supervision/database_url.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

namespace callboard {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto start_limit = 30s;

/// `storage` takes URLs; a path becomes one.
std::string url_of(const database_target& target) {
  return target.postgres ? target.location : "sqlite:///" + target.location;
}

caf::error make_folder(const std::string& file) {
  auto folder = std::filesystem::path{file}.parent_path();
  std::error_code ec;
  if (!folder.empty())
    std::filesystem::create_directories(folder, ec);
  if (ec)
    return caf::make_error(errc::unavailable,
                           folder.string() + ": " + ec.message());
  return caf::none;
}

/// Sleeps; false as soon as the process was told to end.
bool pause_for(std::chrono::milliseconds d) {
  for (auto end = clock::now() + d; clock::now() < end;) {
    std::this_thread::sleep_for(50ms);
    sigset_t waiting; // `serve` blocks these signals and takes them later
    sigpending(&waiting);
    if (sigismember(&waiting, SIGTERM) == 1
        || sigismember(&waiting, SIGINT) == 1)
      return false;
  }
  return true;
}

/// Waits with back-off: a database often starts together with us.
caf::error wait_for(storage::connection& db) {
  auto end = clock::now() + start_limit;
  for (auto pause = 100ms;;
       pause = std::min<std::chrono::milliseconds>(pause * 2, 3s)) {
    auto err = db.ping();
    if (!err || clock::now() + pause > end)
      return err;
    log::warning("start", "database unavailable, trying again",
                 {{"error", detail(err)}});
    if (!pause_for(pause))
      return err;
  }
}

std::string body_of(const new_account& x) {
  return "{\"username\":" + json_quoted(x.username)
         + ",\"email\":" + json_quoted(x.email)
         + ",\"password\":" + json_quoted(x.password) + '}';
}

} // namespace

caf::expected<std::shared_ptr<storage::database>>
open_database(const config& settings) {
  auto target = database_of(settings);
  if (!target.postgres)
    if (auto err = make_folder(target.location))
      return err;
  storage::database_settings options;
  options.recycle = settings.db_pool_recycle;
  // A wrapper around each statement: only where somebody would read it.
  options.echo = settings.debug && settings.log_level == log::level::debug;
  auto opened = storage::database::open(url_of(target), options);
  if (!opened)
    return opened.error();
  auto out = std::make_shared<storage::database>(std::move(*opened));
  auto db = out->connect();
  // A file is there or not; only a server may still be starting.
  if (auto err = target.postgres ? wait_for(*db) : db->ping())
    return err;
  if (auto err = storage::migrate(*db))
    return err;
  return out;
}

caf::expected<stream_mark_ptr> read_stream_mark(storage::database& database) {
  auto found = storage::read_stream(*database.connect());
  if (!found)
    return found.error();
  auto out = std::make_shared<stream_mark>();
  out->epoch = std::move(found->epoch);
  out->advance(found->position);
  return out;
}

caf::expected<bool> create_admin(storage::database& database,
                                 const config& settings,
                                 const new_account& account, bool only_first) {
  auto body = parse_object(body_of(account));
  if (!body)
    return body.error();
  auto given = read_patch<registration>(*body, &rules::create);
  if (!given)
    return given.error();
  auto hash = actors::bcrypt_hash(account.password,
                                  static_cast<int>(settings.password_cost));
  if (!hash)
    return hash.error();
  user row;
  row.username = account.username;
  row.email = normal_email(account.email);
  row.email_folded = fold_case(row.email);
  row.hashed_password = *hash;
  row.as = role::admin;
  change_batch<user> batch;
  auto& request = batch.requests.emplace_back();
  request.ctx.deadline = batch.deadline = deadline_in(10s);
  request.inserts = true;
  request.rows = only_first
                     ? selector{lookup::admins, {}}
                     : selector{lookup::name, {row.username, row.email_folded}};
  request.decide
      = only_first ? actors::first_admin(row) : actors::registered(row);
  auto db = database.connect();
  if (auto err = storage::run_changes(*db, batch))
    return err;
  auto& result = batch.results.front();
  if (!result)
    return result.error();
  return !result->rows.empty();
}

} // namespace callboard
