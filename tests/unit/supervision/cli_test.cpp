#define CAF_SUITE cli

#include "supervision/cli.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

using namespace callboard;

namespace {

command parse(std::vector<const char*> words) {
  words.insert(words.begin(), "callboard");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

template <class T>
T parse_as(std::vector<const char*> words) {
  auto result = parse(std::move(words));
  if (auto exit = std::get_if<early_exit>(&result))
    CAF_MESSAGE(exit->err << exit->out);
  CAF_REQUIRE(std::holds_alternative<T>(result));
  return std::get<T>(result);
}

using values = std::vector<std::pair<std::string, std::string>>;

} // namespace

CAF_TEST(serve keeps the text of every option for the settings to judge) {
  auto x = parse_as<serve_command>(
      {"serve", "--port", "http", "--db-pool-size=7", "--cors-origins",
       R"(["https://a.example","https://b.example"])", "--rate-limit-rps", "-1",
       "--app-name", "", "--jwt-secret-key-file", "/run/secrets/key",
       "--env-file", "prod.env"});
  const values expected{
      {"PORT", "http"},
      {"DB_POOL_SIZE", "7"},
      {"CORS_ORIGINS", R"(["https://a.example","https://b.example"])"},
      {"RATE_LIMIT_RPS", "-1"},
      {"APP_NAME", ""},
      {"JWT_SECRET_KEY_FILE", "/run/secrets/key"}};
  for (auto& item : expected) {
    CAF_MESSAGE(item.first);
    CAF_CHECK(
        std::count(x.settings.values.begin(), x.settings.values.end(), item)
        == 1);
  }
  CAF_CHECK_EQUAL(x.settings.values.size(), expected.size());
  CAF_CHECK_EQUAL(x.settings.env_file.value_or(""), "prod.env");
  CAF_CHECK(!parse_as<serve_command>({"serve"}).settings.env_file);
  CAF_CHECK(parse_as<serve_command>({"serve"}).settings.values.empty());
}

CAF_TEST(the last of an option given twice counts) {
  auto x = parse_as<serve_command>({"serve", "--port", "1", "--port", "2"});
  CAF_REQUIRE_EQUAL(x.settings.values.size(), 1u);
  CAF_CHECK_EQUAL(x.settings.values[0].second, "2");
}

CAF_TEST(every setting has an option and a line of help with its default) {
  for (auto what : settings()) {
    auto option = option_name(what->name);
    auto x = parse_as<serve_command>({"serve", option.c_str(), "v"});
    CAF_REQUIRE_EQUAL(x.settings.values.size(), 1u);
    CAF_CHECK_EQUAL(x.settings.values[0].first, what->name);
  }
  auto help = parse_as<early_exit>({"serve", "--help"});
  CAF_CHECK_EQUAL(help.code, 0);
  CAF_CHECK(help.err.empty());
  for (auto what : settings()) {
    CAF_CHECK(help.out.find(option_name(what->name) + ' ') != help.out.npos);
    CAF_CHECK(help.out.find(what->about) != help.out.npos);
  }
  for (auto text :
       {"--port NUMBER", "Default: 8000", "--debug true|false",
        "--keep-alive-timeout SECONDS", "connection [s]. Default: 5",
        "development|staging|production", "Default: number of cores",
        "--database-url-file FILE", "Database", "DB_POOL_SIZE", "--env-file"}) {
    CAF_MESSAGE(text);
    CAF_CHECK(help.out.find(text) != help.out.npos);
  }
}

CAF_TEST(config takes the same options) {
  auto x = parse_as<config_command>({"config", "--port", "1"});
  CAF_CHECK_EQUAL(x.settings.values.size(), 1u);
}

CAF_TEST(tree knows the server of a newcomer) {
  ::unsetenv("CALLBOARD_TOKEN");
  auto x = parse_as<tree_command>({"tree"});
  CAF_CHECK_EQUAL(x.url, ""); // what the settings say
  CAF_CHECK_EQUAL(x.token, "");
  x = parse_as<tree_command>({"tree", "--url", "https://h", "--token", "t"});
  CAF_CHECK_EQUAL(x.url, "https://h");
  CAF_CHECK_EQUAL(x.token, "t");
  ::setenv("CALLBOARD_TOKEN", "from-environment", 1);
  CAF_CHECK_EQUAL(parse_as<tree_command>({"tree"}).token, "from-environment");
  CAF_CHECK_EQUAL(parse_as<tree_command>({"tree", "--token", "t"}).token, "t");
  auto help = parse_as<early_exit>({"tree", "--help"});
  CAF_CHECK_EQUAL(help.out.find("from-environment"), std::string::npos);
  ::unsetenv("CALLBOARD_TOKEN");
}

CAF_TEST(admin create wants a name and an address) {
  auto x = parse_as<create_admin_command>({"admin", "create", "--username",
                                           "ada", "--email", "ada@example.com",
                                           "--data-dir", "/d"});
  CAF_CHECK_EQUAL(x.username, "ada");
  CAF_CHECK_EQUAL(x.email, "ada@example.com");
  CAF_CHECK(!x.password_file);
  CAF_REQUIRE_EQUAL(x.settings.values.size(), 1u);
  CAF_CHECK_EQUAL(x.settings.values[0].first, "DATA_DIR");
  x = parse_as<create_admin_command>({"admin", "create", "--username", "ada",
                                      "--email", "e", "--password-file", "-"});
  CAF_CHECK_EQUAL(x.password_file.value_or(""), "-");
  auto wrong = parse_as<early_exit>({"admin", "create", "--username", "ada"});
  CAF_CHECK_EQUAL(wrong.code, 2);
  CAF_CHECK(wrong.err.find("--email") != wrong.err.npos);
}

CAF_TEST(a mistake is told on standard error with code 2) {
  const std::vector<std::vector<const char*>> table{
      {},
      {"admin"},
      {"fly"},
      {"serve", "fly"},
      {"serve", "--fly"},
      {"serve", "--port"},
      {"serve", "--PORT", "1"},
      {"--port", "1"},
      {"serve", "config"},
      {"admin", "create"},
      {"tree", "--port", "1"},
  };
  for (auto& words : table) {
    auto x = parse_as<early_exit>(words);
    CAF_CHECK_EQUAL(x.code, 2);
    CAF_CHECK(x.out.empty());
    CAF_CHECK(!x.err.empty());
  }
  CAF_CHECK(parse_as<early_exit>({}).err.find("serve") != std::string::npos);
}

CAF_TEST(help and version are told on standard output with code 0) {
  auto help = parse_as<early_exit>({"--help"});
  CAF_CHECK_EQUAL(help.code, 0);
  CAF_CHECK(help.err.empty());
  for (auto word : {"serve", "config", "tree", "admin", "--version"})
    CAF_CHECK(help.out.find(word) != help.out.npos);
  auto version = parse_as<early_exit>({"--version"});
  CAF_CHECK_EQUAL(version.code, 0);
  CAF_CHECK_EQUAL(version.out, "callboard " CALLBOARD_VERSION "\n");
}
