#include "tests/support/served.hpp"

#include "tests/support/temporary_postgres.hpp"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdexcept>

namespace callboard::test {

namespace {

int64_t count_postgres(const std::string& url, const std::string& sql) {
  std::unique_ptr<PGconn, decltype(&PQfinish)> db{PQconnectdb(url.c_str()),
                                                  PQfinish};
  std::unique_ptr<PGresult, decltype(&PQclear)> found{
      PQexec(db.get(), sql.c_str()), PQclear};
  if (PQresultStatus(found.get()) != PGRES_TUPLES_OK)
    throw std::runtime_error{PQerrorMessage(db.get())};
  return std::stoll(PQgetvalue(found.get(), 0, 0));
}

int64_t count_sqlite(const std::string& file, const std::string& sql) {
  sqlite3* db = nullptr;
  sqlite3_stmt* statement = nullptr;
  sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
  sqlite3_busy_timeout(db, 5000);
  auto rc = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  if (rc == SQLITE_OK)
    rc = sqlite3_step(statement);
  std::string error = sqlite3_errmsg(db);
  auto value = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  sqlite3_close(db);
  if (rc != SQLITE_ROW)
    throw std::runtime_error{error};
  return value;
}

} // namespace

served::served(std::string url, settings_map settings)
    : database_url(std::move(url)), env(std::move(settings)), server(options()),
      client(server.port()) {}

server_options served::options() const {
  settings_map all{{"RATE_LIMIT_ENABLED", "false"},
                   {"ADMIN_BOOTSTRAP_USERNAME", "admin"},
                   {"ADMIN_BOOTSTRAP_EMAIL", "admin@example.com"},
                   {"ADMIN_BOOTSTRAP_PASSWORD", "Adm1nPassw0rd"}};
  if (!database_url.empty())
    all["DATABASE_URL"] = database_url;
  for (auto& [name, value] : env)
    all[name] = value;
  return {folder.path() / "data", all};
}

int64_t served::count(const std::string& sql) const {
  return sqlite()
             ? count_sqlite((folder.path() / "data/callboard.db").string(), sql)
             : count_postgres(database_url, sql);
}

std::unique_ptr<served> serve_sqlite(settings_map env) {
  return std::make_unique<served>("", std::move(env));
}

std::unique_ptr<served> serve_postgres(settings_map env) {
  return std::make_unique<served>(temporary_postgres::shared().new_database(),
                                  std::move(env));
}

void for_each_database(const std::function<void(served&)>& scene,
                       const settings_map& env) {
  scene(*serve_sqlite(env));
  scene(*serve_postgres(env));
}

} // namespace callboard::test
