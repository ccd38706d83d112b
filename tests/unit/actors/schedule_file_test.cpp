#define CAF_SUITE schedule_file
#include "actors/schedule_file.hpp"
#include "protocols/error.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;

namespace {

constexpr auto at
    = [](std::string_view text) { return *parse_timestamp(text); };
const auto today = at("2026-11-28T12:00:00Z");
const auto yesterday = at("2026-11-27T12:00:00Z");

caf::expected<std::vector<schedule_entry>> parse(std::string_view text) {
  return parse_schedule(text, yesterday, today);
}

/// One task with these lines.
std::string with(const std::string& lines) {
  return "tasks:\n  - id: 7\n    skill_name: x\n    schedule_cron: "
         "'0 9 * * *'\n    "
         + lines + '\n';
}

schedule_entry one(const std::string& text) {
  auto got = parse(text);
  if (!got)
    CAF_FAIL(detail(got.error()));
  CAF_REQUIRE_EQUAL(got->size(), 1u);
  return got->front();
}

std::string refusal(const std::string& text) {
  auto got = parse(text);
  if (got)
    return "accepted";
  CAF_CHECK(classify(got.error()) == errc::bad_request);
  return detail(got.error());
}

} // namespace

CAF_TEST(all nine fields of an entry are read) {
  auto x = one(R"(
metadata: {last_sync: null, sync_source: manual, version: "1.0"}
tasks:
  - id: 7
    skill_name: daily-report
    schedule_cron: "0 9 * * *"
    next_run_at: 2026-11-29 09:00:00
    params_json: {"b": [1, 2.5], a: null}
    status: disabled
    user_id: admin
    created_at: 2026-01-02
    updated_at: 2026-11-01T00:00:00.5+01:00
)");
  CAF_CHECK_EQUAL(x.set, (uint64_t{1} << schedule_fields) - 1);
  auto& row = x.values;
  CAF_CHECK_EQUAL(row.id, 7);
  CAF_CHECK_EQUAL(row.skill_name, "daily-report");
  CAF_CHECK(row.schedule_cron == "0 9 * * *");
  CAF_CHECK(row.next_run_at == at("2026-11-29T09:00:00Z"));
  CAF_CHECK_EQUAL(row.params.text, R"({"a":null,"b":[1,2.5]})");
  CAF_CHECK(row.status == task_status::disabled);
  CAF_CHECK(row.user_id == "admin");
  CAF_CHECK(row.created_at == at("2026-01-02"));
  CAF_CHECK(row.updated_at == at("2026-10-31T23:00:00.500Z"));
}

CAF_TEST(what an entry leaves out is not given) {
  auto x = one(with(""));
  CAF_CHECK(!x.has(&task::status));
  CAF_CHECK(!x.has(&task::params));
  CAF_CHECK(!x.has(&task::next_run_at));
  CAF_CHECK(x.values.updated_at == yesterday); // as old as the file
  CAF_CHECK(parse_schedule(with(""), today + std::chrono::hours{1}, today)
                ->front()
                .values.updated_at
            == today);
}

