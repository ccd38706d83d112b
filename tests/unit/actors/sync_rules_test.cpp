#define CAF_SUITE sync_rules
#include "actors/sync_rules.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;

namespace {

schedule_entry entry(int64_t id, int64_t updated_at) {
  return schedule_entry{}
      .give(&task::id, id)
      .give(&task::skill_name, "yaml")
      .give(&task::updated_at, timestamp{updated_at});
}

task row(int64_t id, int64_t updated_at,
         task_status status = task_status::pending) {
  task out;
  out.id = id;
  out.skill_name = "db";
  out.status = status;
  out.updated_at = timestamp{updated_at};
  return out;
}

sync_conflict conflict(int64_t id, int64_t yaml_updated_at,
                       std::optional<conflict_end> ended = {}) {
  sync_conflict out;
  out.id = id;
  out.yaml_updated_at = timestamp{yaml_updated_at};
  out.ended_by = ended;
  return out;
}

/// `i` insert, `u` update, `c` conflict, `-` nothing.
std::string verdict(const schedule_entry& x, const std::vector<task>& known,
                    bool edited = true,
                    const std::vector<sync_conflict>& conflicts = {}) {
  row_map<task> rows;
  for (auto& y : known)
    rows.emplace(y.id, y);
  row_map<sync_conflict> before;
  for (auto& y : conflicts)
    before.emplace(y.id, y);
  schedule_import file{{x}, edited};
  auto found = compare(file, rows, before);
  return std::string(found.inserts.size(), 'i')
         + std::string(found.updates.size(), 'u')
         + std::string(found.conflicts.size(), 'c');
}

std::string ids(const std::optional<std::vector<schedule_entry>>& next) {
  if (!next)
    return "as it is";
  std::string out;
  for (auto& x : *next)
    out += std::to_string(x.values.id) + x.values.skill_name + ' ';
  return out;
}

} // namespace

CAF_TEST(an unknown id is inserted unless it is deleted) {
  CAF_CHECK_EQUAL(verdict(entry(1, 10), {}), "i");
  CAF_CHECK_EQUAL(verdict(entry(1, 10), {row(2, 10)}), "i");
  auto gone = entry(1, 10).give(&task::status, task_status::deleted);
  CAF_CHECK_EQUAL(verdict(gone, {}), "");
  CAF_CHECK_EQUAL(verdict(gone, {row(1, 5)}), "u");
}

CAF_TEST(the newer side wins and an older edit is a conflict) {
  CAF_CHECK_EQUAL(verdict(entry(1, 11), {row(1, 10)}), "u");
  CAF_CHECK_EQUAL(verdict(entry(1, 10), {row(1, 10)}), "");
  CAF_CHECK_EQUAL(verdict(entry(1, 9), {row(1, 10)}), "c");
}

CAF_TEST(what we wrote ourselves and the database left behind is no edit) {
  CAF_CHECK_EQUAL(verdict(entry(1, 9), {row(1, 10)}, false), "");
  CAF_CHECK_EQUAL(verdict(entry(1, 11), {row(1, 10)}, false), "u");
  CAF_CHECK_EQUAL(verdict(entry(1, 9), {}, false), "i");
}

CAF_TEST(a conflict stays one until somebody decides) {
  auto old = entry(1, 9);
  std::vector known{row(1, 10)};
  CAF_CHECK_EQUAL(verdict(old, known, false, {conflict(1, 9)}), "c");
  CAF_CHECK_EQUAL(
      verdict(old, known, false, {conflict(1, 9, conflict_end::cleared)}), "c");
  for (auto end :
       {conflict_end::keep_db, conflict_end::keep_yaml, conflict_end::merge}) {
    CAF_CHECK_EQUAL(verdict(old, known, true, {conflict(1, 9, end)}), "");
    // Another edit since.
    CAF_CHECK_EQUAL(verdict(old, known, true, {conflict(1, 8, end)}), "c");
    CAF_CHECK_EQUAL(verdict(old, known, false, {conflict(1, 8, end)}), "");
  }
  // That of another task says nothing.
  CAF_CHECK_EQUAL(verdict(old, known, false, {conflict(2, 9)}), "");
}

CAF_TEST(the file is written when a task is missing or older or too many) {
  std::vector rows{row(2, 20), row(1, 10), row(3, 30, task_status::deleted)};
  CAF_CHECK_EQUAL(ids(next_entries({}, rows, {})), "1db 2db ");
  CAF_CHECK_EQUAL(ids(next_entries({entry(1, 10), entry(2, 20)}, rows, {})),
                  "as it is");
  CAF_CHECK_EQUAL(ids(next_entries({entry(1, 10)}, rows, {})), "1db 2db ");
  CAF_CHECK_EQUAL(ids(next_entries({entry(1, 9), entry(2, 20)}, rows, {})),
                  "1db 2db ");
  CAF_CHECK_EQUAL(
      ids(next_entries({entry(1, 10), entry(2, 20), entry(3, 29)}, rows, {})),
      "1db 2db ");
  CAF_CHECK_EQUAL(ids(next_entries({}, {}, {})), "as it is");
  CAF_CHECK_EQUAL(ids(next_entries({entry(4, 1)}, {}, {})), "");
}

CAF_TEST(of a disputed task the file keeps its word) {
  std::vector rows{row(1, 10), row(2, 20), row(3, 30, task_status::deleted)};
  std::vector file{entry(1, 9), entry(2, 19), entry(3, 29)};
  CAF_CHECK_EQUAL(ids(next_entries(file, rows, {1, 3})), "1yaml 2db 3yaml ");
  file[1] = entry(2, 20);
  CAF_CHECK_EQUAL(ids(next_entries(file, rows, {1, 3})), "as it is");
  CAF_CHECK_EQUAL(ids(next_entries({}, rows, {1})), "1db 2db ");
}
