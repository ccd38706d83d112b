// A lock held by somebody else.
#pragma once

#include "tests/support/postgres_session.hpp"

namespace callboard::test {

/// Holds what `statement` locks until it is released.
class row_lock {
public:
  row_lock(const std::string& url, const std::string& statement) : db_(url) {
    db_.run("BEGIN");
    db_.run(statement);
  }

  void release() { db_.run("ROLLBACK"); }
  void commit() { db_.run("COMMIT"); }

private:
  postgres_session db_;
};

} // namespace callboard::test
