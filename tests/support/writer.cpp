#include "tests/support/writer.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <chrono>

namespace callboard::test {

using namespace std::chrono_literals;

namespace {

std::string path_of(int64_t id) {
  return "/api/v1/tasks/" + std::to_string(id);
}

/// The tasks for which `what` does not hold.
int64_t count_wrong(const served& x, const std::string& what) {
  return x.count("SELECT count(*) FROM scheduled_tasks t WHERE NOT (" + what
                 + ")");
}

std::string audits(const std::string& operation) {
  return "(SELECT count(*) FROM audit_logs a WHERE a.table_name = "
         "'scheduled_tasks' AND a.record_id = t.id AND a.operation = '"
         + operation + "')";
}

std::string events(const std::string& type) {
  return "(SELECT count(*) FROM events e WHERE e.task_id = t.id AND e.type = '"
         + type + "')";
}

} // namespace

writer::writer(uint16_t port, std::string token, bool anew)
    : thread_([this, port, token = std::move(token), anew] {
        run(port, token, anew);
      }) {}

void writer::run(uint16_t port, const std::string& token, bool anew) {
  api client{port};
  client.token = token;
  for (int turn = 0; !stop_; ++turn) {
    if (anew)
      client.close();
    auto id = acknowledged.empty() ? 0 : acknowledged.rbegin()->first;
    if (turn % 3 == 0 || id == 0)
      create(client);
    else if (turn % 6 == 5)
      remove(client, id);
    else if (!acknowledged[id].deleted)
      change(client, id, turn);
  }
}

bool writer::good(const answer& got, int status) {
  if (got.status == status) {
    ++kept;
    return true;
  }
  if (got.status != 0) {
    ++refused;
  } else {
    ++(got.sent ? broken : unreachable);
    std::this_thread::sleep_for(1ms); // the server is gone
  }
  return false;
}

void writer::create(api& client) {
  auto got = client.post("/api/v1/tasks",
                         R"({"skill_name":"x","schedule_cron":"0 9 * * *"})");
  if (good(got, 201))
    acknowledged[got.number("id")] = {"x"};
}

void writer::change(api& client, int64_t id, int turn) {
  auto& x = acknowledged[id];
  auto title = "t" + std::to_string(turn);
  x.maybe.insert(title);
  if (good(client.put(path_of(id), "{\"title\":\"" + title + "\"}"), 200)) {
    x.title = title;
    x.maybe.clear();
  }
}

void writer::remove(api& client, int64_t id) {
  if (good(client.del(path_of(id)), 200))
    acknowledged[id].deleted = true;
}

void writer::finish() {
  stop_ = true;
  if (thread_.joinable())
    thread_.join();
}

writers::writers(int count, uint16_t port, const std::string& token) {
  for (int i = 0; i < count; ++i)
    all_.push_back(std::make_unique<writer>(port, token, i % 2 == 1));
}

void writers::finish() {
  for (auto& x : all_) {
    x->finish();
    kept += x->kept;
    refused += x->refused;
    broken += x->broken;
    acknowledged.insert(x->acknowledged.begin(), x->acknowledged.end());
  }
  all_.clear();
}

void check_history(const served& x, api& client, const promises& acknowledged) {
  for (auto& [id, promise] : acknowledged) {
    auto got = client.get(path_of(id));
    auto title = got.text("title");
    if (got.status != 200)
      CAF_ERROR("lost: task " << id);
    else if (title != promise.title && promise.maybe.count(title) == 0)
      CAF_ERROR("task " << id << " is called " << title << " instead of "
                        << promise.title);
    else if (promise.deleted && got.text("status") != "deleted")
      CAF_ERROR("task " << id << " is alive again");
  }
  CAF_CHECK(x.count("SELECT count(*) FROM scheduled_tasks")
            >= static_cast<int64_t>(acknowledged.size()));
  CAF_CHECK_EQUAL(count_wrong(x, audits("CREATE") + " = 1"), 0);
  CAF_CHECK_EQUAL(count_wrong(x, audits("UPDATE") + " = t.version - 1"), 0);
  CAF_CHECK_EQUAL(count_wrong(x, events("calendar_event_created") + " = 1"), 0);
  CAF_CHECK_EQUAL(
      count_wrong(x, events("task_status_update")
                         + " = CASE t.status WHEN 'deleted' THEN 1 ELSE 0 END"),
      0);
  CAF_CHECK_EQUAL(x.count("SELECT (SELECT count(*) FROM audit_logs WHERE "
                          "table_name = 'scheduled_tasks') - (SELECT "
                          "coalesce(sum(version), 0) FROM scheduled_tasks)"),
                  0);
  CAF_CHECK_EQUAL(
      x.count("SELECT coalesce(max(position), 0) - count(*) FROM events"), 0);
}

} // namespace callboard::test
