#include "tests/support/query_plan.hpp"

#include "protocols/error.hpp"
#include "protocols/json.hpp"
#include "storage/relevance.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <array>
#include <sqlite3.h>
#include <stdexcept>

namespace callboard::test {

using namespace callboard::storage;

namespace {

/// PostgreSQL may keep a plan for all values from the sixth execution on.
constexpr int executions_until_kept = 5;

/// What is noted in a bitmap costs that much less than a row that is looked at.
constexpr int64_t entries_per_row = 10;

/// [instructions] of SQLite's machine: to look at a row takes about ten, to
/// sort or show it some fifty.
constexpr int64_t per_row = 10;

/// A `WITH` may do either.
bool only_reads(const std::string& text) {
  return std::ranges::none_of(
      std::array{"INSERT INTO ", "DELETE FROM ", " SET "},
      [&](auto* writes) { return text.find(writes) != text.npos; });
}

rows ask(connection& db, const std::string& text, std::span<const cell> params,
         std::span<const cell_kind> kinds) {
  auto found = db.query(text, params, kinds);
  if (!found)
    throw std::runtime_error{text + ": " + detail(found.error())};
  return std::move(*found);
}

// -- PostgreSQL ---------------------------------------------------------------

std::string literal(const cell& x) {
  auto text = postgres_text(x);
  if (!text)
    return "NULL";
  std::string out = "'";
  for (char c : *text)
    out += c == '\'' ? "''" : std::string(1, c);
  return out + '\'';
}

std::string execution(const statement& x) {
  std::string values;
  for (auto& param : x.params)
    values += (values.empty() ? "" : ", ") + literal(param);
  return "EXECUTE shown" + (values.empty() ? "" : '(' + values + ')');
}

int64_t number(const json_value& node, const char* name) {
  auto found = node.FindMember(name);
  return found == node.MemberEnd()
             ? 0
             : static_cast<int64_t>(found->value.GetDouble());
}

void read_node(const json_value& node, query_plan& out) {
  std::string_view type = node["Node Type"].GetString();
  if (type == "Seq Scan")
    out.scanned.emplace_back(node["Relation Name"].GetString());
  if (type.ends_with("Scan") && type != "Function Scan"
      && type != "Subquery Scan")
    out.touched += number(node, "Actual Loops")
                   * (number(node, "Actual Rows")
                      + number(node, "Rows Removed by Filter")
                      + number(node, "Rows Removed by Index Recheck"))
                   / (type == "Bitmap Index Scan" ? entries_per_row : 1);
  if (node.HasMember("Plans"))
    for (auto& child : node["Plans"].GetArray())
      read_node(child, out);
}

query_plan read_postgres(connection& db, const statement& x) {
  auto how = only_reads(x.text) ? "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
                                : "EXPLAIN (FORMAT JSON) ";
  auto found = ask(db, how + execution(x), {}, {{cell_kind::text}});
  query_plan out;
  out.text = std::get<std::string>(found[0][0]);
  auto json = parse_json(out.text);
  if (!json)
    throw std::runtime_error{detail(json.error())};
  read_node((*json)[0]["Plan"], out);
  return out;
}

void run_or_throw(connection& db, const std::string& script) {
  if (auto err = db.execute(script))
    throw std::runtime_error{script + ": " + detail(err)};
}

std::vector<query_plan> plans_of_postgres(connection& db, const statement& x,
                                          bool with_kept) {
  run_or_throw(db, "PREPARE shown AS " + x.text);
  std::vector<query_plan> out{read_postgres(db, x)};
  for (int i = 0; with_kept && i < executions_until_kept; ++i)
    run_or_throw(db, "EXPLAIN " + execution(x));
  if (with_kept)
    out.push_back(read_postgres(db, x));
  run_or_throw(db, "DEALLOCATE shown");
  return out;
}

// -- SQLite -------------------------------------------------------------------

void bind(sqlite3_stmt* to, int at, const cell& x) {
  if (auto* text = std::get_if<std::string>(&x))
    sqlite3_bind_text64(to, at, text->data(), text->size(), SQLITE_STATIC,
                        SQLITE_UTF8);
  else if (auto* t = std::get_if<timestamp>(&x))
    sqlite3_bind_int64(to, at, t->ms);
  else if (auto* b = std::get_if<bool>(&x))
    sqlite3_bind_int64(to, at, *b ? 1 : 0);
  else if (auto* i = std::get_if<int64_t>(&x))
    sqlite3_bind_int64(to, at, *i);
}

/// Carries the statement out.
int64_t instructions(sqlite3* db, const statement& x) {
  sqlite3_stmt* made = nullptr;
  auto text = numbered_parameters(x.text);
  if (sqlite3_prepare_v2(db, text.c_str(), -1, &made, nullptr) != SQLITE_OK)
    throw std::runtime_error{text + ": " + sqlite3_errmsg(db)};
  std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> run{
      made, sqlite3_finalize};
  for (size_t i = 0; i < x.params.size(); ++i)
    bind(made, static_cast<int>(i + 1), x.params[i]);
  while (sqlite3_step(made) == SQLITE_ROW) {
  }
  return sqlite3_stmt_status(made, SQLITE_STMTSTATUS_VM_STEP, 0);
}

query_plan plan_of_sqlite(connection& db, sqlite3* counting,
                          const statement& x) {
  using enum cell_kind;
  static constexpr std::array kinds{integer, integer, integer, text};
  query_plan out;
  std::set<std::string> made; // of what another step has found
  for (auto& row : ask(db, "EXPLAIN QUERY PLAN " + x.text, x.params, kinds)) {
    auto& step = std::get<std::string>(row[3]);
    out.text += step + '\n';
    if (step.starts_with("MATERIALIZE "))
      made.insert("SCAN " + step.substr(12));
    if (step.starts_with("SCAN ") && !step.starts_with("SCAN (")
        && step.find(" USING ") == step.npos
        && step.find(" VIRTUAL TABLE ") == step.npos
        && step != "SCAN CONSTANT ROW"
        && !made.contains(step.substr(0, step.find(" LEFT-JOIN"))))
      out.scanned.push_back(step.substr(5));
  }
  if (only_reads(x.text))
    out.touched = instructions(counting, x) / per_row;
  return out;
}

} // namespace

dialect_kind recorder::dialect() const { return session_->dialect(); }

bool recorder::is_open() const { return session_->is_open(); }

caf::expected<rows> recorder::query(std::string_view text,
                                    std::span<const cell> params,
                                    std::span<const cell_kind> kinds) {
  statements.push_back({std::string{text}, {params.begin(), params.end()}});
  return session_->query(text, params, kinds);
}

caf::error recorder::execute(const std::string& script) {
  statements.push_back({script, {}});
  return session_->execute(script);
}

caf::error recorder::begin(transaction_limits limits) {
  return session_->begin(limits);
}

caf::error recorder::commit() { return session_->commit(); }

void recorder::rollback() { session_->rollback(); }

caf::error recorder::ping() { return session_->ping(); }

void recorder::set_statement_timeout(std::chrono::milliseconds limit) {
  session_->set_statement_timeout(limit);
}

void recorder::interrupt() noexcept { session_->interrupt(); }

void recorder::close() { session_->close(); }

plan_reader::plan_reader(const test_database& place)
    : session_(place.connect()) {
  session_->set_statement_timeout(std::chrono::minutes{1});
  if (!place.sqlite())
    return;
  sqlite3* db = nullptr;
  auto file = (place.folder.path() / "test.db").string();
  sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
  counting_.reset(db, sqlite3_close);
  register_relevance(db);
}

std::vector<query_plan> plan_reader::plans_of(const statement& x) {
  if (x.text.starts_with("SET ")) {
    run_or_throw(*session_, x.text);
    return {};
  }
  std::vector<query_plan> out;
  if (counting_)
    out.push_back(plan_of_sqlite(*session_, counting_.get(), x));
  else
    out = plans_of_postgres(*session_, x, kept_.insert(x.text).second);
  for (auto& plan : out)
    std::erase_if(plan.scanned, [this](auto& table) { return small(table); });
  return out;
}

/// False for what is no table's name.
bool plan_reader::small(const std::string& table) {
  auto rows = std::to_string(small_table + 1);
  auto found = session_->query("SELECT count(*) FROM (SELECT 1 FROM " + table
                                   + " LIMIT " + rows + ") AS x",
                               {}, {{cell_kind::integer}});
  return found && std::get<int64_t>((*found)[0][0]) <= small_table;
}

} // namespace callboard::test
