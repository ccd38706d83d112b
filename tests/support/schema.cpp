#include "tests/support/schema.hpp"

#include "protocols/error.hpp"

#include <caf/all.hpp>

#include <stdexcept>

namespace callboard::test {

using namespace storage;

namespace {

std::set<std::string> texts(connection& db, const std::string& query) {
  auto found = db.query(query, {}, {{cell_kind::text}});
  if (!found)
    throw std::runtime_error{detail(found.error())};
  std::set<std::string> out;
  for (auto& row : *found)
    out.insert(std::get<std::string>(row[0]));
  return out;
}

} // namespace

std::set<std::string> columns(const test_database& place) {
  auto db = place.connect();
  if (!place.sqlite())
    return texts(*db, "SELECT table_name || '.' || column_name || CASE "
                      "is_nullable WHEN 'YES' THEN ' NULL' ELSE '' END FROM "
                      "information_schema.columns WHERE table_schema = "
                      "'public' AND column_name <> 'tsv'");
  return texts(*db, "SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" "
                    "OR c.pk THEN '' ELSE ' NULL' END FROM sqlite_schema t, "
                    "pragma_table_info(t.name) c WHERE t.type = 'table' AND "
                    "t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '%fts%'");
}

std::set<std::string> indexes(const test_database& place) {
  auto db = place.connect();
  if (!place.sqlite())
    return texts(
        *db, "SELECT c.relname || ': ' || (SELECT string_agg(a.attname, ', ' "
             "ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid) "
             "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
             "WHERE c.relkind = 'i' AND n.nspname = 'public' AND c.relam <> "
             "(SELECT oid FROM pg_am WHERE amname = 'gin') AND NOT EXISTS "
             "(SELECT 1 FROM "
             "pg_constraint k WHERE k.conindid = c.oid AND k.contype <> 'f')");
  return texts(*db, "SELECT i.name || ': ' || (SELECT "
                    "group_concat(coalesce(name, 'coalesce'), ', ') "
                    "FROM pragma_index_info(i.name)) FROM sqlite_schema i "
                    "WHERE i.type = 'index' AND i.sql IS NOT NULL");
}

} // namespace callboard::test
