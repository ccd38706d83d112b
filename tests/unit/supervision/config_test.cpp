#define CAF_SUITE config

#include "supervision/config_checks.hpp"
#include "supervision/config_sources.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

using namespace callboard;

namespace {

const std::string good_secret = "Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OWFiY2RlZg";

/// A folder of its own that is also the working folder, so that no `.env` of
/// the caller gets in.
struct scratch_folder {
  scratch_folder() : before(std::filesystem::current_path()) {
    auto pattern
        = (std::filesystem::temp_directory_path() / "config_XXXXXX").string();
    CAF_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
    std::filesystem::current_path(path);
  }
  ~scratch_folder() {
    std::filesystem::current_path(before);
    std::filesystem::remove_all(path);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{path / name, std::ios::binary} << text;
    return (path / name).string();
  }

  std::filesystem::path before;
  std::filesystem::path path;
};

loaded_config from_environment(named_values values) {
  return load_config({std::move(values), {}, {}});
}

source origin(const loaded_config& x, std::string_view name) {
  auto all = settings();
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i]->name == name)
      return x.origins.at(i);
  CAF_FAIL("no such setting");
}

std::string all_problems(const loaded_config& x) {
  std::string result;
  for (auto& item : x.problems)
    result += to_string(item) + '\n';
  return result;
}

