#include "supervision/config_checks.hpp"

#include "protocols/cidr.hpp"
#include "supervision/database_url.hpp"

#include <algorithm>
#include <array>
#include <bitset>

namespace callboard {

namespace {

constexpr size_t least_secret = 32; // [bytes]
constexpr size_t least_variety = 8; // different bytes
constexpr int64_t least_cost = 12;

/// Parts of the keys that sample configurations carry.
constexpr std::array<std::string_view, 12> placeholders{"change",
                                                        "your-",
                                                        "your_",
                                                        "placeholder",
                                                        "insecure",
                                                        "example",
                                                        "secret-key",
                                                        "secret_key",
                                                        "secretkey",
                                                        "default",
                                                        "not-for-production",
                                                        "supersecret"};

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

size_t variety(std::string_view text) {
  std::bitset<256> seen;
  for (char c : text)
    seen.set(static_cast<unsigned char>(c));
  return seen.count();
}

using findings = std::vector<finding>;

/// Settings that mean nothing without one another.
void check_pairs(const config& x, findings& out) {
  if (x.ssl_certfile.empty() != x.ssl_keyfile.empty()) {
    bool cert = !x.ssl_certfile.empty();
    out.push_back({cert ? "SSL_KEYFILE" : "SSL_CERTFILE",
                   cert ? "must be set with SSL_CERTFILE"
                        : "must be set with SSL_KEYFILE"});
  }
  if (x.ws_heartbeat_timeout <= x.ws_heartbeat_interval)
    out.push_back(
        {"WS_HEARTBEAT_TIMEOUT", "must be longer than WS_HEARTBEAT_INTERVAL"});
  const std::pair<std::string_view, bool> admin[] = {
      {"ADMIN_BOOTSTRAP_USERNAME", x.admin_bootstrap_username.empty()},
      {"ADMIN_BOOTSTRAP_EMAIL", x.admin_bootstrap_email.empty()},
      {"ADMIN_BOOTSTRAP_PASSWORD", x.admin_bootstrap_password.empty()},
  };
  auto missing = std::count_if(std::begin(admin), std::end(admin),
                               [](auto& item) { return item.second; });
  if (missing == 0 || missing == 3)
    return;
  for (auto& [name, empty] : admin)
    if (empty)
      out.push_back({std::string{name},
                     "must be set with the other ADMIN_BOOTSTRAP settings"});
}

/// A19, A23 and behaviour.md sections 1 and 12.
void check_closed(const config& x, findings& out) {
  bool fatal = x.environment == environment::production;
  auto report = [&](std::string_view name, std::string why) {
    out.push_back({std::string{name}, std::move(why), fatal});
  };
  if (auto why = weakness_of_secret(x.jwt_secret_key); !why.empty())
    report("JWT_SECRET_KEY", std::move(why));
  if (auto& old = x.jwt_previous_secret_key; !old.empty())
    if (auto why = weakness_of_secret(old); !why.empty())
      report("JWT_PREVIOUS_SECRET_KEY", std::move(why));
  if (x.auth_single_user_id != 0)
    report("AUTH_SINGLE_USER_ID", "must not be set in production");
  if (x.allowed_hosts.empty())
    report("ALLOWED_HOSTS", "must name at least one host in production");
  if (x.password_cost < least_cost)
    report("PASSWORD_COST", "must be at least 12 in production");
  if (x.ssl_certfile.empty() && x.trusted_proxies.empty()
      && !is_loopback(x.host))
    report("HOST", "must be a loopback address in production, unless "
                   "SSL_CERTFILE gives HTTPS or TRUSTED_PROXIES names the "
                   "proxy that does");
  auto database = database_of(x);
  if (database.postgres && !database.socket && !database.verified)
    report("DATABASE_URL",
           "must have sslmode=verify-full in production, or name a Unix "
           "socket (postgresql:///name?host=/run/postgresql)");
}

} // namespace

std::string weakness_of_secret(std::string_view key) {
  if (key.empty())
    return "must be set in production";
  if (key.size() < least_secret)
    return "must have at least 32 bytes in production";
  auto text = lower(key);
  if (std::any_of(placeholders.begin(), placeholders.end(),
                  [&](auto x) { return text.find(x) != text.npos; }))
    return "must not be a placeholder in production";
  if (variety(key) < least_variety)
    return "must be random in production";
  return {};
}

std::vector<finding> check_config(const config& x) {
  findings result;
  check_pairs(x, result);
  if (x.environment != environment::development)
    check_closed(x, result);
  return result;
}

} // namespace callboard
