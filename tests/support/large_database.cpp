#include "tests/support/large_database.hpp"

#include <caf/all.hpp>

#include <initializer_list>
#include <memory>

namespace callboard::test {

using namespace storage;
using namespace std::chrono_literals;

namespace {

/// The expressions of a row; `i` is its number.
class row_texts {
public:
  explicit row_texts(dialect_kind dialect)
      : postgres_(dialect == dialect_kind::postgres) {}

  /// A time, so many seconds after the first.
  std::string at(const std::string& seconds) const {
    return postgres_ ? "to_timestamp(1767225600 + " + seconds + ')'
                     : "1000 * (1767225600 + " + seconds + ')';
  }

  /// One of the texts in turn.
  std::string one_of(std::initializer_list<const char*> texts,
                     const std::string& number) const {
    std::string out = "CASE (" + number + ") % " + std::to_string(texts.size());
    int n = 0;
    for (auto* text : texts)
      out += " WHEN " + std::to_string(n++) + " THEN '" + text + '\'';
    return out + " END";
  }

  std::string uuid(const std::string& number) const {
    return postgres_ ? "md5((" + number + ")::text)::uuid"
                     : "printf('%08x-0000-4000-8000-%012x', " + number + ", "
                           + number + ')';
  }

  std::string text(const std::string& number) const {
    return "CAST(" + number + " AS text)";
  }

