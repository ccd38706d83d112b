#define CAF_SUITE entity
#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"
#include "protocols/messages.hpp"
#include "protocols/system_config.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;

namespace {

task sample() {
  task x;
  x.id = 7;
  x.skill_name = "pair-programming";
  x.schedule_cron = "0 9 * * 1-5";
  x.params.text = R"({"a":1})";
  x.created_at = x.updated_at = {1000};
  x.user_id = "1";
  x.due_date = timestamp{5000};
  return x;
}

/// The types of the violations, in order, and where: `missing@skill_name`.
std::string problems(const char* body, given rules::*when) {
  auto document = parse_object(body);
  auto err
      = document ? read_patch<task>(*document, when).error() : document.error();
  json_document list;
  json_problem why;
  CAF_REQUIRE(parse_json(detail(err), list, why));
  std::string out;
  for (auto& x : list.GetArray()) {
    out += (out.empty() ? "" : " ") + std::string{x["type"].GetString()};
    if (x["loc"].Size() == 2 && x["loc"][1].IsString())
      out += '@' + std::string{x["loc"][1].GetString()};
  }
  return out;
}

} // namespace

CAF_TEST(every wrong field of a task is named at once) {
  const std::tuple<const char*, const char*> table[] = {
      {R"({})", "missing@skill_name missing@schedule_cron"},
      {R"({"skill_name":"a b","schedule_cron":"* * * * *"})",
       "value_error@skill_name"},
      {R"({"skill_name":"","schedule_cron":"* * * * *"})",
       "string_too_short@skill_name"},
      {R"({"skill_name":5,"schedule_cron":"* * * * *"})",
       "string_type@skill_name"},
      {R"({"skill_name":null,"schedule_cron":"* * * * *"})",
       "string_type@skill_name"},
      {R"({"skill_name":"a","schedule_cron":"invalid"})",
       "string_too_short@schedule_cron"},
      {R"({"skill_name":"a","schedule_cron":"60 0 * * *"})",
       "value_error@schedule_cron"},
      {R"({"skill_name":"a","schedule_cron":"* * * * *","status":"x","priority":1})",
       "enum@status enum@priority"},
      {R"({"skill_name":"a","schedule_cron":"* * * * *","status":"deleted"})",
       "value_error@status"},
      {R"({"skill_name":"a","schedule_cron":"* * * * *","params":[1]})",
       "dict_type@params"},
      {R"({"skill_name":"a","schedule_cron":"* * * * *","project_id":0})",
       "greater_than_equal@project_id"},
      {R"({"skill_name":"a","schedule_cron":"* * * * *","project_id":2147483648})",
       "less_than_equal@project_id"},
      {R"({"skill_name":"a","schedule_cron":"* * * * *","project_id":1.5})",
       "int_type@project_id"},
      {R"({"skill_name":"a","schedule_cron":"* * * * *","due_date":"2025-02-30"})",
       "value_error@due_date"},
      {R"([1])", "model_attributes_type"},
      {R"({"a":)", "json_invalid"},
  };
  for (auto& [body, expected] : table)
    CAF_CHECK_EQUAL(problems(body, &rules::create), expected);
}

CAF_TEST(an update takes no null for a schedule but ignores unknown fields) {
  CAF_CHECK_EQUAL(problems(R"({"schedule_cron":null})", &rules::update),
                  "string_type@schedule_cron");
  CAF_CHECK_EQUAL(problems(R"({"status":null})", &rules::update),
                  "enum@status");
  auto body = parse_object(R"({"enabled":false,"user_id":"2","id":9})");
  auto changes = read_patch<task>(*body, &rules::update);
  CAF_REQUIRE(changes);
  CAF_CHECK(changes->empty());
}

CAF_TEST(params null resets and a title null clears) {
  auto body = parse_object(R"({"params":null,"title":null})");
  auto changes = read_patch<task>(*body, &rules::update);
  CAF_REQUIRE(changes);
  auto before = sample();
  before.title = "x";
  auto after = apply(*changes, before);
  CAF_CHECK_EQUAL(after.params.text, "{}");
  CAF_CHECK(!after.title);
  CAF_CHECK_EQUAL(after.skill_name, before.skill_name);
}

CAF_TEST(the audit names exactly what differs with old and new) {
  auto before = sample();
  auto after = before;
  CAF_CHECK_EQUAL(changed_fields(before, after), "");
  after.status = task_status::running;
  after.updated_at = {2000}; // bookkeeping, not a change
  after.version = 2;
  CAF_CHECK_EQUAL(changed_fields(before, after),
                  R"({"status":{"new":"running","old":"pending"}})");
  after.params.text = "{}";
  CAF_CHECK_EQUAL(changed_fields(before, after),
                  R"({"params_json":{"new":{},"old":{"a":1}},)"
                  R"("status":{"new":"running","old":"pending"}})");
}

CAF_TEST(a password never shows in audit or answers) {
  user before;
  before.hashed_password = "old";
  auto after = before;
  after.hashed_password = "new";
  CAF_CHECK_EQUAL(changed_fields(before, after),
                  R"({"hashed_password":{"new":"***","old":"***"}})");
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  write_members(writer, after);
  writer.EndObject();
  CAF_CHECK(out.find("hashed_password") == std::string::npos);
  CAF_CHECK(out.find("\"role\":\"user\"") != std::string::npos);
}

CAF_TEST(a record gives back the row it came from) {
  auto row = sample();
  task again;
  CAF_REQUIRE(from_record(to_record(row), again));
  CAF_CHECK_EQUAL(to_record(again) == to_record(row), true);
  auto cells = to_record(row);
  cells[0] = std::string{"seven"};
  CAF_CHECK(!from_record(cells, again));
}

CAF_TEST(rows and patches cross nodes unchanged) {
  system_config cfg;
  caf::actor_system sys{cfg};
  auto changes = patch<task>{sample(), 0b1011};
  call ctx;
  ctx.request_id = "r";
  ctx.user_id = 5;
  ctx.as = role::admin;
  caf::message sent = caf::make_message(ctx, sample(), changes);
  std::vector<char> bytes;
  caf::binary_serializer out{sys, bytes};
  CAF_REQUIRE(!out(sent));
  caf::message received;
  caf::binary_deserializer in{sys, bytes};
  CAF_REQUIRE(!in(received));
  CAF_REQUIRE((received.match_elements<call, task, patch<task>>()));
  CAF_CHECK_EQUAL(received.get_as<call>(0).user_id, 5);
  CAF_CHECK(received.get_as<call>(0).is_admin());
  CAF_CHECK(to_record(received.get_as<task>(1)) == to_record(sample()));
  CAF_CHECK_EQUAL(received.get_as<patch<task>>(2).set, 0b1011u);
}
