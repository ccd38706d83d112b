#define CAF_SUITE projects
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

std::string item(int64_t id, const std::string& more = "") {
  return "/api/v1/projects/" + std::to_string(id) + more;
}

int64_t create(served& x, const std::string& body) {
  auto made = x.client.post("/api/v1/projects", body);
  CAF_REQUIRE_EQUAL(made.status, 201);
  return made.number("id");
}

int64_t named(served& x, const std::string& name) {
  return create(x, "{\"name\":" + json_quoted(name) + '}');
}

int64_t add_task(served& x, int64_t project, const std::string& skill = "s") {
  auto made = x.client.post("/api/v1/tasks",
                            R"({"schedule_cron":"0 9 * * *","skill_name":")"
                                + skill + R"(","project_id":)"
                                + std::to_string(project) + '}');
  CAF_REQUIRE_EQUAL(made.status, 201);
  return made.number("id");
}

/// The members `name` of the rows in the list `list`, each with a space.
std::string column(const answer& x, const char* list, const char* name) {
  std::string out;
  auto document = x.json();
  if (!document.IsObject() || !document.HasMember(list))
    return "no list: " + x.body;
  for (auto& row : document[list].GetArray())
    out += (row[name].IsString() ? std::string{row[name].GetString()}
                                 : canonical(row[name]))
           + ' ';
  return out;
}

} // namespace

CAF_TEST(a project is created shown changed and deleted as the contract says) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post(
        "/api/v1/projects",
        R"({"name":"  My Project ","description":" text ","user_id":99,)"
        R"("sparc_mode":"x","metadata":{"b":1,"a":[2]}})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    auto id = made.number("id");
    CAF_CHECK_EQUAL(made.fields["location"], item(id));
    CAF_CHECK_EQUAL(made.text("name"), "My Project");
    CAF_CHECK_EQUAL(made.text("description"), "text");
    CAF_CHECK_EQUAL(made.number("user_id"), 2); // 1 is the admin
    CAF_CHECK_EQUAL(made.text("status"), "active");
    CAF_CHECK_EQUAL(made.number("tasks_count"), 0);
    CAF_CHECK_EQUAL(made.text("metadata"), R"({"a":[2],"b":1})");
    auto task = add_task(x, id, "first");
    auto shown = x.client.get(item(id));
    CAF_CHECK_EQUAL(shown.number("tasks_count"), 1);
    CAF_CHECK_EQUAL(column(shown, "tasks", "title"), "first ");
    CAF_CHECK_EQUAL(column(shown, "tasks", "status"), "pending ");
    CAF_CHECK_EQUAL(column(shown, "tasks", "priority"), "medium ");
    auto put = x.client.put(
        item(id), R"({"name":"New","description":"","status":"paused"})");
    CAF_CHECK_EQUAL(put.status, 200);
    CAF_CHECK_EQUAL(put.text("description"), "null");
    CAF_CHECK_EQUAL(put.text("status"), "paused");
    CAF_CHECK_EQUAL(put.number("tasks_count"), 1);
    CAF_CHECK_EQUAL(x.client.send("PATCH", item(id), R"({"name":"New"})").body,
                    put.body);
    auto gone = x.client.del(item(id));
    CAF_CHECK_EQUAL(gone.status, 204);
    CAF_CHECK_EQUAL(gone.body, "");
    CAF_CHECK_EQUAL(x.client.del(item(id)).status, 404);
    CAF_CHECK_EQUAL(x.client.get(item(id)).detail(),
                    "Project " + std::to_string(id) + " not found");
    CAF_CHECK_EQUAL(x.client.put(item(id), R"({"status":"active"})").status,
                    404);
    CAF_CHECK_EQUAL(
        x.client.get("/api/v1/tasks/" + std::to_string(task)).text("status"),
        "deleted");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/projects").number("total"), 0);
  });
}

