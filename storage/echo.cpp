#include "storage/echo.hpp"

#include "protocols/log.hpp"

namespace callboard::storage {

namespace {

class echo final : public connection {
public:
  explicit echo(std::shared_ptr<connection> session)
      : session_(std::move(session)) {}

  dialect_kind dialect() const override { return session_->dialect(); }
  bool is_open() const override { return session_->is_open(); }

  caf::expected<rows> query(std::string_view text, std::span<const cell> params,
                            std::span<const cell_kind> kinds) override {
    log::debug("sql", text);
    return session_->query(text, params, kinds);
  }

  caf::error execute(const std::string& script) override {
    log::debug("sql", script);
    return session_->execute(script);
  }

  caf::error begin(transaction_limits limits) override {
    log::debug("sql", "BEGIN");
    return session_->begin(limits);
  }

  caf::error commit() override {
    log::debug("sql", "COMMIT");
    return session_->commit();
  }

  void rollback() override {
    log::debug("sql", "ROLLBACK");
    session_->rollback();
  }

  caf::error ping() override { return session_->ping(); }

  void set_statement_timeout(std::chrono::milliseconds limit) override {
    session_->set_statement_timeout(limit);
  }

  void interrupt() noexcept override { session_->interrupt(); }
  void close() override { session_->close(); }

private:
  std::shared_ptr<connection> session_;
};

} // namespace

std::shared_ptr<connection> make_echo(std::shared_ptr<connection> session) {
  return std::make_shared<echo>(std::move(session));
}

} // namespace callboard::storage
