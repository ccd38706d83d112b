#define CAF_SUITE database_url

#include "supervision/database_url.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace callboard;

CAF_TEST(a database URL says where the rows are) {
  config x;
  CAF_CHECK_EQUAL(database_of(x).location, "data/callboard.db");
  CAF_CHECK(!database_of(x).postgres);
  x.data_dir = "/var/lib/callboard/";
  CAF_CHECK_EQUAL(database_of(x).location, "/var/lib/callboard/callboard.db");
  x.database_url = "sqlite:////srv/x.db";
  CAF_CHECK_EQUAL(database_of(x).location, "/srv/x.db");
  x.database_url = "sqlite:///x.db";
  CAF_CHECK_EQUAL(database_of(x).location, "x.db");
  for (std::string scheme :
       {"postgresql", "postgres", "postgresql+asyncpg", "postgres+psycopg"}) {
    x.database_url = scheme + "://u:p@h:5433/d?sslmode=require";
    CAF_CHECK(database_of(x).postgres);
    CAF_CHECK_EQUAL(database_of(x).location,
                    "postgresql://u:p@h:5433/d?sslmode=require");
  }
}

CAF_TEST(a database URL tells sockets and verified connections from others) {
  struct row {
    std::string url;
    bool socket;
    bool verified;
  };
  const std::vector<row> table{
      {"postgresql://h/d", false, false},
      {"postgresql://h/d?sslmode=verify-full", false, true},
      {"postgresql://h/d?sslmode=verify-ca", false, false},
      {"postgresql://h/d?sslmode=verify-full&sslmode=disable", false, false},
      {"postgresql://h/d?sslmode=verify-full&ssl=true", false, false},
      {"postgresql://h/d?%73slmode=verify-full", false, true},
      {"postgresql://h/d?SSLMODE=verify-full", false, false},
      {"postgresql:///d?host=/run/postgresql", true, false},
      {"postgresql:///d?host=%2Frun%2Fpostgresql", true, false},
      {"postgresql://u:p@%2Frun%2Fpostgresql:5433/d", true, false},
      {"postgresql:///d?host=/run/postgresql,db.example", false, false},
      {"postgresql:///d?host=/run/a&host=db.example", false, false},
      {"postgresql:///d?host=/run/a&hostaddr=10.0.0.1", false, false},
      {"postgresql:///d?host=/run/a&service=x", false, false},
      {"postgresql:///d", false, false}, // PGHOST would decide
      {"postgresql://%2Frun@h/d", false, false},
  };
  for (auto& [url, socket, verified] : table) {
    CAF_MESSAGE(url);
    auto target = parse_database_url(url);
    CAF_REQUIRE(target);
    CAF_CHECK_EQUAL(target->socket, socket);
    CAF_CHECK_EQUAL(target->verified, verified);
  }
}

CAF_TEST(no credentials of a database URL are shown) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", ""},
      {"sqlite:////srv/x.db", "sqlite:////srv/x.db"},
      {"postgresql://h/d", "postgresql://h/d"},
      {"postgresql://u:geheim@h:1/d?sslmode=require",
       "postgresql://***@h:1/d?sslmode=require"},
      {"postgresql+asyncpg://geheim@h/d", "postgresql+asyncpg://***@h/d"},
      {"postgresql://u:ge@heim@h/d", "postgresql://***@h/d"},
      {"postgresql://u:ge/heim@h/d", "postgresql://***@h/d"},
      {"postgresql://u:x?geheim@h/d", "postgresql://***@h/d"},
      {"postgresql://h/d?password=geheim&sslmode=disable&sslpassword=geheim",
       "postgresql://h/d?***&sslmode=disable&***"},
      {"postgresql://h/d?%70assword=geheim", "postgresql://h/d?***"},
  };
  for (auto& [url, shown] : table) {
    CAF_CHECK_EQUAL(masked_database_url(url), shown);
    CAF_CHECK_EQUAL(shown.find("geheim"), std::string::npos);
  }
}