CAF_TEST(parameters may be JSON in a text and owners numbers) {
  CAF_CHECK_EQUAL(
      one(with("params_json: '{\"a\":\"it''s\"}'")).values.params.text,
      R"({"a":"it's"})");
  CAF_CHECK_EQUAL(one(with("params_json:")).values.params.text, "{}");
  CAF_CHECK(one(with("user_id: 7")).values.user_id == "7");
  CAF_CHECK(one(with("user_id: '7'")).values.user_id == "7");
  CAF_CHECK(!one(with("user_id:")).values.user_id);
}

CAF_TEST(an empty list is no error) {
  for (auto text : {"tasks: []", "tasks:", "metadata:\ntasks: []"})
    CAF_CHECK(parse(text) && parse(text)->empty());
}

CAF_TEST(hostile files are refused with line and field) {
  const std::pair<std::string, std::string> table[] = {
      {"[]", "line 1: expected a map with tasks"},
      {"x", "line 1: expected a map with tasks"},
      {"metadata: {}", "line 1: tasks: is missing"},
      {"tasks: []\nextra: 1", "line 2: extra: there is no such key"},
      {"tasks: {}", "line 1: tasks: must be a list"},
      {"tasks: x", "line 1: tasks: must be a list"},
      {"tasks: []\nmetadata: []", "line 2: metadata: must be a map"},
      {"tasks: []\nmetadata: {x: 1}",
       "line 2: metadata.x: there is no such key"},
      {"tasks: []\nmetadata: {version: [1]}",
       "line 2: metadata.version: must be a single value"},
      {"tasks:\n  - x", "line 2: tasks[0]: must be a map"},
      {"tasks:\n  -", "line 2: tasks[0]: must be a map"},
      {"tasks:\n  - skill_name: x", "line 2: tasks[0].id: is missing"},
      {"tasks:\n  - id: 1", "line 2: tasks[0].skill_name: is missing"},
      {"tasks:\n  - id: 1\n    skill_name: x",
       "line 2: tasks[0].schedule_cron: is missing, and next_run_at too"},
      {"tasks:\n  - id: x", "line 2: tasks[0].id: Input should be a valid "
                            "integer"},
      {"tasks:\n  - id: '1'", "line 2: tasks[0].id: Input should be a valid "
                              "integer"},
      {"tasks:\n  - id: 1.5", "line 2: tasks[0].id: Input should be a valid "
                              "integer"},
      {"tasks:\n  - id: 0\n    skill_name: x",
       "line 2: tasks[0].id: must be from 1 to 1000000000"},
      {"tasks:\n  - id: -1", "line 2: tasks[0].id: must be from 1 to "
                             "1000000000"},
      {"tasks:\n  - id: 1000000001", "line 2: tasks[0].id: must be from 1 to "
                                     "1000000000"},
      {"tasks:\n  - id: 99999999999999999999",
       "line 2: tasks[0].id: integer beyond 64 bits"},
      {"tasks:\n  - id: [1]", "line 2: tasks[0].id: Input should be a valid "
                              "integer"},
      {with("extra: 1"), "line 5: tasks[0].extra: there is no such key"},
      {with("title: x"), "line 5: tasks[0].title: there is no such key"},
      {with("params: {}"), "line 5: tasks[0].params: there is no such key"},
      {with("id: 8"), "line 5: the key 'id' comes twice"},
      {with("status: done"),
       "line 5: tasks[0].status: Input should be 'pending', 'running', "
       "'completed', 'failed', 'disabled' or 'deleted'"},
      {with("status:"),
       "line 5: tasks[0].status: Input should be 'pending', 'running', "
       "'completed', 'failed', 'disabled' or 'deleted'"},
      {with("next_run_at: soon"),
       "line 5: tasks[0].next_run_at: not an RFC 3339 timestamp"},
      {with("next_run_at: 2026-02-30"),
       "line 5: tasks[0].next_run_at: not an RFC 3339 timestamp"},
      {with("next_run_at: 5"),
       "line 5: tasks[0].next_run_at: Input should be a valid string"},
      {with("updated_at: 2026-11-28T12:06:00Z"),
       "line 2: tasks[0].updated_at: is in the future"},
      {with("updated_at: 9999-01-01"),
       "line 2: tasks[0].updated_at: is in the future"},
      {with("updated_at:"),
       "line 5: tasks[0].updated_at: Input should be a valid string"},
      {with("params_json: x"),
       "line 5: tasks[0].params_json: Input should be a valid dictionary"},
      {with("params_json: [1]"),
       "line 5: tasks[0].params_json: Input should be a valid dictionary"},
      {with("params_json: '[1]'"),
       "line 5: tasks[0].params_json: Input should be a valid dictionary"},
      {with("params_json: {a: 1e999}"),
       "line 5: tasks[0].params_json: Number too big to be stored in double."},
      {with("params_json: {a: \"\\0\"}"),
       "line 5: tasks[0].params_json: U+0000 is not allowed"},
      {with("params_json: {a: " + std::string(70'000, 'x') + '}'),
       "line 5: tasks[0].params_json: larger than 65536 bytes"},
      {with("user_id: ''"), "line 2: tasks[0].user_id: must have 1 to 255 "
                            "characters"},
      {with("user_id: " + std::string(256, 'x')),
       "line 2: tasks[0].user_id: must have 1 to 255 characters"},
      {with("user_id: [1]"),
       "line 5: tasks[0].user_id: Input should be a valid string"},
      {"tasks:\n  - id: 1\n    skill_name: a b",
       "line 3: tasks[0].skill_name: skill_name may contain letters, digits, "
       "'_' and '-' only"},
      {"tasks:\n  - id: 1\n    skill_name: ''",
       "line 3: tasks[0].skill_name: String should have at least 1 character"},
      {"tasks:\n  - id: 1\n    skill_name: 5",
       "line 3: tasks[0].skill_name: Input should be a valid string"},
      {"tasks:\n  - id: 1\n    schedule_cron: '0 0 30 2 *'\n    skill_name: x",
       "line 2: tasks[0].schedule_cron: '0 0 30 2 *' never matches"},
      {"tasks:\n  - id: 1\n    schedule_cron: * * * * *",
       "line 3: alias not found after *"},
      {with("status: pending")
           + "  - id: 7\n    skill_name: y\n    next_run_at: null",
       "line 6: tasks[1].id: 7 comes twice"},
  };
  for (auto& [text, expected] : table)
    CAF_CHECK_EQUAL(refusal(text), expected);
}

CAF_TEST(a schedule that does not parse is refused) {
  for (auto cron :
       {"61 * * * *", "invalid-cron", "@fortnightly", "* * * * * *"}) {
    auto got = refusal(std::string{"tasks:\n  - id: 1\n    schedule_cron: '"}
                       + cron + "'\n");
    if (!got.starts_with("line 3: tasks[0].schedule_cron: Invalid cron"))
      CAF_ERROR(cron << ": " << got);
  }
}

CAF_TEST(size and number of tasks are bounded) {
  CAF_CHECK_EQUAL(refusal(std::string(max_schedule_bytes + 1, ' ')),
                  "larger than 4194304 bytes");
  std::string many = "tasks:\n";
  for (int i = 1; i <= 1001; ++i)
    many += "  - {id: " + std::to_string(i)
            + ", skill_name: x, next_run_at: 2026-12-01}\n";
  CAF_CHECK_EQUAL(refusal(many), "line 2: tasks: more than 1000");
  many.erase(many.find("  - {id: 1001"));
  CAF_CHECK_EQUAL(parse(many)->size(), 1000u);
}

CAF_TEST(what is written reads back to the same) {
  task odd;
  odd.id = 3;
  odd.skill_name = "x";
  odd.params.text
      = "{\"a\":\"it's # \\\" \\\\ \\n\\u0001 \xc3\xa9 \xe2\x80\xa8 \xc2\x85 "
        "\x7f\",\"b\":1e+300,\"c\":[],\"d\":{\"e\":null}}";
  odd.status = task_status::completed;
  odd.user_id = "o'neil: \"# \xf0\x9f\x98\x80\t";
  odd.created_at = yesterday;
  odd.updated_at = today;
  task plain = odd;
  plain.id = 5;
  plain.schedule_cron = "*/5 * * * *";
  plain.next_run_at = at("2026-11-28T12:05:00.123Z");
  plain.params.text = "{}";
  plain.user_id.reset();
  std::vector<schedule_entry> all{entry_of(odd), entry_of(plain)};
  auto partial = entry_of(plain);
  partial.values.id = 6;
  partial.set &= ~(uint64_t{1} << index_of(&task::status));
  all.push_back(partial);
  auto text = render_schedule(all, {today, sync_source::database, 4});
  auto got = parse(text);
  if (!got)
    CAF_FAIL(detail(got.error()) << '\n' << text);
  CAF_REQUIRE_EQUAL(got->size(), 3u);
  for (size_t i = 0; i < all.size(); ++i) {
    CAF_CHECK_EQUAL((*got)[i].set, all[i].set);
    CAF_CHECK_EQUAL(schedule_json((*got)[i]).text, schedule_json(all[i]).text);
  }
  CAF_CHECK(text.find("version: 4") != text.npos);
  CAF_CHECK(parse(render_schedule({}, {}))->empty());
}
