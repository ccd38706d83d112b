#include "supervision/database_url.hpp"

#include "protocols/error.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace callboard {

namespace {

constexpr std::string_view sqlite_scheme = "sqlite:///";

caf::error refusal(std::string text) {
  return caf::make_error(errc::bad_request, std::move(text));
}

/// Cuts at the first of `any_of`; the second part begins behind it.
std::pair<std::string_view, std::string_view> cut(std::string_view text,
                                                  std::string_view any_of) {
  auto at = text.find_first_of(any_of);
  if (at == text.npos)
    return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/// RFC 3986 section 2.1; nothing on a broken sequence or on `%00`.
std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (i + 2 >= text.size())
      return std::nullopt;
    int high = hex_digit(text[i + 1]);
    int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0)
      return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

struct parameter {
  std::string name;
  std::string value;
};

std::optional<std::vector<parameter>> parameters_of(std::string_view query) {
  std::vector<parameter> result;
  while (!query.empty()) {
    auto [item, rest] = cut(query, "&");
    query = rest;
    auto equals = item.find('=');
    if (equals == item.npos)
      return std::nullopt;
    auto name = decoded(item.substr(0, equals));
    auto value = decoded(item.substr(equals + 1));
    if (!name || !value || name->empty())
      return std::nullopt;
    result.push_back({std::move(*name), std::move(*value)});
  }
  return result;
}

/// Whether all of `a,b,c` are folders of Unix sockets. An empty one is not:
/// libpq would take it from PGHOST.
bool are_sockets(std::string_view hosts) {
  for (;;) {
    auto comma = hosts.find(',');
    auto host = hosts.substr(0, comma);
    if (!host.starts_with('/') && !host.starts_with('@'))
      return false;
    if (comma == hosts.npos)
      return true;
    hosts.remove_prefix(comma + 1);
  }
}

/// What libpq reads of a parameter given twice: the last.
struct safety {
  std::string hosts;
  std::string sslmode;
  bool elsewhere = false; ///< the address comes from outside the URL's host
};

safety safety_of(std::string hosts, const std::vector<parameter>& all) {
  safety result{std::move(hosts), {}};
  for (auto& [name, value] : all) {
    if (name == "host")
      result.hosts = value;
    else if (name == "sslmode")
      result.sslmode = value;
    else if (name == "ssl" && value == "true") // libpq's spelling for JDBC
      result.sslmode = "require";
    else if (name == "hostaddr" || name == "service" || name == "servicefile")
      result.elsewhere = true;
  }
  return result;
}

caf::expected<database_target> parse_postgres(std::string_view rest) {
  auto [place, query] = cut(rest, "?");
  auto parameters = parameters_of(query);
  if (!parameters)
    return refusal("must have parameters like ?sslmode=verify-full");
  auto authority = cut(place, "/").first;
  if (std::count(place.begin(), place.end(), '@')
      != std::count(authority.begin(), authority.end(), '@'))
    return refusal("must have /, ? and @ of its password percent-encoded");
  // libpq ends the credentials at the first @.
  if (auto at = authority.find('@'); at != authority.npos)
    authority.remove_prefix(at + 1);
  auto hosts = decoded(authority);
  if (!hosts || hosts->find('@', 1) != std::string::npos)
    return refusal("must have /, ? and @ of its password percent-encoded");
  auto way = safety_of(std::move(*hosts), *parameters);
  database_target result;
  result.postgres = true;
  result.location = "postgresql://" + std::string{rest};
  result.socket = !way.elsewhere && are_sockets(way.hosts);
  result.verified = way.sslmode == "verify-full";
  return result;
}

/// Shown as they are; any other could hold a password.
constexpr std::array<std::string_view, 8> harmless{"host",
                                                   "port",
                                                   "sslmode",
                                                   "dbname",
                                                   "sslrootcert",
                                                   "application_name",
                                                   "connect_timeout",
                                                   "target_session_attrs"};

std::string masked_query(std::string_view query) {
  std::string result;
  while (!query.empty()) {
    auto [item, rest] = cut(query, "&");
    query = rest;
    auto name = cut(item, "=").first;
    result += result.empty() ? '?' : '&';
    if (std::find(harmless.begin(), harmless.end(), name) != harmless.end())
      result += item;
    else
      result += "***";
  }
  return result;
}

} // namespace

caf::expected<database_target> parse_database_url(std::string_view text) {
  if (text.starts_with(sqlite_scheme)) {
    auto path = text.substr(sqlite_scheme.size());
    if (path.empty() || path.find_first_of("?#") != path.npos
        || path == ":memory:" || path.ends_with('/'))
      return refusal("must name a file: sqlite:///path");
    return database_target{false, std::string{path}};
  }
  auto colon = text.find("://");
  auto scheme = cut(text.substr(0, colon), "+").first;
  if (colon == text.npos || (scheme != "postgresql" && scheme != "postgres"))
    return refusal("must begin with postgresql:// or sqlite:///");
  return parse_postgres(text.substr(colon + 3));
}

database_target database_of(const config& x) {
  if (auto target = parse_database_url(x.database_url))
    return std::move(*target);
  auto folder = x.data_dir;
  if (!folder.ends_with('/'))
    folder += '/';
  return {false, folder + "callboard.db"};
}

std::string masked_database_url(std::string_view text) {
  auto colon = text.find("://");
  if (text.starts_with("sqlite:") || colon == text.npos)
    return std::string{text};
  std::string result{text.substr(0, colon + 3)};
  auto rest = text.substr(colon + 3);
  // The last @: rather too much hidden than the end of a password shown.
  if (auto at = rest.rfind('@'); at != rest.npos) {
    result += "***@";
    rest.remove_prefix(at + 1);
  }
  auto [place, query] = cut(rest, "?");
  result += place;
  return result + masked_query(query);
}

} // namespace callboard
