#include "storage/idempotency_keys.hpp"

#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/json.hpp"
#include "storage/sql.hpp"

#include <map>
#include <set>

namespace callboard::storage {

namespace {

constexpr std::chrono::hours lifetime{24};

/// A caller's key, and where its request is in the batch.
struct claim {
  const call* caller;
  size_t index;
};
using claims = std::vector<claim>;

/// The 64 bits that stand for a user's key among PostgreSQL's advisory locks.
int64_t lock_number(const call& x) {
  auto hash = sha256_hex("idempotency " + std::to_string(x.user_id) + ' '
                         + x.once.key);
  return static_cast<int64_t>(std::stoull(hash.substr(0, 16), nullptr, 16));
}

caf::error twin_runs() {
  return caf::make_error(errc::conflict,
                         std::string{"A request with this Idempotency-Key is "
                                     "being worked on"});
}

caf::error another_request() {
  return rejection("header", "Idempotency-Key",
                   "this key was used for another request");
}

/// The first request of each key; its twins in the batch are refused.
claims first_of_each(std::span<const call* const> callers,
                     std::vector<key_verdict>& verdicts) {
  claims out;
  std::set<std::pair<int64_t, std::string_view>> seen;
  for (size_t i = 0; i < callers.size(); ++i) {
    auto& once = callers[i]->once;
    if (once.key.empty())
      continue;
    if (seen.emplace(callers[i]->user_id, once.key).second)
      out.push_back({callers[i], i});
    else
      verdicts[i].refusal = twin_runs();
  }
  return out;
}

/// Leaves the claims whose lock was free. SQLite needs none: one transaction
/// writes at a time, and a twin behind it finds the row.
caf::error try_locks(connection& db, claims& wanted,
                     std::vector<key_verdict>& verdicts) {
  if (db.dialect() == dialect_kind::sqlite)
    return caf::none;
  std::vector<cell> numbers;
  for (auto& x : wanted)
    numbers.emplace_back(lock_number(*x.caller));
  std::vector<cell> params{array_literal(numbers)};
  auto got = db.query("SELECT pg_try_advisory_xact_lock(n) FROM "
                      "unnest($1::bigint[]) WITH ORDINALITY AS u(n, i) "
                      "ORDER BY i",
                      params, {{cell_kind::boolean}});
  if (!got)
    return got.error();
  claims free;
  for (size_t i = 0; i < wanted.size(); ++i)
    if (std::get<bool>((*got)[i][0]))
      free.push_back(wanted[i]);
    else
      verdicts[wanted[i].index].refusal = twin_runs();
  wanted = std::move(free);
  return caf::none;
}

std::string columns(dialect_kind dialect) {
  return "k.user_id, k.key, k.request, k.body_hash, k.status, "
         "k.response_headers, k.response_body, k.expires_at > "
         + std::string{current_time(dialect)};
}

const std::vector<cell_kind> kinds{
    cell_kind::integer, cell_kind::text, cell_kind::text, cell_kind::text,
    cell_kind::integer, cell_kind::text, cell_kind::text, cell_kind::boolean};

/// The rows of the keys, also those whose time is over. The owners' rows are
/// locked first, as the order of locks wants it: an insert will refer to them.
caf::expected<rows> read_keys(connection& db, const claims& wanted) {
  if (db.dialect() == dialect_kind::postgres) {
    std::vector<cell> users;
    std::vector<cell> keys;
    for (auto& x : wanted) {
      users.emplace_back(x.caller->user_id);
      keys.emplace_back(x.caller->once.key);
    }
    std::vector<cell> params{array_literal(users), array_literal(keys)};
    static const auto text
        = "SELECT " + columns(dialect_kind::postgres)
          + " FROM unnest($1::bigint[], $2::text[]) AS w(user_id, key) JOIN "
            "users u ON u.id = w.user_id LEFT JOIN idempotency_keys k ON "
            "k.user_id = w.user_id AND k.key = w.key ORDER BY u.id FOR KEY "
            "SHARE OF u";
    return db.query(text, params, kinds);
  }
  static const auto text
      = "SELECT " + columns(dialect_kind::sqlite)
        + " FROM idempotency_keys k WHERE k.user_id = $1 AND k.key = $2";
  rows out;
  for (auto& x : wanted) {
    std::vector<cell> params{x.caller->user_id, x.caller->once.key};
    auto found = db.query(text, params, kinds);
    if (!found)
      return found;
    out.insert(out.end(), found->begin(), found->end());
  }
  return out;
}

std::string headers_json(const kept_answer& x) {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  if (!x.tag.empty()) {
    writer.Key("ETag");
    writer.String(x.tag);
  }
  if (!x.location.empty()) {
    writer.Key("Location");
    writer.String(x.location);
  }
  writer.EndObject();
  return out;
}

std::string member(const json_value& object, const char* name) {
  auto found = object.FindMember(name);
  return found == object.MemberEnd() || !found->value.IsString()
             ? std::string{}
             : std::string{found->value.GetString(),
                           found->value.GetStringLength()};
}

caf::expected<kept_answer> answer_of(const record& row) {
  auto headers = parse_json(std::get<std::string>(row[5]));
  if (!headers || !headers->IsObject())
    return unreadable_row("idempotency_keys");
  return kept_answer{std::get<int64_t>(row[4]), member(*headers, "Location"),
                     member(*headers, "ETag"), std::get<std::string>(row[6])};
}

/// Makes way for the next row of the key: an insert that need not look for one
/// in its way is cheaper.
caf::error drop(connection& db, const record& row) {
  std::vector<cell> params{row[0], row[1]};
  auto done = db.query("DELETE FROM idempotency_keys WHERE user_id = $1 AND "
                       "key = $2",
                       params, {});
  return done ? caf::error{} : done.error();
}

caf::error judge(connection& db, const rows& found, const claims& wanted,
                 std::vector<key_verdict>& verdicts) {
  std::map<std::pair<int64_t, std::string>, const record*> by_key;
  for (auto& row : found)
    if (!is_null(row[0]))
      by_key[{std::get<int64_t>(row[0]), std::get<std::string>(row[1])}] = &row;
  for (auto& x : wanted) {
    auto& once = x.caller->once;
    auto i = by_key.find({x.caller->user_id, once.key});
    if (i == by_key.end())
      continue;
    auto& row = *i->second;
    if (!std::get<bool>(row[7])) {
      if (auto err = drop(db, row))
        return err;
      continue;
    }
    auto& verdict = verdicts[x.index];
    if (row[2] != cell{once.request} || row[3] != cell{once.body_hash}) {
      verdict.refusal = another_request();
      continue;
    }
    auto answer = answer_of(row);
    if (!answer)
      return answer.error();
    verdict.answer = std::move(*answer);
  }
  return caf::none;
}

} // namespace

caf::expected<std::vector<key_verdict>>
claim_keys(connection& db, std::span<const call* const> callers) {
  std::vector<key_verdict> verdicts(callers.size());
  auto wanted = first_of_each(callers, verdicts);
  if (auto err = try_locks(db, wanted, verdicts))
    return err;
  if (wanted.empty())
    return verdicts;
  auto found
      = read_keys(db, wanted); // sees what was committed before the locks
  if (!found)
    return found.error();
  if (auto err = judge(db, *found, wanted, verdicts))
    return err;
  return verdicts;
}

caf::error keep_answers(connection& db, std::span<const keeping> answers,
                        timestamp now) {
  if (answers.empty())
    return caf::none;
  std::vector<column> table{
      {"user_id", "bigint", {}},        {"key", "text", {}},
      {"request", "text", {}},          {"body_hash", "text", {}},
      {"status", "bigint", {}},         {"response_headers", "text", {}},
      {"response_body", "text", {}},    {"created_at", "timestamptz", {}},
      {"expires_at", "timestamptz", {}}};
  for (auto& [caller, answer] : answers) {
    auto& once = caller->once;
    record row{caller->user_id,
               once.key,
               once.request,
               once.body_hash,
               answer->status,
               headers_json(*answer),
               answer->body,
               now,
               timestamp{now + lifetime}};
    for (size_t i = 0; i < row.size(); ++i)
      table[i].values.push_back(std::move(row[i]));
  }
  return insert_columns(db, "idempotency_keys", table);
}

} // namespace callboard::storage
