#include "tests/support/served.hpp"

#include "tests/support/temporary_postgres.hpp"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdexcept>

namespace callboard::test {

namespace {

using numbers = std::vector<int64_t>;

numbers column_of_postgres(const std::string& url, const std::string& sql) {
  std::unique_ptr<PGconn, decltype(&PQfinish)> db{PQconnectdb(url.c_str()),
                                                  PQfinish};
  std::unique_ptr<PGresult, decltype(&PQclear)> found{
      PQexec(db.get(), sql.c_str()), PQclear};
  if (PQresultStatus(found.get()) != PGRES_TUPLES_OK)
    throw std::runtime_error{PQerrorMessage(db.get())};
  numbers out;
  for (int i = 0; i < PQntuples(found.get()); ++i)
    out.push_back(std::stoll(PQgetvalue(found.get(), i, 0)));
  return out;
}

numbers column_of_sqlite(const std::string& file, const std::string& sql) {
  sqlite3* db = nullptr;
  sqlite3_stmt* statement = nullptr;
  sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
  sqlite3_busy_timeout(db, 5000);
  auto rc = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  numbers out;
  if (rc == SQLITE_OK)
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
      out.push_back(sqlite3_column_int64(statement, 0));
  std::string error = sqlite3_errmsg(db);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  if (rc != SQLITE_DONE)
    throw std::runtime_error{error};
  return out;
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

std::vector<int64_t> served::column(const std::string& sql) const {
  auto file = (folder.path() / "data/callboard.db").string();
  return sqlite() ? column_of_sqlite(file, sql)
                  : column_of_postgres(database_url, sql);
}

int64_t served::count(const std::string& sql) const {
  auto found = column(sql);
  if (found.empty())
    throw std::runtime_error{"no row: " + sql};
  return found.front();
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
