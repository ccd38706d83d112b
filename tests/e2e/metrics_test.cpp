#define CAF_SUITE metrics
#include "tests/support/exposition_reader.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <memory>
#include <vector>

using namespace callboard;
using namespace callboard::test;

namespace {

using families = std::map<std::string, metric_family>;

families scrape(served& x) {
  auto got = x.client.get("/metrics");
  CAF_CHECK_EQUAL(got.status, 200);
  CAF_CHECK_EQUAL(got.fields["content-type"],
                  "text/plain; version=0.0.4; charset=utf-8");
  return read_exposition(got.body);
}

constexpr auto requests = "callboard_http_requests_total";
constexpr auto durations = "callboard_http_request_duration_seconds_count";
constexpr auto refused = "callboard_refused_total";

constexpr auto a_task = R"({"skill_name":"x","schedule_cron":"0 9 * * *"})";

const settings_map production{
    {"ENVIRONMENT", "production"},
    {"JWT_SECRET_KEY", "0Zk3v9Qw7LxT2mB8yRf6HnC4dJs1GpUa"},
    {"PASSWORD_COST", "12"},
    {"HOST", "127.0.0.1"},
    {"ALLOWED_HOSTS", "127.0.0.1"}};

} // namespace

CAF_TEST(every family is there from the start) {
  auto x = serve_sqlite();
  auto found = scrape(*x);
  for (auto name : {"callboard_build_info",
                    "callboard_http_requests_total",
                    "callboard_http_request_duration_seconds",
                    "callboard_http_requests_in_flight",
                    "callboard_connections",
                    "callboard_websockets",
                    "callboard_websockets_opened_total",
                    "callboard_websocket_texts_total",
                    "callboard_websocket_frames_total",
                    "callboard_websocket_writes_total",
                    "callboard_websockets_dropped_total",
                    "callboard_refused_total",
                    "callboard_loop_jobs_total",
                    "callboard_loop_gave_way_total",
                    "callboard_loop_blocked_total",
                    "callboard_loop_blocked_worst_seconds",
                    "callboard_loop_held_seconds",
                    "callboard_actor_running",
                    "callboard_actor_restarts_total",
                    "callboard_actor_messages_total",
                    "callboard_actor_backlog",
                    "callboard_supervisor_children",
                    "callboard_database_up",
                    "callboard_database_connections",
                    "callboard_database_connections_busy",
                    "callboard_database_jobs_waiting",
                    "callboard_pruned_rows_total",
                    "process_resident_memory_bytes",
                    "process_cpu_seconds_total",
                    "process_open_fds",
                    "process_max_fds",
                    "process_start_time_seconds"}) {
    CAF_MESSAGE(name);
    CAF_CHECK_EQUAL(found.count(name), 1u);
  }
  CAF_CHECK_EQUAL(sum_of(found, "callboard_database_up"), 1);
  CAF_CHECK_EQUAL(
      sum_of(found, "callboard_actor_running", {{"actor", "store"}}), 1);
  CAF_CHECK_EQUAL(found["callboard_pruned_rows_total"].samples.size(), 5u);
  CAF_CHECK(sum_of(found, "callboard_connections") >= 1);
  CAF_CHECK(sum_of(found, "process_open_fds") > 3);
}