  /// `INSERT INTO <into> SELECT <values>` for each row.
  std::string insert(const std::string& into, const std::string& values) const {
    auto last = std::to_string(large_rows);
    if (postgres_)
      return "INSERT INTO " + into + " SELECT " + values
             + " FROM generate_series(1, " + last + ") AS n(i);";
    return "INSERT INTO " + into
           + " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
             "WHERE i < "
           + last + ") SELECT " + values + " FROM n;";
  }

private:
  bool postgres_;
};

constexpr const char* owner = "1 + i % 100";
/// In another order than the ids.
constexpr const char* shuffled = "((i * 7919) % 100000)";
/// Many texts have this, and all of those rows are deleted: who counts the ones
/// and the others apart expects to find many in a list.
constexpr const char* gone = "CASE WHEN i % 54 = 17 THEN ' gone' ELSE '' END";
constexpr const char* filler
    = "'some words that make a row as long as rows are, for the work that is "
      "planned and done here is told in a sentence or two, and so it is in "
      "every table of this database, which is made to be large'";

std::string accounts(const row_texts& x) {
  return x.insert("users (username, email, email_folded, hashed_password, "
                  "created_at)",
                  "'user' || i, 'u' || i || '@x', 'u' || i || '@x', 'h', "
                      + x.at("i"))
         + "UPDATE users SET role = 'admin' WHERE id = 1;"
         + x.insert("refresh_tokens (user_id, token, jti, family_id, "
                    "expires_at, revoked)",
                    std::string{owner} + ", 'token' || i, 'jti' || i, "
                        + x.uuid("i / 4") + ", " + x.at("100000000")
                        + ", i % 3 = 0")
         + x.insert("idempotency_keys (user_id, key, request, body_hash, "
                    "status, response_headers, response_body, expires_at)",
                    std::string{owner} + ", 'key' || i, 'POST /x', 'h', 201, "
                        + "'{}', " + filler + ", " + x.at("100000000 + i"));
}

std::string work(const row_texts& x) {
  auto filled = std::string{filler};
  return x.insert("projects (name, description, status, created_at, user_id, "
                  "search_text, metadata_json)",
                  std::string{"'project ' || "} + shuffled + ", " + filled
                      + ", "
                      + x.one_of({"active", "archived", "planning", "paused",
                                  "completed", "deleted"},
                                 "i * 31")
                      + ", " + x.at("60 * i") + ", " + owner
                      + ", 'project ' || " + shuffled + " || " + gone
                      + ", '{\"a\":\"' || " + filled + " || '\"}'")
         + x.insert(
             "scheduled_tasks (skill_name, schedule_cron, next_run_at, status, "
             "created_at, updated_at, user_id, project_id, title, description, "
             "position, search_text)",
             "'skill' || ((i / 7) % 100), '0 9 * * *', CASE WHEN i % 4 > 0 "
             "THEN "
                 + x.at(shuffled) + " END, "
                 + x.one_of({"pending", "running", "completed", "failed",
                             "disabled", "deleted"},
                            "i / 3")
                 + ", " + x.at("60 * i") + ", " + x.at("(i * 7907) % 100000")
                 + ", " + x.text(std::string{"("} + owner + ")")
                 + ", CASE WHEN i % 2 = 0 THEN 100 + i % 100 + 100 * ((i / "
                   "100) "
                   "% 50) END, 'title ' || i, "
                 + filled
                 + ", i % 50, 'title ' || i || '\nskill' || ((i / 7) % 100) || "
                 + gone);
}

std::string agents_and_runs(const row_texts& x) {
  return x.insert("agents (name, type, status, last_active_at, user_id, "
                  "deleted_at, capabilities_json)",
                  "'agent ' || i, "
                      + x.one_of({"coder", "reviewer", "tester", "planner",
                                  "researcher"},
                                 "i")
                      + ", "
                      + x.one_of({"active", "idle", "busy", "offline", "error"},
                                 "i / 5")
                      + ", CASE WHEN i % 10 > 0 THEN " + x.at(shuffled)
                      + " END, " + owner + ", CASE WHEN i % 20 = 1 THEN "
                      + x.at("100000") + " END, '[\"' || " + filler
                      + " || '\"]'")
         + x.insert("execution_results (task_id, agent_id, started_at, status, "
                    "output_text)",
                    std::string{"1 + "} + shuffled
                        + ", CASE WHEN i % 4 > 0 THEN 2 + i % 100 END, "
                        + x.at("60 * i") + ", "
                        + x.one_of({"running", "success", "failed", "timeout",
                                    "cancelled"},
                                   "i")
                        + ", " + filler);
}

std::string logs(const row_texts& x) {
  auto user = x.text(std::string{"("} + owner + ")");
  return x.insert("audit_logs (user_id, operation, table_name, record_id, "
                  "timestamp, changed_fields)",
                  user + ", 'UPDATE', "
                      + x.one_of({"scheduled_tasks", "projects", "agents",
                                  "execution_results", "users"},
                                 "i / 100")
                      + ", 1 + (i * 7919) % 1000, " + x.at("60 * i")
                      + ", '{\"a\":\"' || " + filler + " || '\"}'")
         + x.insert(
             "memory_entries (task_id, content, metadata, intent, "
             "project_id, agent_id, user_id, created_at)",
             "'t' || (i % 50000), 'common words everywhere: entry number' "
             "|| i || ' group' || (i % 1000) || ' ' || "
                 + std::string{filler} + ", '{}', "
                 + x.one_of({"bugfix", "testing"}, "i / 100")
                 + ", 'p' || (i % 7), 'coder', CASE WHEN i % 100 = 0 THEN "
                   "'system' ELSE "
                 + user + " END, " + x.at("60 * i"))
         + x.insert("events (position, type, audience, channel, data, payload, "
                    "owner_id, created_at)",
                    "i, 'task_status_update', CASE WHEN i % 3 = 0 THEN '*' "
                    "ELSE "
                        + user + " END, 'tasks', " + filler
                        + ", '{}', CASE WHEN i % 4 > 0 THEN " + user + " END, "
                        + x.at("60 * i"))
         + "UPDATE event_position SET position = " + std::to_string(large_rows)
         + ';';
}

} // namespace

test_database& large_database(dialect_kind kind) {
  static std::unique_ptr<test_database> made[2];
  auto& place = made[kind == dialect_kind::sqlite ? 1 : 0];
  if (place)
    return *place;
  place = std::make_unique<test_database>(kind, content::migrated);
  auto db = place->connect();
  db->set_statement_timeout(5min);
  row_texts x{kind};
  for (auto& script : {accounts(x), work(x), agents_and_runs(x), logs(x)})
    run(*db, script);
  if (kind == dialect_kind::postgres)
    run(*db, "VACUUM ANALYZE");
  return *place;
}

} // namespace callboard::test
