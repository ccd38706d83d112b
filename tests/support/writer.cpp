#include "tests/support/writer.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <chrono>

namespace callboard::test {

using namespace std::chrono_literals;

writer::writer(uint16_t port, std::string token)
    : thread_([this, port, token = std::move(token)] {
        api client{port};
        client.token = token;
        while (!stop_) {
          auto got = client.post(
              "/api/v1/tasks",
              R"({"skill_name":"x","schedule_cron":"0 9 * * *"})");
          if (got.status == 201) {
            acknowledged.push_back(got.number("id"));
          } else if (got.status != 0) {
            ++refused;
          } else {
            ++(got.sent ? broken : unreachable);
            std::this_thread::sleep_for(1ms); // the server is gone
          }
        }
      }) {}

void writer::finish() {
  stop_ = true;
  if (thread_.joinable())
    thread_.join();
}

writers::writers(int count, uint16_t port, const std::string& token) {
  for (int i = 0; i < count; ++i)
    all_.push_back(std::make_unique<writer>(port, token));
}

void writers::finish() {
  for (auto& x : all_) {
    x->finish();
    refused += x->refused;
    broken += x->broken;
    acknowledged.insert(acknowledged.end(), x->acknowledged.begin(),
                        x->acknowledged.end());
  }
  all_.clear();
}

void check_history(const served& x, api& client,
                   const std::vector<int64_t>& acknowledged) {
  for (auto id : acknowledged)
    if (client.get("/api/v1/tasks/" + std::to_string(id)).status != 200)
      CAF_ERROR("lost: task " << id);
  CAF_CHECK(x.count("SELECT count(*) FROM scheduled_tasks")
            >= static_cast<int64_t>(acknowledged.size()));
  CAF_CHECK_EQUAL(
      x.count("SELECT (SELECT count(*) FROM scheduled_tasks) - (SELECT "
              "count(*) FROM audit_logs WHERE table_name = 'scheduled_tasks')"),
      0);
  CAF_CHECK_EQUAL(x.count("SELECT (SELECT count(*) FROM scheduled_tasks) - "
                          "(SELECT count(*) FROM events)"),
                  0);
  CAF_CHECK_EQUAL(
      x.count("SELECT coalesce(max(position), 0) - count(*) FROM events"), 0);
}

} // namespace callboard::test
