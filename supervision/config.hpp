// What the program can be told: plain values, each with its unit.
#pragma once

#include "protocols/cidr.hpp"
#include "protocols/log.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What the process is for; production is closed by default (A19).
enum class environment : uint8_t { development, staging, production };

/// Who runs the actors: the event loops, or threads of their own (A2).
enum class scheduling : uint8_t { loops, sharing };

/// The one algorithm of tokens; a setting because clients may name it.
enum class jwt_algorithm : uint8_t { hs256 };

std::string_view to_string(environment x);
std::string_view to_string(scheduling x);
std::string_view to_string(jwt_algorithm x);

/// Hardware threads this process may use, 1 to 100.
int64_t core_count();

/// All settings, with their defaults. `settings()` ties each member to its name
/// and bounds. After the start nothing changes; components get what they need
/// by value.
struct config {
  // Server.
  std::string app_name = "RUV SPARC UI Dashboard";
  callboard::environment environment = environment::development;
  bool debug = true; ///< SQL in the log, at LOG_LEVEL=DEBUG
  std::string host = "0.0.0.0";
  int64_t port = 8000;
  int64_t workers = core_count();
  scheduling scheduler = scheduling::loops;
  std::string data_dir = "data";
  std::string static_dir;   ///< empty: no frontend is served
  std::string ssl_certfile; ///< empty: plain HTTP
  std::string ssl_keyfile;

  // Limits.
  int64_t max_connections = 50'000;
  int64_t max_in_flight = 1024;
  int64_t ws_max_connections = 50'000;
  int64_t ws_max_connections_per_ip = 0; ///< 0: any number
  int64_t max_body_bytes = 1 << 20;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds keep_alive_timeout{5'000};
  std::chrono::milliseconds request_timeout{120'000};
  std::chrono::milliseconds shutdown_timeout{30'000};

  // WebSockets.
  std::chrono::milliseconds ws_heartbeat_interval{30'000};
  std::chrono::milliseconds ws_heartbeat_timeout{60'000};
  bool ws_allow_anonymous = false;

  // Database.
  std::string database_url; ///< empty: SQLite in `data_dir`
  int64_t db_pool_size = 10;
  int64_t db_max_overflow = 20;
  std::chrono::milliseconds db_pool_timeout{30'000};
  std::chrono::milliseconds db_pool_recycle{3'600'000};
  std::chrono::milliseconds db_deadline{5'000};

  // YAML sync.
  bool schedule_sync_enabled = false;
  std::string schedule_config_path = "config/schedule_config.yml";

  // Tokens and passwords.
  std::string jwt_secret_key;          ///< empty: made on the first start (A23)
  std::string jwt_previous_secret_key; ///< empty: none
  callboard::jwt_algorithm jwt_algorithm = jwt_algorithm::hs256;
  std::chrono::minutes jwt_expiration{60};
  std::chrono::days jwt_refresh_expiration{7};
  int64_t password_cost = 12;
  int64_t password_queue = 64;
  int64_t login_free_failures = 5;      ///< 0: failures cost nothing
  std::string admin_bootstrap_username; ///< empty: no such admin
  std::string admin_bootstrap_email;
  std::string admin_bootstrap_password;

  // Browsers and proxies.
  std::vector<std::string> cors_origins{"http://localhost:3000",
                                        "http://localhost:5173"};
  std::vector<std::string> allowed_hosts{"localhost", "127.0.0.1"};
  std::vector<cidr> trusted_proxies;
  bool trust_request_id = false;

  // Rate limit.
  int64_t auth_single_user_id = 0; ///< 0: nobody
  bool rate_limit_enabled = true;
  int64_t rate_limit_per_minute = 100;
  int64_t rate_limit_auth_per_minute = 50;
  int64_t rate_limit_activity_per_minute = 1000;
  int64_t rate_limit_agent_create_per_minute = 60;
  int64_t rate_limit_ws_per_minute = 0; ///< 0: any number
  int64_t rate_limit_rps = 0;           ///< 0: no limit within the minute
  int64_t rate_limit_burst = 20;
  std::vector<cidr> rate_limit_exempt;
  int64_t rate_limit_max_keys = 100'000;

  // Retention; 0 days: for ever, 0 rows: any number.
  int64_t event_retention_days = 7;
  int64_t event_retention_rows = 1'000'000;
  int64_t audit_retention_days = 365;
  int64_t audit_retention_rows = 0;
  int64_t execution_retention_days = 365;
  int64_t execution_retention_rows = 0;
  int64_t token_retention_days = 30; ///< beyond the life of a refresh token
  std::chrono::milliseconds retention_interval{60'000};

  // Log.
  log::level log_level = log::level::info;
  log::format log_format = log::format::json;
  bool access_log = true;
};

} // namespace callboard
