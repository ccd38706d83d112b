// Full-text search: FTS5 on SQLite, tsvector on PostgreSQL. Only the newest
// `ranked` matches are ranked: a common word costs no more than a rare one.
#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"
#include "storage/words.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>

namespace callboard::storage {

namespace {

constexpr int64_t ranked = 1000;
constexpr int64_t related = 5;

/// The caller's entries and everybody's.
void add_owner(filter& wanted, const std::string& owner) {
  if (!owner.empty())
    wanted.add("user_id IN ('system', ", owner, ")");
}

void add_filters(filter& wanted, const memory_query& query) {
  add_owner(wanted, query.owner);
  if (!query.project_id.empty())
    wanted.add("project_id = ", query.project_id);
  if (!query.intent.empty())
    wanted.add("intent = ", query.intent);
}

/// ` AND ...`, or nothing.
std::string also(const filter& x) {
  return x.text().empty() ? "" : " AND " + x.text().substr(6); // `WHERE `
}

/// ` AND <column> : (...)` in the language of FTS5: rows that have one of the
/// texts, or one that differs in marks and case alone. Nothing if FTS5 may see
/// no word in one.
std::string in_index(std::string_view column,
                     std::initializer_list<std::string_view> texts) {
  std::string out;
  for (auto text : texts) {
    auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    auto word
        = [](char c) { return std::isalnum(static_cast<unsigned char>(c)); };
    if (!std::all_of(text.begin(), text.end(), ascii)
        || std::none_of(text.begin(), text.end(), word))
      return {};
    out += out.empty() ? "\"" : " OR \"";
    for (char c : text)
      out += c == '"' ? "\"\"" : std::string(1, c);
    out += '"';
  }
  return " AND " + std::string{column} + " : (" + out + ')';
}

/// What an index is asked for: the words, and with FTS5 the filters too, so
/// that it skips the rows of others.
std::string index_query(dialect_kind dialect, const std::string& words,
                        const memory_query& query) {
  if (dialect == dialect_kind::postgres)
    return words;
  auto out = "content : (" + words + ')';
  if (!query.owner.empty())
    out += in_index("user_id", {"system", query.owner});
  if (!query.project_id.empty())
    out += in_index("project_id", {query.project_id});
  if (!query.intent.empty())
    out += in_index("intent", {query.intent});
  return out;
}

/// `$1`: the words. The score is 0..1 in millionths.
std::string search_text(dialect_kind dialect, const filter& wanted) {
  auto newest = " DESC LIMIT " + std::to_string(ranked);
  auto tail = std::string{" JOIN memory_entries ON id = found ORDER BY score "
                          "DESC, id DESC"};
  if (dialect == dialect_kind::sqlite)
    return "SELECT " + column_list<memory_entry>()
           + ", CAST(1e6 * score / (1.0 + score) AS INTEGER) FROM (SELECT "
             "rowid AS found, relevance(memory_entries_fts) AS score "
             "FROM memory_entries_fts WHERE memory_entries_fts MATCH $1 AND "
             "EXISTS (SELECT 1 FROM memory_entries AS m WHERE m.id = "
             "memory_entries_fts.rowid"
           + also(wanted) + ") ORDER BY rowid" + newest + ')' + tail;
  return "SELECT " + column_list<memory_entry>()
         + ", (1e6 * score)::bigint FROM (SELECT id AS found, ts_rank(tsv, "
           "to_tsquery('simple', $1), 32) AS score FROM (SELECT id, tsv FROM "
           "memory_entries WHERE tsv @@ to_tsquery('simple', $1)"
         + also(wanted) + " ORDER BY id" + newest + ") AS newest) AS ranked"
         + tail;
}

/// As `db.query`, with a plan for these values: one that suits a rare word is
/// not for one that is everywhere, and PostgreSQL would keep it for both.
caf::expected<rows> query_anew(connection& db, const std::string& text,
                               std::span<const cell> params,
                               std::span<const cell_kind> kinds) {
  if (db.dialect() == dialect_kind::sqlite)
    return db.query(text, params, kinds);
  if (auto err = db.execute("SET plan_cache_mode = force_custom_plan"))
    return err;
  auto found = db.query(text, params, kinds);
  if (db.is_open())
    if (auto err = db.execute("SET plan_cache_mode = auto"))
      return err;
  return found;
}

caf::expected<std::vector<memory_match>> search(connection& db,
                                                const std::string& words,
                                                const memory_query& query,
                                                int64_t without = 0) {
  std::vector<memory_match> out;
  if (words.empty())
    return out;
  filter wanted;
  wanted.take(index_query(db.dialect(), words, query));
  add_filters(wanted, query);
  if (without != 0)
    wanted.add("id <> ", without);
  auto params = wanted.params();
  params.emplace_back(query.limit);
  auto kinds = kinds_of<memory_entry>();
  kinds.push_back(cell_kind::integer);
  auto found = query_anew(db,
                          search_text(db.dialect(), wanted) + " LIMIT $"
                              + std::to_string(params.size()),
                          params, kinds);
  if (!found)
    return found.error();
  for (auto& cells : *found) {
    auto& match = out.emplace_back();
    match.score = static_cast<double>(std::get<int64_t>(cells.back())) / 1e6;
    cells.pop_back();
    if (!from_record(cells, match.entry))
      return unreadable_row("memory_entries");
  }
  return out;
}

} // namespace

caf::expected<memory_matches> answer(connection& db, const memory_query& query,
                                     int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  auto found = search(db, all_words(db.dialect(), query.text), query);
  if (!found)
    return found.error();
  return memory_matches{std::move(*found)};
}

caf::expected<memory_detail>
answer(connection& db, const memory_task_query& query, int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  filter wanted;
  wanted.add("task_id = ", query.task_id);
  add_owner(wanted, query.owner);
  auto found = select<memory_entry>(
      db, wanted.text() + " ORDER BY id DESC LIMIT 1", wanted.params());
  if (!found)
    return found.error();
  memory_detail out;
  if (found->empty())
    return out;
  out.entry = std::move(found->front());
  if (!query.related)
    return out;
  memory_query like;
  like.owner = query.owner;
  like.limit = related;
  auto others = search(db, telling_words(db.dialect(), out.entry.content), like,
                       out.entry.id);
  if (!others)
    return others.error();
  out.related = std::move(*others);
  return out;
}

caf::expected<memory_entries>
answer(connection& db, const memory_project_query& query, int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  filter wanted;
  wanted.add("project_id = ", query.project_id);
  add_owner(wanted, query.owner);
  std::string columns;
  for_each_field<memory_entry>([&](auto& x, size_t i) {
    columns += i == 0 ? "" : ", ";
    if (x.name == "content")
      columns += "substr(content, 1, 100)";
    else if (x.name == "metadata")
      columns += "'{}'";
    else
      columns += x.column();
  });
  auto found = read_rows<memory_entry>(
      db.query("SELECT " + columns + " FROM memory_entries " + wanted.text()
                   + " ORDER BY created_at DESC, id DESC LIMIT "
                   + std::to_string(memory_project_query::considered),
               wanted.params(), kinds_of<memory_entry>()));
  if (!found)
    return found.error();
  return memory_entries{std::move(*found)};
}

} // namespace callboard::storage