CAF_TEST(absent is 404 foreign is 403 and an admin may on every item route) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = named(x, "P");
    x.client.sign_up("bob");
    const std::tuple<const char*, const char*, const char*> routes[] = {
        {"GET", "", ""},       {"PUT", "", R"({"name":"Q"})"},
        {"PATCH", "", "{}"},   {"DELETE", "", ""},
        {"GET", "/tasks", ""}, {"POST", "/tasks/reorder", R"({"task_ids":[]})"},
    };
    for (auto& [method, more, body] : routes) {
      auto foreign = x.client.send(method, item(id, more), body);
      CAF_CHECK_EQUAL(foreign.status, 403);
      CAF_CHECK_EQUAL(foreign.detail(),
                      "You do not have permission to access this project");
      auto absent = x.client.send(method, item(99'999, more), body);
      CAF_CHECK_EQUAL(absent.status, 404);
      CAF_CHECK_EQUAL(absent.detail(), "Project 99999 not found");
      CAF_CHECK_EQUAL(x.client.send(method, item(0, more), body).status, 404);
      CAF_CHECK_EQUAL(
          x.client.send(method, item(2'147'483'648, more), body).status, 404);
      auto word = x.client.send(
          method, std::string{"/api/v1/projects/seven"} + more, body);
      CAF_CHECK_EQUAL(word.status, 422);
      CAF_CHECK_EQUAL(word.detail(), "int_parsing");
    }
    auto token = std::exchange(x.client.token, "");
    for (auto& [method, more, body] : routes)
      CAF_CHECK_EQUAL(x.client.send(method, item(id, more), body).status, 401);
    CAF_CHECK_EQUAL(x.client.get("/api/v1/projects").status, 401);
    x.client.token = token;
    // Nor is a task put into somebody else's project.
    auto stray = x.client.post("/api/v1/tasks",
                               R"({"schedule_cron":"0 9 * * *","skill_name":)"
                               R"("s","project_id":)"
                                   + std::to_string(id) + '}');
    CAF_CHECK_EQUAL(stray.status, 403);
    x.log_in_admin();
    CAF_CHECK_EQUAL(x.client.get(item(id)).status, 200);
    CAF_CHECK_EQUAL(x.client.del(item(id)).status, 204);
  });
}

CAF_TEST(bad bodies are refused and say where) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto id = named(*x, "P");
  const std::tuple<std::string, const char*> creations[] = {
      {"{}", "missing"},
      {R"({"name":null})", "string_type"},
      {R"({"name":7})", "string_type"},
      {R"({"name":""})", "string_too_short"},
      {R"({"name":"  \n"})", "value_error"},
      {R"({"name":"\u3000"})", "value_error"},
      {R"({"name":")" + std::string(256, 'x') + "\"}", "string_too_long"},
      {R"({"name":"a","description":")" + std::string(2001, 'x') + "\"}",
       "string_too_long"},
      {R"({"name":"a","status":"deleted"})", "value_error"},
      {R"({"name":"a","status":"gone"})", "enum"},
      {R"({"name":"a","metadata":[]})", "dict_type"},
      {R"({"name":"a","metadata":{"x":")" + std::string(65'536, 'x') + "\"}}",
       "value_error"},
      {"[]", "model_attributes_type"},
      {"{", "json_invalid"},
  };
  for (auto& [body, type] : creations) {
    auto refused = x->client.post("/api/v1/projects", body);
    CAF_CHECK_EQUAL(refused.status, 422);
    CAF_CHECK_EQUAL(refused.detail(), type);
  }
  const std::tuple<const char*, int, const char*> updates[] = {
      {"{}", 400, "No fields to update"},
      {R"({"name":null})", 422, "string_type"},
      {R"({"name":" "})", 422, "value_error"},
      {R"({"status":null})", 422, "enum"},
      {R"({"status":"deleted"})", 422, "value_error"},
      {R"({"name":"a","user_id":3})", 422, "extra_forbidden"},
      {R"({"id":3})", 422, "extra_forbidden"},
      {R"({"tasks_count":3})", 422, "extra_forbidden"},
      {R"({"nope":true})", 422, "extra_forbidden"},
  };
  for (auto& [body, status, text] : updates) {
    auto refused = x->client.put(item(id), body);
    CAF_CHECK_EQUAL(refused.status, status);
    CAF_CHECK_EQUAL(refused.detail(), text);
  }
  for (auto query :
       {"limit=0", "limit=101", "limit=x", "offset=-1", "skip=-1", "sort_by=id",
        "sort_by=--name", "status=nope", "user_id=x"})
    CAF_CHECK_EQUAL(
        x->client.get(std::string{"/api/v1/projects?"} + query).status, 422);
  for (auto query : {"?limit=0", "?limit=1001", "?offset=-1"})
    CAF_CHECK_EQUAL(x->client.get(item(id, "/tasks") + query).status, 422);
}