config production() {
  config x;
  x.environment = environment::production;
  x.jwt_secret_key = good_secret;
  x.host = "127.0.0.1";
  return x;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(config_tests, scratch_folder)

CAF_TEST(the defaults are those of the contract) {
  auto x = from_environment({});
  CAF_CHECK_EQUAL(all_problems(x), "");
  CAF_CHECK(x.warnings.empty());
  CAF_CHECK_EQUAL(x.values.app_name, "RUV SPARC UI Dashboard");
  CAF_CHECK_EQUAL(x.values.host, "0.0.0.0");
  CAF_CHECK_EQUAL(x.values.port, 8000);
  CAF_CHECK(x.values.workers >= 1 && x.values.workers <= 100);
  CAF_CHECK_EQUAL(x.values.jwt_expiration.count(), 60);
  CAF_CHECK_EQUAL(x.values.jwt_refresh_expiration.count(), 7);
  CAF_CHECK_EQUAL(x.values.rate_limit_per_minute, 100);
  CAF_CHECK_EQUAL(x.values.db_pool_size, 10);
  CAF_CHECK_EQUAL(x.values.db_max_overflow, 20);
  CAF_CHECK_EQUAL(x.values.keep_alive_timeout.count(), 5000);
  CAF_CHECK_EQUAL(x.values.max_body_bytes, 1048576);
  CAF_CHECK_EQUAL(x.values.cors_origins.size(), 2u);
  CAF_CHECK(x.values.debug);
  for (auto from : x.origins)
    CAF_CHECK(from == source::fallback);
}

CAF_TEST(all invalid values are reported at once and no secret with them) {
  auto x = from_environment({{"PORT", "http"},
                             {"WORKERS", "1000"},
                             {"ENVIRONMENT", "live"},
                             {"LOG_LEVEL", "loud\x1b[2J"},
                             {"CORS_ORIGINS", "*"},
                             {"SSL_CERTFILE", "cert.pem"},
                             {"ADMIN_BOOTSTRAP_PASSWORD", "geheim"},
                             {"DATABASE_URL", "mysql://u:geheim@h/d"},
                             {"JWT_SECRET_KEY", std::string(5000, 'g')}});
  auto text = all_problems(x);
  for (auto part :
       {"PORT (environment) \"http\": must be a whole number between 0 and "
        "65535",
        "WORKERS (environment) \"1000\": must", "ENVIRONMENT (environment)",
        "LOG_LEVEL (environment) \"loud\\u001B[2J\"", "CORS_ORIGINS",
        "SSL_KEYFILE: must be set with SSL_CERTFILE",
        "ADMIN_BOOTSTRAP_USERNAME: must", "ADMIN_BOOTSTRAP_EMAIL: must",
        "DATABASE_URL (environment): must begin with postgresql://",
        "JWT_SECRET_KEY (environment): must have at most 4096 bytes"}) {
    CAF_MESSAGE(part);
    CAF_CHECK(text.find(part) != std::string::npos);
  }
  CAF_CHECK_EQUAL(x.problems.size(), 10u);
  CAF_CHECK(origin(x, "PORT") == source::fallback);
  CAF_CHECK_EQUAL(text.find("geheim"), std::string::npos);
  CAF_CHECK_EQUAL(text.find("ggg"), std::string::npos);
  CAF_CHECK_EQUAL(text.find('\x1b'), std::string::npos);
}

CAF_TEST(a later source beats an earlier one) {
  auto key_file = write("key", "from-file\n");
  write(".env",
        "PORT=1\nHOST=127.0.0.1\nWORKERS=1\nJWT_SECRET_KEY=from-env-file");
  config_sources from;
  auto x = load_config(from);
  CAF_CHECK_EQUAL(all_problems(x), "");
  CAF_CHECK_EQUAL(x.values.port, 1);
  CAF_CHECK_EQUAL(x.values.jwt_secret_key, "from-env-file");
  CAF_CHECK(origin(x, "PORT") == source::env_file);
  from.environment = {{"PORT", "2"}, {"WORKERS", "2"}, {"JWT_SECRET_KEY", "e"}};
  x = load_config(from);
  CAF_CHECK_EQUAL(x.values.port, 2);
  CAF_CHECK_EQUAL(x.values.host, "127.0.0.1");
  CAF_CHECK_EQUAL(x.values.jwt_secret_key, "e");
  CAF_CHECK(origin(x, "HOST") == source::env_file);
  CAF_CHECK(origin(x, "WORKERS") == source::environment);
  from.environment["JWT_SECRET_KEY_FILE"] = key_file;
  x = load_config(from);
  CAF_CHECK_EQUAL(x.values.jwt_secret_key, "from-file");
  CAF_CHECK(origin(x, "JWT_SECRET_KEY") == source::file);
  from.options = {{"PORT", "3"}, {"PORT", "4"}, {"JWT_SECRET_KEY", "o"}};
  x = load_config(from);
  CAF_CHECK_EQUAL(x.values.port, 4);
  CAF_CHECK_EQUAL(x.values.jwt_secret_key, "o");
  CAF_CHECK(origin(x, "PORT") == source::option);
  from.options.emplace_back("JWT_SECRET_KEY_FILE", key_file);
  x = load_config(from);
  CAF_CHECK_EQUAL(x.values.jwt_secret_key, "from-file");
  CAF_CHECK(origin(x, "JWT_SECRET_KEY") == source::option);
}

CAF_TEST(an invalid value that a later source replaces does not count) {
  config_sources from{{{"PORT", "http"}}, {{"PORT", "80"}}, {}};
  CAF_CHECK_EQUAL(all_problems(load_config(from)), "");
}

CAF_TEST(names are case sensitive and unknown ones are ignored) {
  auto x = from_environment({{"port", "1"},
                             {"Port", "2"},
                             {"PORT_", "3"},
                             {"PORT_FILE", "/nowhere"},
                             {"WS_COMPRESSION", "x"}});
  CAF_CHECK_EQUAL(all_problems(x), "");
  CAF_CHECK_EQUAL(x.values.port, 8000);
}

CAF_TEST(an alias counts where the name itself is not set) {
  auto x = from_environment({{"SECRET_KEY", "a"}, {"ALGORITHM", "HS512"}});
  CAF_CHECK_EQUAL(x.values.jwt_secret_key, "a");
  CAF_REQUIRE_EQUAL(x.problems.size(), 1u);
  CAF_CHECK(x.problems[0].name.starts_with("JWT_ALGORITHM"));
  x = from_environment({{"SECRET_KEY", "a"}, {"JWT_SECRET_KEY", "b"}});
  CAF_CHECK_EQUAL(x.values.jwt_secret_key, "b");
  x = from_environment({{"SECRET_KEY_FILE", write("key", "c")}});
  CAF_CHECK_EQUAL(x.values.jwt_secret_key, "c");
}

CAF_TEST(a secret file is read without its line end) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"abc", "abc"},       {"abc\n", "abc"},   {"abc\r\n", "abc"},
      {"abc\n\n", "abc\n"}, {" abc ", " abc "}, {"a\nb", "a\nb"},
  };
  for (auto& [content, value] : table) {
    auto x = from_environment({{"JWT_SECRET_KEY_FILE", write("key", content)}});
    CAF_CHECK_EQUAL(x.values.jwt_secret_key, value);
  }
  auto x = from_environment(
      {{"DATABASE_URL_FILE", write("url", "postgresql://u:p@h/d\n")}});
  CAF_CHECK_EQUAL(x.values.database_url, "postgresql://u:p@h/d");
}

