// Somebody else's open transaction.
#pragma once

#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <string>

namespace callboard::test {

/// Holds what `statement` locks until it is released.
class row_lock {
public:
  row_lock(const std::string& url, const std::string& statement)
      : db_(PQconnectdb(url.c_str()), PQfinish) {
    run("BEGIN");
    run(statement);
  }

  void release() { run("ROLLBACK"); }

private:
  void run(const std::string& text) {
    auto* done = PQexec(db_.get(), text.c_str());
    auto status = PQresultStatus(done);
    PQclear(done);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      throw std::runtime_error{PQerrorMessage(db_.get())};
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> db_;
};

} // namespace callboard::test
