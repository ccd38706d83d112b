#include "storage/idempotency_keys.hpp"

#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/json.hpp"

#include <set>

namespace callboard::storage {

namespace {

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

/// What is found of a key: whether its lock was free, and its row, also if its
/// time is over; null if there is none.
enum found : size_t { taken, request, body_hash, status, headers, body, alive };

const std::vector<cell_kind> kinds{
    cell_kind::boolean, cell_kind::text, cell_kind::text,   cell_kind::integer,
    cell_kind::text,    cell_kind::text, cell_kind::boolean};

std::string columns(dialect_kind dialect) {
  return "k.request, k.body_hash, k.status, k.response_headers, "
         "k.response_body, k.expires_at > "
         + current_time(dialect);
}

/// Locks and rows in one statement, which sees what was committed before it
/// took the locks. The row of a twin that committed in between is in the way of
/// the insert: the batch falls apart, and the request finds it then.
caf::expected<rows> find_postgres(connection& db, const claims& wanted) {
  std::vector<cell> locks;
  std::vector<cell> users;
  std::vector<cell> keys;
  for (auto& x : wanted) {
    locks.emplace_back(lock_number(*x.caller));
    users.emplace_back(x.caller->user_id);
    keys.emplace_back(x.caller->once.key);
  }
  std::vector<cell> params{array_literal(locks), array_literal(users),
                           array_literal(keys)};
  static const auto text
      = "SELECT pg_try_advisory_xact_lock(w.lock), "
        + columns(dialect_kind::postgres)
        + " FROM unnest($1::bigint[], $2::bigint[], $3::text[]) WITH "
          "ORDINALITY AS w(lock, user_id, key, i) LEFT JOIN idempotency_keys k "
          "ON k.user_id = w.user_id AND k.key = w.key ORDER BY w.i";
  return db.query(text, params, kinds);
}

/// Without locks: one transaction writes at a time, and a twin behind it finds
/// the row.
caf::expected<rows> find_sqlite(connection& db, const claims& wanted) {
  static const auto text
      = "SELECT 1, " + columns(dialect_kind::sqlite)
        + " FROM idempotency_keys k WHERE k.user_id = $1 AND k.key = $2";
  rows out;
  for (auto& x : wanted) {
    std::vector<cell> params{x.caller->user_id, x.caller->once.key};
    auto row = db.query(text, params, kinds);
    if (!row)
      return row;
    if (row->empty())
      row->push_back({true, {}, {}, {}, {}, {}, {}});
    out.push_back(std::move(row->front()));
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
  auto fields = parse_json(std::get<std::string>(row[headers]));
  if (!fields || !fields->IsObject())
    return unreadable_row("idempotency_keys");
  return kept_answer{std::get<int64_t>(row[status]),
                     member(*fields, "Location"), member(*fields, "ETag"),
                     std::get<std::string>(row[body])};
}

/// Makes way for the next row of the key: an insert that need not look for one
/// in its way is cheaper.
caf::error drop(connection& db, const call& caller) {
  std::vector<cell> params{caller.user_id, caller.once.key};
  auto done = db.query("DELETE FROM idempotency_keys WHERE user_id = $1 AND "
                       "key = $2",
                       params, {});
  return done ? caf::error{} : done.error();
}

caf::error judge(connection& db, const call& caller, const record& row,
                 key_verdict& verdict) {
  if (!std::get<bool>(row[taken])) {
    verdict.refusal = twin_runs();
    return caf::none;
  }
  if (is_null(row[alive]))
    return caf::none;
  if (!std::get<bool>(row[alive]))
    return drop(db, caller);
  auto& once = caller.once;
  if (row[request] != cell{once.request}
      || row[body_hash] != cell{once.body_hash}) {
    verdict.refusal = another_request();
    return caf::none;
  }
  auto answer = answer_of(row);
  if (!answer)
    return answer.error();
  verdict.answer = std::move(*answer);
  return caf::none;
}

} // namespace

caf::expected<std::vector<key_verdict>>
claim_keys(connection& db, std::span<const call* const> callers) {
  std::vector<key_verdict> verdicts(callers.size());
  auto wanted = first_of_each(callers, verdicts);
  auto states = db.dialect() == dialect_kind::sqlite
                    ? find_sqlite(db, wanted)
                    : find_postgres(db, wanted);
  if (!states)
    return states.error();
  for (size_t i = 0; i < wanted.size(); ++i)
    if (auto err = judge(db, *wanted[i].caller, states->at(i),
                         verdicts[wanted[i].index]))
      return err;
  return verdicts;
}

table_rows answer_rows(std::span<const keeping> answers) {
  table_rows out{"idempotency_keys",
                 {{"user_id", "bigint", {}},
                  {"key", "text", {}},
                  {"request", "text", {}},
                  {"body_hash", "text", {}},
                  {"status", "bigint", {}},
                  {"response_headers", "text", {}},
                  {"response_body", "text", {}}}};
  for (auto& [caller, answer] : answers) {
    auto& once = caller->once;
    record row{caller->user_id, once.key,       once.request,
               once.body_hash,  answer->status, headers_json(*answer),
               answer->body};
    for (size_t i = 0; i < row.size(); ++i)
      out.columns[i].values.push_back(std::move(row[i]));
  }
  return out;
}

} // namespace callboard::storage
