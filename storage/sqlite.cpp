#include "storage/sqlite.hpp"

#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "protocols/text_hash.hpp"
#include "storage/relevance.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <fcntl.h>
#include <mutex>
#include <sqlite3.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>

namespace callboard::storage {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds default_timeout{10'000};

/// [virtual machine instructions] between looks at the clock: some 50 us.
constexpr int steps_per_look = 4000;

constexpr const char* session_settings
    = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
      "PRAGMA foreign_keys = ON;";

struct finalize {
  void operator()(sqlite3_stmt* x) const { sqlite3_finalize(x); }
};
using statement = std::unique_ptr<sqlite3_stmt, finalize>;

/// A statement in use; ready for the next use when it leaves.
class cursor {
public:
  explicit cursor(sqlite3_stmt* x) : statement_(x) {}
  ~cursor() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_); // they point into the caller's cells
  }
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;

  int bind(std::span<const cell> params) {
    for (size_t i = 0; i < params.size(); ++i)
      if (auto rc = bind(static_cast<int>(i + 1), params[i]); rc != SQLITE_OK)
        return rc;
    return SQLITE_OK;
  }

  int step() { return sqlite3_step(statement_); }

  int columns() const { return sqlite3_column_count(statement_); }

  /// Nothing if the column is of another kind.
  std::optional<cell> read(int column, cell_kind kind) {
    auto type = sqlite3_column_type(statement_, column);
    if (type == SQLITE_NULL)
      return cell{null_t{}};
    if (kind == cell_kind::text) {
      auto* text = sqlite3_column_text(statement_, column);
      auto size = sqlite3_column_bytes(statement_, column);
      return cell{std::string{reinterpret_cast<const char*>(text),
                              static_cast<size_t>(size)}};
    }
    if (type != SQLITE_INTEGER)
      return std::nullopt;
    int64_t number = sqlite3_column_int64(statement_, column);
    if (kind == cell_kind::timestamp)
      return cell{timestamp{number}};
    if (kind == cell_kind::boolean)
      return cell{number != 0};
    return cell{number};
  }

private:
  int bind(int at, const cell& x) {
    if (auto* text = std::get_if<std::string>(&x))
      return sqlite3_bind_text64(statement_, at, text->data(), text->size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    if (auto* t = std::get_if<timestamp>(&x))
      return sqlite3_bind_int64(statement_, at, t->ms);
    if (auto* b = std::get_if<bool>(&x))
      return sqlite3_bind_int64(statement_, at, *b ? 1 : 0);
    if (auto* i = std::get_if<int64_t>(&x))
      return sqlite3_bind_int64(statement_, at, *i);
    return sqlite3_bind_null(statement_, at);
  }

  sqlite3_stmt* statement_;
};

bool holds_nul(std::span<const cell> params) {
  for (auto& x : params)
    if (auto* text = std::get_if<std::string>(&x))
      if (text->find('\0') != std::string::npos)
        return true;
  return false;
}

caf::error wrong_kind(const char* what) {
  return caf::make_error(errc::internal, std::string{what});
}

/// Password hashes are for the owner of the file alone. WAL files get the mode
/// of the database. Never opens an existing file: its close would drop the
/// locks that another connection of this process holds.
void create_private(const std::string& path) {
  auto fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0)
    ::close(fd);
}