CAF_TEST(a search takes every character for itself in any case) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    for (auto name : {"100% done", "1000 done", "a_b", "axb", "back\\slash",
                      "Stra\xc3\x9f"
                      "e",
                      "\xc3\x84pfel", "O'Reilly", "a*bc", "why?", "[xyz]"})
      named(x, name);
    create(x, R"({"name":"plain","description":"Hidden % here"})");
    auto ann = x.client.token;
    x.log_in_admin();
    auto admin = x.client.token;
    auto found = [&](const std::string& text) {
      auto path = "/api/v1/projects?sort_by=created_at&search=" + text;
      x.client.token = admin; // among everybody's: in another way
      auto wide = column(x.client.get(path + "&all=true"), "projects", "name");
      x.client.token = ann;
      auto answer = x.client.get(path);
      auto names = column(answer, "projects", "name");
      CAF_CHECK_EQUAL(names, wide);
      auto total = answer.number("total");
      CAF_CHECK_EQUAL(total,
                      static_cast<int64_t>(answer.json()["projects"].Size()));
      return names;
    };
    CAF_CHECK_EQUAL(found("100%25"), "100% done ");
    CAF_CHECK_EQUAL(found("%25"), "100% done plain ");
    CAF_CHECK_EQUAL(found("_"), "a_b ");
    CAF_CHECK_EQUAL(found("%5C"), "back\\slash ");
    CAF_CHECK_EQUAL(found("DONE"), "100% done 1000 done ");
    CAF_CHECK_EQUAL(found("%C3%A4PFEL"), "\xc3\x84pfel ");
    CAF_CHECK_EQUAL(found("hidden"), "plain ");
    CAF_CHECK_EQUAL(found("o'r"), "O'Reilly ");
    CAF_CHECK_EQUAL(found("zzz"), "");
    CAF_CHECK_EQUAL(found("%25%20d"), "100% done ");
    CAF_CHECK_EQUAL(found("a_b"), "a_b ");
    CAF_CHECK_EQUAL(found("k%5Cs"), "back\\slash ");
    CAF_CHECK_EQUAL(found("%5Cslash"), "back\\slash ");
    CAF_CHECK_EQUAL(found("a*b"), "a*bc ");
    CAF_CHECK_EQUAL(found("a*c"), "");
    CAF_CHECK_EQUAL(found("wh?"), "");
    CAF_CHECK_EQUAL(found("hy?"), "why? ");
    CAF_CHECK_EQUAL(found("%5Bxyz"), "[xyz] ");
    CAF_CHECK_EQUAL(found("%5Bxyz%5D"), "[xyz] ");
    CAF_CHECK_EQUAL(found("%C3%A4pf"), "\xc3\x84pfel ");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/projects?search=").number("total"),
                    12);
  });
}

CAF_TEST(a list is of the caller and sorted and paged) {
  for_each_database([](served& x) {
    x.client.sign_up("bob");
    named(x, "foreign");
    x.client.sign_up("ann");
    auto a = named(x, "b");
    auto b = named(x, "C"); // by bytes: capitals first
    auto c = named(x, "a");
    add_task(x, a);
    add_task(x, a);
    auto gone = add_task(x, b);
    add_task(x, b);
    add_task(x, c);
    add_task(x, c);
    add_task(x, c);
    x.client.del("/api/v1/tasks/" + std::to_string(gone));
    auto names = [&](const std::string& query) {
      return column(x.client.get("/api/v1/projects" + query), "projects",
                    "name");
    };
    CAF_CHECK_EQUAL(names(""), "a C b ");
    CAF_CHECK_EQUAL(names("?sort_by=created_at"), "b C a ");
    CAF_CHECK_EQUAL(names("?sort_by=name"), "C a b ");
    CAF_CHECK_EQUAL(names("?sort_by=-name"), "b a C ");
    CAF_CHECK_EQUAL(names("?sort_by=tasks_count"), "C b a ");
    CAF_CHECK_EQUAL(names("/?sort_by=-tasks_count"), "a b C ");
    CAF_CHECK_EQUAL(names("?sort_by=name&limit=1&offset=1"), "a ");
    CAF_CHECK_EQUAL(names("?sort_by=name&limit=2&skip=2"), "b ");
    auto counts = x.client.get("/api/v1/projects?sort_by=-tasks_count");
    CAF_CHECK_EQUAL(column(counts, "projects", "tasks_count"), "3 2 1 ");
    auto page = x.client.get("/api/v1/projects?limit=2");
    CAF_CHECK_EQUAL(page.number("total"), 3);
    CAF_CHECK_EQUAL(page.number("limit"), 2);
    CAF_CHECK_EQUAL(page.text("has_more"), "true");
    auto end = x.client.get("/api/v1/projects?offset=9");
    CAF_CHECK_EQUAL(end.text("projects"), "[]");
    CAF_CHECK_EQUAL(end.number("total"), 3);
    CAF_CHECK_EQUAL(end.text("has_more"), "false");
    x.client.put(item(a), R"({"status":"archived"})");
    CAF_CHECK_EQUAL(names("?status=archived"), "b ");
    CAF_CHECK_EQUAL(names("?status=deleted"), "");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/projects?user_id=2").status, 403);
    CAF_CHECK_EQUAL(x.client.get("/api/v1/projects?all=true").number("total"),
                    3);
    x.log_in_admin();
    CAF_CHECK_EQUAL(names(""), "");
    CAF_CHECK_EQUAL(names("?user_id=2"), "foreign ");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/projects?all=true").number("total"),
                    4);
  });
}

