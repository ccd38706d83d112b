#define CAF_SUITE setting

#include "supervision/setting.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace callboard;

namespace {

/// The value as `assign` reads it and `text_of` writes it, or `! <why>`.
std::string read_back(std::string_view name, std::string_view text) {
  auto what = find_setting(name);
  CAF_REQUIRE(what != nullptr);
  config x;
  auto before = text_of(x, *what);
  auto why = assign(x, *what, text);
  if (why.empty())
    return text_of(x, *what);
  CAF_CHECK_EQUAL(text_of(x, *what), before); // refused: nothing changed
  return "! " + why;
}

struct row {
  std::string_view name;
  std::string in;
  std::string out; ///< `!` at its beginning: refused
};

void check(const std::vector<row>& table) {
  for (auto& [name, in, out] : table) {
    auto result = read_back(name, in);
    CAF_MESSAGE(name << " = " << in);
    if (out == "!")
      CAF_CHECK(result.starts_with("! must "));
    else
      CAF_CHECK_EQUAL(result, out);
  }
}

} // namespace

CAF_TEST(every setting is declared once and its default passes its own rules) {
  std::set<std::string_view> names;
  for (auto x : settings()) {
    CAF_MESSAGE(x->name);
    CAF_CHECK(names.insert(x->name).second);
    if (!x->alias.empty())
      CAF_CHECK(names.insert(x->alias).second);
    CAF_CHECK(!x->about.empty());
    CAF_CHECK(!value_form(*x).empty());
    config defaults;
    config again;
    CAF_CHECK_EQUAL(assign(again, *x, text_of(defaults, *x)), "");
    CAF_CHECK_EQUAL(text_of(again, *x), text_of(defaults, *x));
    CAF_CHECK_EQUAL(find_setting(x->name), x);
  }
  CAF_CHECK(find_setting("SECRET_KEY") == nullptr);
}

CAF_TEST(numbers are whole and within their bounds) {
  check({
      {"PORT", "0", "0"},
      {"PORT", "65535", "65535"},
      {"PORT", " 8080 ", "8080"},
      {"PORT", "0080", "80"},
      {"PORT", "65536", "! must be a whole number between 0 and 65535"},
      {"PORT", "-1", "!"},
      {"PORT", "+1", "!"},
      {"PORT", "", "!"},
      {"PORT", "80a", "!"},
      {"PORT", "8 0", "!"},
      {"PORT", "0x50", "!"},
      {"PORT", "80.0", "!"},
      {"PORT", "1e3", "!"},
      {"PORT", "99999999999999999999", "!"},
      {"PORT", std::string("80\0", 3), "!"},
      {"WORKERS", "0", "!"},
      {"WORKERS", "100", "100"},
      {"WORKERS", "101", "!"},
      {"PASSWORD_COST", "3", "!"},
      {"JWT_EXPIRATION_MINUTES", "30", "30"},
      {"JWT_EXPIRATION_MINUTES", "0", "!"},
      {"JWT_EXPIRATION_MINUTES", "1.5", "!"},
      {"JWT_REFRESH_EXPIRATION_DAYS", "3651", "!"},
  });
}

CAF_TEST(durations may have decimals in seconds) {
  check({
      {"REQUEST_TIMEOUT", "120", "120"},
      {"REQUEST_TIMEOUT", "0.5", "0.5"},
      {"REQUEST_TIMEOUT", "1.25", "1.25"},
      {"REQUEST_TIMEOUT", "1.005", "1.005"},
      {"REQUEST_TIMEOUT", "2.500", "2.5"},
      {"REQUEST_TIMEOUT", "0.049", "! must be a number between 0.05 and 3600"},
      {"REQUEST_TIMEOUT", "3600.001", "!"},
      {"REQUEST_TIMEOUT", "1.0005", "!"},
      {"REQUEST_TIMEOUT", "1.", "!"},
      {"REQUEST_TIMEOUT", ".5", "!"},
      {"REQUEST_TIMEOUT", "-1", "!"},
      {"REQUEST_TIMEOUT", "1.-5", "!"},
      {"REQUEST_TIMEOUT", "inf", "!"},
      {"REQUEST_TIMEOUT", "1e2", "!"},
      {"REQUEST_TIMEOUT", "5s", "!"},
      {"REQUEST_TIMEOUT", "9223372036854775807", "!"},
      {"SHUTDOWN_TIMEOUT", "0", "0"},
      {"DB_DEADLINE_MS", "250", "250"},
      {"DB_DEADLINE_MS", "250.5", "!"},
      {"DB_DEADLINE_MS", "10", "!"},
  });
}