CAF_TEST(counters move by the requests that were made) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto before = scrape(x);
    auto id
        = std::to_string(x.client.post("/api/v1/tasks", a_task).number("id"));
    for (int i = 0; i < 3; ++i)
      x.client.get("/api/v1/tasks/" + id);
    x.client.get("/api/v1/tasks/9999");
    x.client.send("HEAD", "/api/v1/tasks/" + id);
    x.client.get("/nowhere/at/all");
    x.client.get("/not/there/either");
    x.client.del("/api/v1/liveness");
    auto after = scrape(x);
    auto moved = [&](const char* name,
                     const std::map<std::string, std::string>& labels) {
      return sum_of(after, name, labels) - sum_of(before, name, labels);
    };
    auto one = std::string{"/api/v1/tasks/{task_id}"};
    CAF_CHECK_EQUAL(moved(requests, {{"route", "/api/v1/tasks"},
                                     {"method", "POST"},
                                     {"status", "2xx"}}),
                    1);
    CAF_CHECK_EQUAL(
        moved(requests, {{"route", one}, {"method", "GET"}, {"status", "2xx"}}),
        3);
    CAF_CHECK_EQUAL(
        moved(requests, {{"route", one}, {"method", "GET"}, {"status", "4xx"}}),
        1);
    CAF_CHECK_EQUAL(moved(requests, {{"route", one}, {"method", "HEAD"}}), 1);
    CAF_CHECK_EQUAL(moved(durations, {{"route", one}, {"method", "GET"}}), 5);
    CAF_CHECK_EQUAL(moved(requests, {{"route", "none"}, {"status", "4xx"}}), 3);
    CAF_CHECK_EQUAL(moved(requests, {{"route", "/metrics"}}), 1);
    CAF_CHECK_EQUAL(moved(requests, {}), 10);
    CAF_CHECK(moved("callboard_loop_jobs_total", {}) > 0);
    CAF_CHECK(
        moved("callboard_actor_messages_total", {{"actor", "task_repository"}})
        >= 5);
    for (auto& sample : after[requests].samples) // never a raw path
      CAF_CHECK(sample.labels.at("route").find("9999") == std::string::npos
                && sample.labels.at("route").find("nowhere")
                       == std::string::npos);
  });
}

CAF_TEST(what was refused is counted by its reason and scraping is never) {
  auto x = serve_sqlite(
      {{"RATE_LIMIT_ENABLED", "true"}, {"RATE_LIMIT_PER_MINUTE", "3"}});
  for (int i = 0; i < 5; ++i)
    x->client.get("/api/v1/tasks");
  for (int i = 0; i < 10; ++i)
    CAF_CHECK_EQUAL(x->client.get("/metrics").status, 200);
  CAF_CHECK_EQUAL(sum_of(scrape(*x), refused, {{"reason", "rate_limit"}}), 2);
  CAF_CHECK_EQUAL(sum_of(scrape(*x), refused, {{"reason", "in_flight"}}), 0);
}

CAF_TEST(a connection too many is counted) {
  auto x = serve_sqlite({{"MAX_CONNECTIONS", "2"}});
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").status, 200);
  api second{x->server.port()};
  CAF_CHECK_EQUAL(second.get("/api/v1/liveness").status, 200);
  for (int i = 0; i < 3; ++i) {
    api more{x->server.port()};
    CAF_CHECK_EQUAL(more.get("/api/v1/liveness").status, 503);
  }
  CAF_CHECK_EQUAL(sum_of(scrape(*x), refused, {{"reason", "connections"}}), 3);
}

CAF_TEST(in production it is for this machine and for admins) {
  auto x = serve_sqlite(production);
  CAF_CHECK_EQUAL(x->client.get("/metrics").status, 200);
  for (auto line :
       {"X-Forwarded-For: 203.0.113.9", "Forwarded: for=127.0.0.1",
        "X-Real-IP: 127.0.0.1", "X-Forwarded-Proto: https",
        "X-Forwarded-Host: 127.0.0.1", "Via: 1.1 proxy", "X-Forwarded-For:"}) {
    x->client.extra = {line};
    CAF_CHECK_EQUAL(x->client.get("/metrics").status, 401);
  }
  x->client.sign_up("ann");
  CAF_CHECK_EQUAL(x->client.get("/metrics").status, 403);
  x->log_in_admin();
  CAF_CHECK_EQUAL(x->client.get("/metrics").status, 200);
  x->client.token += "x";
  CAF_CHECK_EQUAL(x->client.get("/metrics").status, 401);
}

CAF_TEST(elsewhere it is for everybody) {
  auto x = serve_sqlite();
  x->client.extra = {"X-Forwarded-For: 203.0.113.9"};
  CAF_CHECK_EQUAL(x->client.get("/metrics").status, 200);
}
