#include "protocols/error.hpp"
#include "supervision/database_url.hpp"
#include "supervision/setting.hpp"

#include <algorithm>
#include <thread>

namespace callboard {

namespace {

std::string accepts_host(std::string_view text) {
  return is_address(text) || text == "localhost"
             ? ""
             : "must be an IP address or localhost";
}

std::string accepts_database(std::string_view text) {
  if (text.empty())
    return "";
  auto parsed = parse_database_url(text);
  return parsed ? "" : detail(parsed.error());
}

/// RFC 6454 section 7: what a browser sends as `Origin`.
std::string accepts_origin(std::string_view text) {
  std::string_view rest = text;
  if (text.starts_with("http://"))
    rest.remove_prefix(7);
  else if (text.starts_with("https://"))
    rest.remove_prefix(8);
  else
    rest = {};
  bool plain = rest.find_first_of("/*?#@\\ \"',") == rest.npos;
  return !rest.empty() && plain
             ? ""
             : "must hold origins like https://app.example.com, without a path "
               "and without *";
}

/// Names, addresses, and `*.example.com`; a port is not compared.
std::string accepts_host_pattern(std::string_view text) {
  auto rest = text;
  if (text.starts_with("*."))
    rest.remove_prefix(2);
  bool plain = rest.find_first_of("*/?#@\\ \"',") == rest.npos;
  bool port = rest.find(':') != rest.npos && !is_address(rest);
  return text == "*" || (!rest.empty() && plain && !port)
             ? ""
             : "must hold host names, addresses or patterns like "
               "*.example.com, "
               "without a port";
}

constexpr int64_t second = 1000; // [ms]
constexpr int64_t hour = 3600 * second;
constexpr int64_t shortest = 50; // [ms]

constexpr setting server_settings[] = {
    {"APP_NAME", &config::app_name, "name of the service, as clients see it", 1,
     100},
    {"ENVIRONMENT", &config::environment,
     "profile; production refuses to start with weak settings"},
    {"DEBUG", &config::debug,
     "log every SQL statement, without its values, when LOG_LEVEL is DEBUG"},
    {"HOST", &config::host, "address to listen on; 0.0.0.0 is every IPv4 one",
     1, 255, 1, accepts_host},
    {"PORT", &config::port, "TCP port to listen on; 0 picks a free one", 0,
     65'535},
    {"WORKERS", &config::workers, "event loops, one thread each [count]", 1,
     100, 1, nullptr, privacy::open, "", "number of cores"},
    {"SCHEDULER", &config::scheduler,
     "who runs the actors: the event loops, or threads of their own"},
    {"DATA_DIR", &config::data_dir,
     "folder of the SQLite file and of the generated secret", 1, 4096},
    {"STATIC_DIR", &config::static_dir,
     "folder of a built frontend, served beside the API", 0, 4096},
    {"SSL_CERTFILE", &config::ssl_certfile,
     "PEM file of the certificate chain; serves HTTPS", 0, 4096},
    {"SSL_KEYFILE", &config::ssl_keyfile,
     "PEM file of the certificate's private key", 0, 4096},
};

constexpr setting limit_settings[] = {
    {"MAX_CONNECTIONS", &config::max_connections, "open connections [count]", 1,
     1'000'000},
    {"MAX_IN_FLIGHT", &config::max_in_flight,
     "requests in work at once; more are answered 503 [count]", 1, 1'000'000},
    {"WS_MAX_CONNECTIONS", &config::ws_max_connections,
     "open WebSockets; more are answered 503 [count]", 0, 1'000'000},
    {"WS_MAX_CONNECTIONS_PER_IP", &config::ws_max_connections_per_ip,
     "open WebSockets of one client; 0: any number [count]", 0, 1'000'000},
    {"MAX_BODY_BYTES", &config::max_body_bytes,
     "size of a request's body [bytes]", 1024, 64 << 20},
    {"HEADER_TIMEOUT", &config::header_timeout,
     "time to send the head of a request [s]", shortest, hour, second},
    {"BODY_TIMEOUT", &config::body_timeout,
     "time to send the body of a request [s]", shortest, hour, second},
    {"WRITE_TIMEOUT", &config::write_timeout, "time to take in an answer [s]",
     shortest, hour, second},
    {"KEEP_ALIVE_TIMEOUT", &config::keep_alive_timeout,
     "idle time between two requests of a connection [s]", shortest, hour,
     second},
    {"REQUEST_TIMEOUT", &config::request_timeout,
     "time for a whole request and its answer [s]", shortest, hour, second},
    {"SHUTDOWN_TIMEOUT", &config::shutdown_timeout,
     "time that requests in work have after SIGTERM [s]", 0, hour, second},
};

constexpr setting database_settings[] = {
    {"DATABASE_URL", &config::database_url,
     "postgresql://user@host/name?sslmode=verify-full, or sqlite:///path", 0,
     4096, 1, accepts_database, privacy::masked, "",
     "callboard.db in the data folder"},
    {"DB_POOL_SIZE", &config::db_pool_size, "connections kept open [count]", 1,
     1000},
    {"DB_MAX_OVERFLOW", &config::db_max_overflow,
     "connections beyond these while they are all busy [count]", 0, 1000},
    {"DB_POOL_TIMEOUT", &config::db_pool_timeout,
     "wait for a free connection, then 503 [s]", shortest, hour, second},
    {"DB_POOL_RECYCLE", &config::db_pool_recycle,
     "age at which a connection is replaced [s]", second, 24 * hour, second},
    {"DB_DEADLINE_MS", &config::db_deadline,
     "time that the database has for one request [ms]", shortest, hour, 1},
};

constexpr setting sync_settings[] = {
    {"SCHEDULE_SYNC_ENABLED", &config::schedule_sync_enabled,
     "keep the tasks and a YAML file together, in both directions"},
    {"SCHEDULE_CONFIG_PATH", &config::schedule_config_path,
     "that file; its folder is watched", 1, 4000},
};

constexpr setting token_settings[] = {
    {"JWT_SECRET_KEY", &config::jwt_secret_key,
     "key that signs access tokens, 32 bytes or more", 0, 4096, 1, nullptr,
     privacy::secret, "SECRET_KEY", "made on the first start"},
    {"JWT_PREVIOUS_SECRET_KEY", &config::jwt_previous_secret_key,
     "key that signed before JWT_SECRET_KEY: its tokens stay good while it is "
     "set",
     0, 4096, 1, nullptr, privacy::secret},
    {"JWT_ALGORITHM", &config::jwt_algorithm, "how tokens are signed", 0, 0, 1,
     nullptr, privacy::open, "ALGORITHM"},
    {"JWT_EXPIRATION_MINUTES", &config::jwt_expiration,
     "life of an access token [min]", 1, 525'600},
    {"JWT_REFRESH_EXPIRATION_DAYS", &config::jwt_refresh_expiration,
     "life of a refresh token [d]", 1, 3650},
    {"AUTH_SINGLE_USER_ID", &config::auth_single_user_id,
     "user that requests to /api without a token act as; 0: none, and never "
     "in production",
     0, 2'147'483'647},
    {"PASSWORD_COST", &config::password_cost,
     "bcrypt cost: each step doubles the time; 12 or more in production", 4,
     20},
    {"PASSWORD_QUEUE", &config::password_queue,
     "passwords that may wait to be hashed, then 503 [count]", 1, 100'000},
    {"LOGIN_FREE_FAILURES", &config::login_free_failures,
     "failed logins of an account from one address before each next one has to "
     "wait, twice as long each time; 0: none waits [count]",
     0, 1000},
    {"ADMIN_BOOTSTRAP_USERNAME", &config::admin_bootstrap_username,
     "name of the admin made on start while there is none", 0, 50},
    {"ADMIN_BOOTSTRAP_EMAIL", &config::admin_bootstrap_email,
     "e-mail address of that admin", 0, 255},
    {"ADMIN_BOOTSTRAP_PASSWORD", &config::admin_bootstrap_password,
     "password of that admin", 0, 1024, 1, nullptr, privacy::secret},
};

constexpr setting websocket_settings[] = {
    {"WS_HEARTBEAT_INTERVAL", &config::ws_heartbeat_interval,
     "time between two pings to a client [s]", shortest, hour, second},
    {"WS_HEARTBEAT_TIMEOUT", &config::ws_heartbeat_timeout,
     "silence after which a client is given up [s]", shortest, hour, second},
    {"WS_ALLOW_ANONYMOUS", &config::ws_allow_anonymous,
     "clients without a token hear what is for everyone"},
};

constexpr setting browser_settings[] = {
    {"CORS_ORIGINS", &config::cors_origins,
     "origins whose pages may call the API", 0, 1000, 1, accepts_origin},
    {"ALLOWED_HOSTS", &config::allowed_hosts,
     "Host headers accepted in production; *.example.com is a pattern", 0, 1000,
     1, accepts_host_pattern},
    {"TRUSTED_PROXIES", &config::trusted_proxies,
     "networks (CIDR) whose X-Forwarded-For is believed", 0, 1000},
    {"TRUST_REQUEST_ID", &config::trust_request_id,
     "take over the X-Request-ID of clients if it is a UUID"},
};

constexpr setting rate_settings[] = {
    {"RATE_LIMIT_ENABLED", &config::rate_limit_enabled,
     "count requests per client address"},
    {"RATE_LIMIT_PER_MINUTE", &config::rate_limit_per_minute,
     "requests of one client [1/min]", 1, 1'000'000'000},
    {"RATE_LIMIT_AUTH_PER_MINUTE", &config::rate_limit_auth_per_minute,
     "logins, registrations and refreshes of one client [1/min]", 1,
     1'000'000'000},
    {"RATE_LIMIT_ACTIVITY_PER_MINUTE", &config::rate_limit_activity_per_minute,
     "activity reports of one client [1/min]", 1, 1'000'000'000},
    {"RATE_LIMIT_AGENT_CREATE_PER_MINUTE",
     &config::rate_limit_agent_create_per_minute,
     "new agents of one client [1/min]", 1, 1'000'000'000},
    {"RATE_LIMIT_WS_PER_MINUTE", &config::rate_limit_ws_per_minute,
     "WebSockets that one client opens; 0: any number [1/min]", 0,
     1'000'000'000},
    {"RATE_LIMIT_RPS", &config::rate_limit_rps,
     "steady rate of one client within the minute; 0 is any [1/s]", 0,
     1'000'000},
    {"RATE_LIMIT_BURST", &config::rate_limit_burst,
     "requests above the steady rate [count]", 0, 1'000'000},
    {"RATE_LIMIT_EXEMPT", &config::rate_limit_exempt,
     "networks (CIDR) that are not counted", 0, 1000},
    {"RATE_LIMIT_MAX_KEYS", &config::rate_limit_max_keys,
     "clients remembered at once [count]", 100, 10'000'000},
};

constexpr int64_t longest_kept = 36'500; // [d]
constexpr int64_t most_kept = 1'000'000'000'000;

constexpr setting retention_settings[] = {
    {"EVENT_RETENTION_DAYS", &config::event_retention_days,
     "age at which events are removed; 0: never [d]", 0, longest_kept},
    {"EVENT_RETENTION_ROWS", &config::event_retention_rows,
     "events kept at most; 0: any number [count]", 0, most_kept},
    {"AUDIT_RETENTION_DAYS", &config::audit_retention_days,
     "age at which audit entries are removed; 0: never [d]", 0, longest_kept},
    {"AUDIT_RETENTION_ROWS", &config::audit_retention_rows,
     "audit entries kept at most; 0: any number [count]", 0, most_kept},
    {"EXECUTION_RETENTION_DAYS", &config::execution_retention_days,
     "age at which finished runs are removed; 0: never [d]", 0, longest_kept},
    {"EXECUTION_RETENTION_ROWS", &config::execution_retention_rows,
     "finished runs kept at most; 0: any number [count]", 0, most_kept},
    {"TOKEN_RETENTION_DAYS", &config::token_retention_days,
     "time for which an expired refresh token is remembered [d]", 0,
     longest_kept},
    {"RETENTION_INTERVAL", &config::retention_interval,
     "pause between two looks for rows to remove [s]", shortest, 24 * hour,
     second},
};

constexpr setting log_settings[] = {
    {"LOG_LEVEL", &config::log_level, "least severity that is logged"},
    {"LOG_FORMAT", &config::log_format, "one JSON object or one text per line"},
    {"ACCESS_LOG", &config::access_log, "log every request"},
};

constexpr setting_group groups[] = {
    {"Server", server_settings},
    {"Database", database_settings},
    {"YAML sync", sync_settings},
    {"Tokens and passwords", token_settings},
    {"Limits", limit_settings},
    {"Rate limit", rate_settings},
    {"WebSockets", websocket_settings},
    {"Browsers and proxies", browser_settings},
    {"Retention", retention_settings},
    {"Log", log_settings},
};

} // namespace

int64_t core_count() {
  return std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, 100);
}

std::span<const setting_group> setting_groups() { return groups; }

std::span<const setting* const> settings() {
  static const auto all = [] {
    std::vector<const setting*> result;
    for (auto& group : groups)
      for (auto& x : group.settings)
        result.push_back(&x);
    return result;
  }();
  return all;
}

const setting* find_setting(std::string_view name) {
  for (auto x : settings())
    if (x->name == name)
      return x;
  return nullptr;
}

} // namespace callboard