CAF_TEST(booleans and choices are words in any case) {
  for (auto text : {"true", "TRUE", "1", "yes", "On", " on "})
    CAF_CHECK_EQUAL(read_back("DEBUG", text), "true");
  for (auto text : {"false", "False", "0", "NO", "off"})
    CAF_CHECK_EQUAL(read_back("ACCESS_LOG", text), "false");
  check({
      {"DEBUG", "", "! must be one of true, false"},
      {"DEBUG", "2", "!"},
      {"DEBUG", "t", "!"},
      {"DEBUG", "truee", "!"},
      {"DEBUG", "*", "!"},
      {"ENVIRONMENT", "Production", "production"},
      {"ENVIRONMENT", "test", "development"},
      {"ENVIRONMENT", "testing", "development"},
      {"ENVIRONMENT", "prod",
       "! must be one of development, staging, production"},
      {"LOG_LEVEL", "warning", "WARNING"},
      {"LOG_LEVEL", "TRACE", "!"},
      {"LOG_FORMAT", "TEXT", "text"},
      {"SCHEDULER", "sharing", "sharing"},
      {"SCHEDULER", "stealing", "! must be one of loops, sharing"},
      {"JWT_ALGORITHM", "HS256", "HS256"},
      {"JWT_ALGORITHM", "none", "! must be HS256"},
      {"JWT_ALGORITHM", "RS256", "! must be HS256"},
  });
}

CAF_TEST(lists are JSON arrays or comma lists) {
  check({
      {"CORS_ORIGINS", R"(["https://a.example","http://b.example:8080"])",
       "https://a.example,http://b.example:8080"},
      {"CORS_ORIGINS", " https://a.example , http://b.example ,",
       "https://a.example,http://b.example"},
      {"CORS_ORIGINS", "", ""},
      {"CORS_ORIGINS", "[]", ""},
      {"CORS_ORIGINS", "*", "!"},
      {"CORS_ORIGINS", R"(["*"])", "!"},
      {"CORS_ORIGINS", "https://*.example.com", "!"},
      {"CORS_ORIGINS", "https://a.example/", "!"},
      {"CORS_ORIGINS", "https://", "!"},
      {"CORS_ORIGINS", "a.example", "!"},
      {"CORS_ORIGINS", "null", "!"},
      {"CORS_ORIGINS", "[1]", "!"},
      {"CORS_ORIGINS", R"(["https://a.example")", "!"},
      {"CORS_ORIGINS", R"([["https://a.example"]])", "!"},
      {"CORS_ORIGINS", R"(["https://a.example\r\nX-A: 1"])", "!"},
      {"ALLOWED_HOSTS", "localhost,*.example.com,::1",
       "localhost,*.example.com,::1"},
      {"ALLOWED_HOSTS", "example.com:443", "!"},
      {"ALLOWED_HOSTS", "a.*.com", "!"},
      {"ALLOWED_HOSTS", "https://a.example", "!"},
      {"TRUSTED_PROXIES", "10.0.0.0/8, ::1", "10.0.0.0/8,::1/128"},
      {"TRUSTED_PROXIES", R"(["172.16.0.0/12"])", "172.16.0.0/12"},
      {"TRUSTED_PROXIES", "10.0.0.0/33", "!"},
      {"TRUSTED_PROXIES", "proxy.local", "!"},
      {"RATE_LIMIT_EXEMPT", "", ""},
  });
}

CAF_TEST(texts have a length and no control characters) {
  check({
      {"HOST", "127.0.0.1", "127.0.0.1"},
      {"HOST", "localhost", "localhost"},
      {"HOST", "::", "::"},
      {"HOST", "", "! must not be empty"},
      {"HOST", "example.com", "! must be an IP address or localhost"},
      {"HOST", "0.0.0.0:80", "!"},
      {"HOST", "[::]", "!"},
      {"APP_NAME", "a\nb", "! must not hold control characters"},
      {"APP_NAME", std::string(101, 'x'), "! must have at most 100 bytes"},
      {"SSL_CERTFILE", "", ""},
      {"JWT_SECRET_KEY", "a\nb", "a\nb"},
      {"JWT_SECRET_KEY", std::string("a\0b", 3), "!"},
  });
}

CAF_TEST(a database URL is one that can be used) {
  check({
      {"DATABASE_URL", "", ""},
      {"DATABASE_URL", "sqlite:///a/b.db", "sqlite:///a/b.db"},
      {"DATABASE_URL", "postgres://h/d", "postgres://h/d"},
      {"DATABASE_URL", "sqlite://b.db", "!"},
      {"DATABASE_URL", "sqlite:///", "!"},
      {"DATABASE_URL", "sqlite:///:memory:", "!"},
      {"DATABASE_URL", "sqlite:///folder/", "!"},
      {"DATABASE_URL", "mysql://h/d", "!"},
      {"DATABASE_URL", "host=h dbname=d", "!"},
      {"DATABASE_URL", "postgresql:h", "!"},
      {"DATABASE_URL", "postgresql://u:p@ss@h/d", "!"},
      {"DATABASE_URL", "postgresql://u:p/ss@h/d", "!"},
      {"DATABASE_URL", "postgresql://h/d?sslmode", "!"},
      {"DATABASE_URL", "postgresql://h/d?sslmode=%zz", "!"},
      {"DATABASE_URL", "postgresql://h/d\n", "!"},
  });
}
