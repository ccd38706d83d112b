// A session of somebody else on the database under test.
#pragma once

#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <string>

namespace callboard::test {

class postgres_session {
public:
  explicit postgres_session(const std::string& url)
      : db_(PQconnectdb(url.c_str()), PQfinish) {}

  bool connected() const { return PQstatus(db_.get()) == CONNECTION_OK; }

  /// Any statements; throws when they fail.
  void run(const std::string& text) {
    auto* done = PQexec(db_.get(), text.c_str());
    auto status = PQresultStatus(done);
    PQclear(done);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      throw std::runtime_error{PQerrorMessage(db_.get())};
  }

  /// Ends every other session of this database, in whatever it does.
  void end_the_others() {
    run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname "
        "= current_database() AND pid <> pg_backend_pid()");
  }

private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> db_;
};

} // namespace callboard::test