class sqlite_connection final : public connection {
public:
  sqlite_connection(std::string path, std::shared_ptr<const file_lock> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  ~sqlite_connection() override { sqlite_connection::close(); }

  dialect_kind dialect() const override { return dialect_kind::sqlite; }

  bool is_open() const override { return db_ != nullptr; }

  caf::expected<rows> query(std::string_view text, std::span<const cell> params,
                            std::span<const cell_kind> kinds) override {
    if (holds_nul(params))
      return wrong_kind("a text holds U+0000");
    if (auto err = ready())
      return err;
    arm(in_transaction_ ? transaction_timeout_ : timeout_);
    if (interrupted_) // between two statements of the transaction
      return sqlite_error(SQLITE_INTERRUPT, std::string_view{});
    auto* prepared = prepare(text);
    if (prepared == nullptr)
      return failed();
    cursor run{prepared};
    if (run.bind(params) != SQLITE_OK)
      return failed();
    auto found = fetch(run, kinds);
    if (!found)
      failed_ = true;
    return found;
  }

  caf::error execute(const std::string& script) override {
    if (auto err = ready())
      return err;
    arm(in_transaction_ ? transaction_timeout_ : timeout_);
    return run(script.c_str());
  }

  caf::error begin(transaction_limits limits) override {
    if (in_transaction_)
      return wrong_kind("a transaction inside another");
    if (auto err = ready())
      return err;
    transaction_timeout_ = limits.statement;
    arm(transaction_timeout_);
    auto err = run("BEGIN IMMEDIATE");
    in_transaction_ = !err;
    failed_ = false;
    return err;
  }

  caf::error commit() override {
    caf::error err;
    if (!is_open() || sqlite3_get_autocommit(db_) != 0)
      err = caf::make_error(errc::unavailable,
                            std::string{"the transaction was lost"});
    else if (failed_) // PostgreSQL would not commit either
      err = wrong_kind("commit after a failure");
    if (!err) {
      deadline_ = clock::time_point::max(); // too late to change our mind
      err = run("COMMIT");
    }
    rollback();
    return err;
  }

  void rollback() override {
    in_transaction_ = false;
    if (!is_open() || sqlite3_get_autocommit(db_) != 0)
      return; // some errors have rolled back already
    deadline_ = clock::time_point::max();
    interrupted_ = false;
    if (auto err = run("ROLLBACK"))
      close();
  }

  caf::error ping() override {
    if (!is_open())
      if (auto err = open())
        return err;
    arm(timeout_);
    return run("SELECT count(*) FROM sqlite_schema"); // reads the file
  }

  void set_statement_timeout(milliseconds limit) override { timeout_ = limit; }

  void interrupt() noexcept override {
    std::lock_guard guard{mutex_};
    interrupted_ = true;
    if (db_ != nullptr)
      sqlite3_interrupt(db_);
  }

  void close() override {
    prepared_.clear();
    std::lock_guard guard{mutex_};
    sqlite3_close_v2(db_);
    db_ = nullptr;
  }

private:
  /// The next statement has so long; an interrupt ends a whole transaction.
  void arm(milliseconds limit) {
    deadline_ = clock::now() + limit;
    if (!in_transaction_)
      interrupted_ = false;
  }

  bool overdue() const { return interrupted_ || clock::now() >= deadline_; }

  /// Another process (a backup, a shell) holds the file.
  static int while_busy(void* self, int tries) {
    if (static_cast<sqlite_connection*>(self)->overdue())
      return 0;
    std::this_thread::sleep_for(milliseconds{std::min(tries + 1, 10)});
    return 1;
  }

  static int while_running(void* self) {
    return static_cast<sqlite_connection*>(self)->overdue() ? 1 : 0;
  }

  caf::error run(const char* script) {
    return sqlite3_exec(db_, script, nullptr, nullptr, nullptr) == SQLITE_OK
               ? caf::error{}
               : failed();
  }

  /// The error of the last call.
  caf::error failed() {
    auto code = sqlite3_extended_errcode(db_);
    std::string text = sqlite3_errmsg(db_);
    auto err = sqlite_error(code, text);
    failed_ = true;
    if (is_outage(err)) {
      log::warning("database", "SQLite failed",
                   {{"error", text}, {"code", int64_t{code}}});
      doubted_ = (code & 0xff) != SQLITE_BUSY;
    }
    return err;
  }

  /// The error names the file.
  caf::error open() {
    close();
    doubted_ = false;
    create_private(path_);
    sqlite3* db = nullptr;
    auto rc = sqlite3_open_v2(path_.c_str(), &db,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                  | SQLITE_OPEN_NOMUTEX,
                              nullptr);
    {
      std::lock_guard guard{mutex_};
      db_ = db;
    }
    if (rc == SQLITE_OK) {
      sqlite3_extended_result_codes(db_, 1);
      sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
      sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
      sqlite3_busy_handler(db_, while_busy, this);
      sqlite3_progress_handler(db_, steps_per_look, while_running, this);
      arm(default_timeout);
      rc = sqlite3_exec(db_, session_settings, nullptr, nullptr, nullptr);
    }
    if (rc == SQLITE_OK)
      rc = register_relevance(db_);
    if (rc == SQLITE_OK)
      return caf::none;
    std::string text = db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory";
    close();
    return caf::make_error(errc::unavailable, path_ + ": " + text);
  }

  caf::error ready() {
    if (in_transaction_) // a doubted session ends with its transaction
      return is_open() ? caf::error{}
                       : sqlite_error(SQLITE_CANTOPEN, std::string_view{});
    if (is_open() && !doubted_)
      return caf::none;
    auto err = open();
    if (!err)
      return caf::none;
    log::warning("database", "SQLite cannot be opened",
                 {{"error", detail(err)}});
    return sqlite_error(SQLITE_CANTOPEN, std::string_view{});
  }

  /// Null on an error.
  sqlite3_stmt* prepare(std::string_view text) {
    auto i = prepared_.find(text);
    if (i != prepared_.end())
      return i->second.get();
    auto numbered = numbered_parameters(text);
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v3(db_, numbered.c_str(),
                       static_cast<int>(numbered.size() + 1),
                       SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (raw != nullptr)
      prepared_.emplace(text, statement{raw});
    return raw;
  }

  caf::expected<rows> fetch(cursor& run, std::span<const cell_kind> kinds) {
    if (!kinds.empty() && static_cast<size_t>(run.columns()) != kinds.size())
      return wrong_kind("another number of columns than asked");
    rows out;
    int rc = run.step();
    for (; rc == SQLITE_ROW; rc = run.step()) {
      if (kinds.empty())
        continue;
      auto& cells = out.emplace_back();
      cells.reserve(kinds.size());
      for (size_t i = 0; i < kinds.size(); ++i) {
        auto value = run.read(static_cast<int>(i), kinds[i]);
        if (!value)
          return wrong_kind("a column of another kind");
        cells.push_back(std::move(*value));
      }
    }
    if (rc != SQLITE_DONE)
      return failed();
    return out;
  }

  const std::string path_;
  const std::shared_ptr<const file_lock> lock_;
  std::unordered_map<std::string, statement, text_hash, std::equal_to<>>
      prepared_;
  bool in_transaction_ = false;
  bool failed_ = false;  ///< a statement of this transaction
  bool doubted_ = false; ///< open anew before the next use
  milliseconds timeout_ = default_timeout;
  milliseconds transaction_timeout_ = default_timeout;
  clock::time_point deadline_;

  std::mutex mutex_; ///< of what `interrupt` touches
  sqlite3* db_ = nullptr;
  std::atomic<bool> interrupted_ = false;
};

} // namespace

std::shared_ptr<connection> make_sqlite(std::string path,
                                        std::shared_ptr<const file_lock> lock) {
  return std::make_shared<sqlite_connection>(std::move(path), std::move(lock));
}

} // namespace callboard::storage
