#include "storage/postgres.hpp"

#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "protocols/text_hash.hpp"
#include "storage/postgres_values.hpp"

#include <caf/all.hpp>
#include <pqxx/pqxx>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fcntl.h>
#include <mutex>
#include <unistd.h>
#include <unordered_map>

#if defined(__SANITIZE_ADDRESS__) && PQXX_VERSION_MAJOR < 7
/// libpqxx 6.4 loses one result whenever a connection breaks under a statement
/// (make_result() throws before it owns it). Not ours to mend.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:PQmakeEmptyPGresult\n";
}
#endif

namespace callboard::storage {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// libpq takes the last of two equal parameters: the URL's own win.
constexpr std::string_view connect_parameters
    = "connect_timeout=2&keepalives=1&keepalives_idle=10&keepalives_interval=5"
      "&keepalives_count=3&tcp_user_timeout=10000&client_encoding=UTF8"
      "&hostaddr=" // not that of the environment: the checks did not see it
      "&application_name=callboard";

/// Not as connect parameters: a pooler such as PgBouncer refuses those. No disk
/// turns any more: the planner shall think so when it chooses an index.
constexpr const char* session_settings
    = "SET timezone = 'UTC'; SET datestyle = 'ISO'; "
      "SET statement_timeout = 10000; SET lock_timeout = 0; "
      "SET idle_in_transaction_session_timeout = 2000; "
      "SET client_min_messages = warning; "
      "SET random_page_cost = 1.1";

constexpr milliseconds default_timeout{10'000};

/// [ms]; a deadline that shrinks as it is handed down stays on its step.
constexpr std::array<int64_t, 8> timeout_steps{
    250, 1000, 2500, 5000, 10'000, 30'000, 120'000, 3'600'000};

/// Firewalls forget a silent connection.
constexpr std::chrono::seconds trusted_idle{30};

caf::error not_available() {
  return caf::make_error(errc::unavailable,
                         std::string{"the database is not available"});
}

class postgres_connection final : public connection {
public:
  postgres_connection(std::string uri, milliseconds recycle)
      : uri_(postgres_uri(uri)), recycle_(recycle) {}

  ~postgres_connection() override { postgres_connection::close(); }

  dialect_kind dialect() const override { return dialect_kind::postgres; }

  bool is_open() const override { return session_ && session_->is_open(); }

  caf::expected<rows> query(std::string_view text, std::span<const cell> params,
                            std::span<const cell_kind> kinds) override {
    postgres_parameters values{params};
    if (values.holds_nul())
      return caf::make_error(errc::internal,
                             std::string{"a text holds U+0000"});
    if (auto err = ready())
      return err;
    caf::expected<rows> out{caf::error{}};
    auto err = guarded([&] {
      apply_timeout();
      auto& name = prepared(text);
      pqxx::nontransaction tx{*session_};
      out = read_rows(run_prepared(tx, name, values.pointers()), kinds);
    });
    if (err)
      return err;
    return out;
  }

  caf::error execute(const std::string& script) override {
    if (auto err = ready())
      return err;
    return guarded([&] {
      apply_timeout();
      send(script);
    });
  }

  caf::error begin(transaction_limits limits) override {
    if (in_transaction_)
      return caf::make_error(errc::internal,
                             std::string{"a transaction inside another"});
    if (auto err = ready())
      return err;
    auto text
        = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL "
          "statement_timeout = "
          + std::to_string(std::max<int64_t>(limits.statement.count(), 1));
    if (limits.lock)
      text += "; SET LOCAL lock_timeout = "
              + std::to_string(std::max<int64_t>(limits.lock->count(), 1));
    auto err = guarded([&] { send(text); });
    in_transaction_ = !err;
    failed_ = false;
    return err;
  }

  caf::error commit() override {
    if (failed_ || !is_open()) { // a COMMIT would roll back and say nothing
      auto lost = !is_open();
      rollback();
      return lost ? not_available()
                  : caf::make_error(errc::internal,
                                    std::string{"commit after a failure"});
    }
    auto err = guarded([&] { send("COMMIT"); });
    in_transaction_ = false;
    return err;
  }

  void rollback() override {
    if (in_transaction_ && is_open())
      // An error here has closed the session: that rolls back as well.
      if (auto err = guarded([&] { send("ROLLBACK"); }))
        close();
    in_transaction_ = false;
  }

  caf::error ping() override {
    auto was_open = is_open();
    auto err = ping_once();
    if (err && was_open && !in_transaction_)
      err = ping_once(); // the session was lost; is the database?
    return err;
  }

  void set_statement_timeout(milliseconds limit) override {
    auto step = std::find_if(timeout_steps.begin(), timeout_steps.end() - 1,
                             [&](auto x) { return x >= limit.count(); });
    wanted_timeout_ = milliseconds{*step};
  }

  void interrupt() noexcept override {
    std::lock_guard guard{mutex_};
    if (socket_ >= 0)
      ::shutdown(socket_, SHUT_RDWR);
    interrupted_ = true;
  }

  void close() override {
    {
      std::lock_guard guard{mutex_};
      if (socket_ >= 0)
        ::close(socket_);
      socket_ = -1;
    }
    session_.reset();
    prepared_.clear();
  }

private:
  /// Runs what may throw, and translates.
  template <class F>
  caf::error guarded(F&& run) {
    caf::error err;
    std::string text;
    try {
      run();
      used_ = clock::now();
      return caf::none;
    } catch (const pqxx::serialization_failure&) { // in 6.4 no sql_error
      err = make_fault(fault::retry);
    } catch (const pqxx::deadlock_detected&) {
      err = make_fault(fault::retry);
    } catch (const pqxx::statement_completion_unknown& x) {
      text = x.what();
      err = not_available();
    } catch (const pqxx::sql_error& x) {
      text = x.what();
      err = postgres_error(x.sqlstate(), text);
    } catch (const pqxx::broken_connection& x) {
      text = x.what();
      err = not_available();
    } catch (const std::exception& x) {
      text = x.what();
      err = caf::make_error(errc::internal, text);
    }
    failed_ = true;
    if (!is_open()) // else a lost session looks like any failure
      err = not_available();
    if (is_outage(err)) {
      log::warning("database", "PostgreSQL failed; its session is closed",
                   {{"error", text}});
      close();
    }
    return err;
  }

  void send(const std::string& text) {
    pqxx::nontransaction tx{*session_};
    tx.exec(text);
  }

  /// The error has the driver's text.
  caf::error open() {
    close();
    {
      std::lock_guard guard{mutex_};
      interrupted_ = false;
    }
    try {
      session_ = std::make_unique<pqxx::connection>(uri_);
      if (!watch_socket())
        throw pqxx::broken_connection{"interrupted"};
      report_constraints(*session_);
      send(session_settings);
    } catch (const std::exception& x) {
      std::string text = x.what();
      close();
      return caf::make_error(errc::unavailable, std::move(text));
    }
    applied_timeout_ = default_timeout;
    opened_ = used_ = clock::now();
    return caf::none;
  }

  /// For `interrupt`. libpq closes its descriptor when the connection breaks,
  /// and the number may become another's: only a duplicate is safe to shut.
  bool watch_socket() {
    std::lock_guard guard{mutex_};
    if (interrupted_)
      return false;
    socket_ = ::fcntl(session_->sock(), F_DUPFD_CLOEXEC, 0);
    return socket_ >= 0;
  }

  bool was_interrupted() {
    std::lock_guard guard{mutex_};
    return interrupted_;
  }

  /// Opens the session if there is none, or none to trust.
  caf::error ready() {
    if (in_transaction_)
      return is_open() ? caf::error{} : not_available();
    auto now = clock::now();
    if (is_open() && !was_interrupted() && now - opened_ < recycle_) {
      if (now - used_ < trusted_idle)
        return caf::none;
      if (!guarded([this] { send("SELECT 1"); }))
        return caf::none;
    }
    auto err = open();
    if (!err)
      return caf::none;
    log::warning("database", "no connection to PostgreSQL",
                 {{"error", detail(err)}});
    return not_available();
  }

  caf::error ping_once() {
    if (!is_open() || was_interrupted())
      if (auto err = open())
        return err;
    return guarded([this] { send("SELECT 1"); });
  }

  void apply_timeout() {
    if (in_transaction_ || wanted_timeout_ == applied_timeout_)
      return;
    send("SET statement_timeout = " + std::to_string(wanted_timeout_.count()));
    applied_timeout_ = wanted_timeout_;
  }

  const std::string& prepared(std::string_view text) {
    auto i = prepared_.find(text);
    if (i != prepared_.end())
      return i->second;
    auto name = 's' + std::to_string(prepared_.size());
    session_->prepare(name, std::string{text});
    return prepared_.emplace(text, std::move(name)).first->second;
  }

  const std::string uri_;
  const milliseconds recycle_;
  std::unique_ptr<pqxx::connection> session_;
  std::unordered_map<std::string, std::string, text_hash, std::equal_to<>>
      prepared_; ///< text -> name
  bool in_transaction_ = false;
  bool failed_ = false; ///< a statement of this transaction
  milliseconds wanted_timeout_ = default_timeout;
  milliseconds applied_timeout_ = default_timeout;
  clock::time_point opened_;
  clock::time_point used_;

  std::mutex mutex_; ///< of what `interrupt` touches
  int socket_ = -1;  ///< a duplicate of the session's
  bool interrupted_ = false;
};

} // namespace

std::string postgres_uri(std::string_view uri) {
  auto question = uri.find('?');
  std::string out{uri.substr(0, question)};
  out += '?';
  out += connect_parameters;
  if (question != uri.npos && question + 1 < uri.size())
    (out += '&') += uri.substr(question + 1);
  return out;
}

std::shared_ptr<connection> make_postgres(std::string uri,
                                          milliseconds recycle) {
  return std::make_shared<postgres_connection>(std::move(uri), recycle);
}

} // namespace callboard::storage