CAF_TEST(a secret file that cannot be read stops the start) {
  auto folder = path.string();
  auto large = write("large", std::string(70'000, 'g'));
  for (auto& file : {folder + "/none", folder, large}) {
    auto x = from_environment({{"JWT_SECRET_KEY_FILE", file}});
    CAF_REQUIRE_EQUAL(x.problems.size(), 1u);
    CAF_CHECK(to_string(x.problems[0]).starts_with("JWT_SECRET_KEY_FILE \""));
  }
  CAF_CHECK(from_environment({{"JWT_SECRET_KEY_FILE", ""}}).ok());
}

CAF_TEST(an env file that was asked for must exist and be readable) {
  CAF_CHECK(load_config({}).ok());
  CAF_CHECK(!load_config({{}, {}, "none.env"}).ok());
  CAF_CHECK(!load_config({{}, {}, "."}).ok());
  write("other.env", "PORT=7\n");
  CAF_CHECK_EQUAL(load_config({{}, {}, "other.env"}).values.port, 7);
  write(".env", "PORT=8\nbroken\n");
  auto x = load_config({});
  CAF_CHECK_EQUAL(all_problems(x), ".env: line 2: no = behind the name\n");
  CAF_CHECK(load_config({{}, {}, "other.env"}).ok());
}

CAF_TEST(an unset Redis says nothing and a set one is a warning) {
  CAF_CHECK(from_environment({}).warnings.empty());
  auto x = from_environment({{"REDIS_URL", "redis://:geheim@h"},
                             {"REDIS_PASSWORD", "geheim"},
                             {"REDIS_CACHE_TTL", "86400"}});
  CAF_CHECK(x.ok());
  CAF_REQUIRE_EQUAL(x.warnings.size(), 2u);
  for (auto& text : x.warnings)
    CAF_CHECK_EQUAL(text.find("geheim"), std::string::npos);
}

CAF_TEST(the description shows every setting with its source and no secret) {
  auto x = from_environment({{"JWT_SECRET_KEY", "geheim"},
                             {"DATABASE_URL", "postgresql://u:geheim@h/d"},
                             {"PORT", "81"}});
  auto text = describe(x);
  CAF_CHECK_EQUAL(text.find("geheim"), std::string::npos);
  CAF_CHECK(text.find("(set)") != text.npos);
  CAF_CHECK(text.find("(unset)") != text.npos); // the bootstrap password
  CAF_CHECK(text.find("postgresql://***@h/d") != text.npos);
  CAF_CHECK_EQUAL(
      static_cast<size_t>(std::count(text.begin(), text.end(), '\n')),
      settings().size());
  auto port = text.find("\nPORT ");
  CAF_REQUIRE(port != text.npos);
  auto line = text.substr(port + 1, text.find('\n', port + 1) - port - 1);
  CAF_CHECK(line.find(" 81 ") != line.npos);
  CAF_CHECK(line.ends_with(" environment"));
}

CAF_TEST(production refuses what development accepts) {
  struct row {
    std::string name; ///< of the setting that is refused, or nothing
    void (*change)(config&);
  };
  const std::vector<row> table{
      {"", [](config&) {}},
      {"JWT_SECRET_KEY", [](config& x) { x.jwt_secret_key.clear(); }},
      {"JWT_SECRET_KEY", [](config& x) { x.jwt_secret_key = "short"; }},
      {"JWT_SECRET_KEY",
       [](config& x) {
         x.jwt_secret_key = "Your-Secret-Key-Change-In-Production-Please";
       }},
      {"JWT_SECRET_KEY",
       [](config& x) { x.jwt_secret_key = std::string(64, 'a'); }},
      {"JWT_SECRET_KEY", [](config& x) { x.jwt_secret_key.resize(31); }},
      {"", [](config& x) { x.jwt_secret_key.resize(32); }},
      {"PASSWORD_COST", [](config& x) { x.password_cost = 11; }},
      {"", [](config& x) { x.password_cost = 13; }},
      {"ALLOWED_HOSTS", [](config& x) { x.allowed_hosts.clear(); }},
      {"", [](config& x) { x.allowed_hosts = {"*"}; }},
      {"HOST", [](config& x) { x.host = "0.0.0.0"; }},
      {"HOST", [](config& x) { x.host = "::"; }},
      {"HOST", [](config& x) { x.host = "10.0.0.1"; }},
      {"", [](config& x) { x.host = "::1"; }},
      {"", [](config& x) { x.host = "localhost"; }},
      {"",
       [](config& x) {
         x.host = "0.0.0.0";
         x.ssl_certfile = "c";
         x.ssl_keyfile = "k";
       }},
      {"",
       [](config& x) {
         x.host = "0.0.0.0";
         x.trusted_proxies = {*cidr::parse("10.0.0.1")};
       }},
      {"DATABASE_URL",
       [](config& x) { x.database_url = "postgresql://u:p@h/d"; }},
      {"DATABASE_URL",
       [](config& x) { x.database_url = "postgresql://h/d?sslmode=require"; }},
      {"DATABASE_URL",
       [](config& x) { x.database_url = "postgresql://127.0.0.1/d"; }},
      {"",
       [](config& x) {
         x.database_url = "postgresql://h/d?sslmode=verify-full";
       }},
      {"",
       [](config& x) {
         x.database_url = "postgresql:///d?host=/run/postgresql";
       }},
      {"", [](config& x) { x.database_url = "sqlite:///x.db"; }},
  };
  for (auto& [name, change] : table) {
    auto x = production();
    change(x);
    auto found = check_config(x);
    CAF_CHECK_EQUAL(found.size(), name.empty() ? 0u : 1u);
    for (auto& item : found) {
      CAF_CHECK_EQUAL(item.name, name);
      CAF_CHECK(item.fatal);
    }
    x.environment = environment::staging;
    found = check_config(x);
    CAF_CHECK_EQUAL(found.size(), name.empty() ? 0u : 1u);
    for (auto& item : found)
      CAF_CHECK(!item.fatal);
    x.environment = environment::development;
    CAF_CHECK(check_config(x).empty());
  }
}

CAF_TEST(production reports everything that is wrong at once) {
  auto x = from_environment({{"ENVIRONMENT", "production"},
                             {"PASSWORD_COST", "4"},
                             {"PORT", "x"},
                             {"DATABASE_URL", "postgresql://h/d"}});
  auto text = all_problems(x);
  for (auto part : {"JWT_SECRET_KEY: must be set", "PASSWORD_COST: must",
                    "HOST: must", "DATABASE_URL: must", "PORT (environment)"})
    CAF_CHECK(text.find(part) != text.npos);
  CAF_CHECK_EQUAL(x.problems.size(), 5u);
  x = from_environment({{"ENVIRONMENT", "staging"}});
  CAF_CHECK(x.ok());
  CAF_CHECK_EQUAL(x.warnings.size(), 2u);
}

CAF_TEST(a value that was refused is not found missing as well) {
  auto x = from_environment({{"ENVIRONMENT", "production"},
                             {"HOST", "127.0.0.1"},
                             {"JWT_SECRET_KEY_FILE", "/nowhere/key"}});
  CAF_CHECK_EQUAL(x.problems.size(), 1u);
}

CAF_TEST(settings that belong together are refused alone in every profile) {
  for (auto name : {"SSL_CERTFILE", "SSL_KEYFILE"}) {
    auto x = from_environment({{name, "x.pem"}});
    CAF_CHECK_EQUAL(x.problems.size(), 1u);
  }
  CAF_CHECK(!from_environment({{"WS_HEARTBEAT_INTERVAL", "60"}}).ok());
  CAF_CHECK(from_environment(
                {{"WS_HEARTBEAT_INTERVAL", "1"}, {"WS_HEARTBEAT_TIMEOUT", "2"}})
                .ok());
  auto x = from_environment({{"ADMIN_BOOTSTRAP_USERNAME", "root"}});
  CAF_CHECK_EQUAL(x.problems.size(), 2u);
  x = from_environment({{"ADMIN_BOOTSTRAP_USERNAME", "root"},
                        {"ADMIN_BOOTSTRAP_EMAIL", "root@example.com"},
                        {"ADMIN_BOOTSTRAP_PASSWORD", "Abcdefg1"}});
  CAF_CHECK(x.ok());
}

CAF_TEST_FIXTURE_SCOPE_END()