CAF_TEST(deleting a project deletes its tasks with audit and events) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = named(x, "P");
    auto other = named(x, "Q");
    add_task(x, id);
    auto gone = add_task(x, id);
    add_task(x, id);
    add_task(x, other);
    x.client.del("/api/v1/tasks/" + std::to_string(gone));
    auto events = x.count("SELECT count(*) FROM events");
    CAF_REQUIRE_EQUAL(x.client.del(item(id)).status, 204);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM scheduled_tasks WHERE status "
                            "<> 'deleted'"),
                    1);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events") - events, 2);
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM events WHERE type = 'task_status_update' "
                "AND status = 'deleted' AND audience = '2' AND project_id = "
                + std::to_string(id)),
        3);
    // One transaction: all entries are of one request and one instant.
    auto last = "(SELECT request_id FROM audit_logs WHERE table_name = "
                "'projects' AND operation = 'UPDATE')";
    CAF_CHECK_EQUAL(
        x.count(std::string{"SELECT count(*) FROM audit_logs WHERE request_id "
                            "= "}
                + last),
        3);
    CAF_CHECK_EQUAL(
        x.count(std::string{"SELECT count(DISTINCT timestamp) FROM audit_logs "
                            "WHERE request_id = "}
                + last),
        1);
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM audit_logs WHERE table_name = "
                "'projects' AND changed_fields = "
                R"('{"status":{"new":"deleted","old":"active"}}')"),
        1);
    CAF_CHECK_EQUAL(x.count("SELECT max(position) - count(*) FROM events"), 0);
  });
}

CAF_TEST(an admin restores a project and what was deleted with it) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = named(x, "P");
    auto kept = add_task(x, id);
    auto gone = add_task(x, id);
    x.client.del("/api/v1/tasks/" + std::to_string(gone));
    x.client.del(item(id));
    auto token = x.client.token;
    x.log_in_admin();
    CAF_CHECK_EQUAL(x.client.put(item(id), R"({"name":"Q"})").status, 404);
    auto back = x.client.put(item(id), R"({"status":"on_hold"})");
    CAF_CHECK_EQUAL(back.status, 200);
    CAF_CHECK_EQUAL(back.text("status"), "on_hold");
    CAF_CHECK_EQUAL(back.number("tasks_count"), 1);
    CAF_CHECK_EQUAL(back.number("user_id"), 2);
    x.client.token = token;
    auto shown = x.client.get(item(id));
    CAF_CHECK_EQUAL(column(shown, "tasks", "id"), std::to_string(kept) + ' ');
    CAF_CHECK_EQUAL(column(shown, "tasks", "status"), "disabled ");
  });
}

CAF_TEST(the tasks of a project are listed and reordered) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = named(x, "P");
    std::vector<std::string> tasks;
    for (auto skill : {"a", "b", "c", "d"})
      tasks.push_back(std::to_string(add_task(x, id, skill)));
    auto stray = std::to_string(add_task(x, named(x, "Q")));
    auto listed = [&](const std::string& query = "") {
      return column(x.client.get(item(id, "/tasks") + query), "tasks",
                    "skill_name");
    };
    auto order = [&](const std::string& ids) {
      return x.client.post(item(id, "/tasks/reorder"),
                           "{\"task_ids\":[" + ids + "]}");
    };
    CAF_CHECK_EQUAL(listed(), "a b c d ");
    auto moved = order(tasks[3] + ',' + tasks[1]);
    CAF_CHECK_EQUAL(moved.status, 200);
    CAF_CHECK_EQUAL(column(moved, "tasks", "skill_name"), "d b a c ");
    CAF_CHECK_EQUAL(column(moved, "tasks", "position"), "1 2 3 4 ");
    CAF_CHECK_EQUAL(listed(), "d b a c ");
    CAF_CHECK_EQUAL(column(x.client.get(item(id)), "tasks", "title"),
                    "d b a c ");
    x.client.del("/api/v1/tasks/" + tasks[1]);
    CAF_CHECK_EQUAL(listed(), "d a c ");
    CAF_CHECK_EQUAL(listed("?limit=1&offset=1"), "a ");
    auto page = x.client.get(item(id, "/tasks?limit=1"));
    CAF_CHECK_EQUAL(page.number("total"), 3);
    CAF_CHECK_EQUAL(page.text("has_more"), "true");
    for (auto& bad :
         {stray, tasks[1], tasks[0] + ',' + tasks[0], std::string{"0"},
          std::string{"\"1\""}, std::string{"1.5"}, std::string{"null"}})
      CAF_CHECK_EQUAL(order(bad).status, 422);
    CAF_CHECK_EQUAL(listed(), "d a c ");
  });
}
