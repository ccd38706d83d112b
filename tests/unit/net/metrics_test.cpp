#define CAF_SUITE metrics
#include "net/metrics.hpp"
#include "net/process_numbers.hpp"
#include "net/routes.hpp"
#include "tests/support/exposition_reader.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <stdexcept>
#include <thread>

using namespace callboard;
using namespace callboard::net;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

using families = std::map<std::string, metric_family>;

/// A table of all routes, and counters of two loops.
struct scene {
  router table = [] {
    router out;
    add_routes(out);
    return out;
  }();
  request_metrics metrics;
  loop_counters& first = metrics.add_loop(table.size());
  loop_counters& second = metrics.add_loop(table.size());

  size_t index(verb method, std::string_view path) const {
    return table.find(method, path).index;
  }

  families read() const {
    exposition out;
    metrics.write(out, table);
    return read_exposition(out.done());
  }
};

constexpr auto requests = "callboard_http_requests_total";
constexpr auto buckets = "callboard_http_request_duration_seconds_bucket";
constexpr auto sum = "callboard_http_request_duration_seconds_sum";

bool is_refused(std::string_view text) {
  try {
    read_exposition(text);
    return false;
  } catch (const std::runtime_error&) {
    return true;
  }
}

} // namespace

CAF_TEST(names labels and numbers are written as the format has them) {
  exposition out;
  out.family("a_total", "counter", "back\\slash and\nline")
      .sample(uint64_t{18'446'744'073'709'551'615u})
      .sample(int64_t{3}, {{"x", "a \"quoted\" \\ text\nof lines"}, {"y", ""}})
      .family("b", "gauge", "")
      .sample(0.1)
      .sample(-2.5e-7, {{"x", "small"}});
  auto text = out.done();
  CAF_CHECK_EQUAL(
      text, "# HELP a_total back\\\\slash and\\nline\n"
            "# TYPE a_total counter\n"
            "a_total 18446744073709551615\n"
            "a_total{x=\"a \\\"quoted\\\" \\\\ text\\nof lines\",y=\"\"} 3\n"
            "# HELP b \n"
            "# TYPE b gauge\n"
            "b 0.1\n"
            "b{x=\"small\"} -2.5e-07\n");
  auto found = read_exposition(text);
  CAF_CHECK_EQUAL(found["a_total"].help, "back\\slash and\nline");
  CAF_CHECK_EQUAL(found["a_total"].samples[1].labels["x"],
                  "a \"quoted\" \\ text\nof lines");
  CAF_CHECK_EQUAL(exposition::number(1.0 / 0.0), "+Inf");
}

CAF_TEST(the reader of these tests refuses what the format does not allow) {
  std::vector<std::string> table{
      "",
      "a 1\n",
      "# HELP a x\na 1\n",
      "# HELP a x\n# TYPE a gauge\nb 1\n",
      "# HELP a x\n# TYPE b gauge\n",
      "# HELP a x\n# TYPE a gauges\n",
      "# HELP a x\n# TYPE a gauge\na 1",
      "# HELP a x\n# TYPE a gauge\na x\n",
      "# HELP a x\n# TYPE a gauge\na 1\na 1\n",
      "# HELP a x\n# TYPE a gauge\na{1=\"x\"} 1\n",
      "# HELP a x\n# TYPE a gauge\na{b=\"x} 1\n",
      "# HELP a x\n# TYPE a gauge\na{b=\"\\x\"} 1\n",
      "# HELP a x\n# TYPE a gauge\na{b=\"x\",b=\"y\"} 1\n",
      "# HELP a x\n# TYPE a counter\na 1\n",
      "# HELP a_total x\n# TYPE a_total counter\na_total -1\n",
      "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_count 1\n",
      "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\n"
      "a_bucket{le=\"+Inf\"} 1\na_count 1\n",
      "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 2\n",
  };
  for (auto& text : table)
    CAF_CHECK(is_refused(text));
}

CAF_TEST(requests are counted by method route and class of status) {
  scene x;
  auto one = x.index(verb::get, "/api/v1/tasks/7");
  auto made = x.index(verb::post, "/api/v1/tasks");
  x.first.count(one, verb::get, 200, 1ms);
  x.first.count(one, verb::head, 304, 1ms);
  x.second.count(one, verb::get, 204, 1ms);
  x.second.count(one, verb::get, 404, 1ms);
  x.second.count(made, verb::post, 201, 1ms);
  auto found = x.read();
  auto route = std::string{"/api/v1/tasks/{task_id}"};
  CAF_CHECK_EQUAL(
      sum_of(found, requests,
             {{"route", route}, {"method", "GET"}, {"status", "2xx"}}),
      2);
  CAF_CHECK_EQUAL(
      sum_of(found, requests,
             {{"route", route}, {"method", "HEAD"}, {"status", "3xx"}}),
      1);
  CAF_CHECK_EQUAL(
      sum_of(found, requests, {{"route", route}, {"status", "4xx"}}), 1);
  CAF_CHECK_EQUAL(sum_of(found, requests, {{"route", "/api/v1/tasks"}}), 1);
  CAF_CHECK_EQUAL(sum_of(found, requests), 5);
}

CAF_TEST(what has no route is one row whatever its path) {
  scene x;
  auto unknown = x.table.find(verb::get, "/nowhere");
  CAF_CHECK(unknown.found == nullptr);
  CAF_CHECK(unknown.index > x.table.size());
  x.first.count(x.table.size(), verb::other, 404, 1ms);
  x.first.count(x.table.size(), verb::options, 200, 1ms);
  auto found = x.read();
  CAF_CHECK_EQUAL(sum_of(found, requests, {{"route", "none"}}), 2);
  CAF_CHECK_EQUAL(sum_of(found, requests, {{"method", "other"}}), 1);
  CAF_CHECK_EQUAL(found[requests].samples.size(), 2u);
}

CAF_TEST(an alias counts as the route that it is another name of) {
  scene x;
  CAF_CHECK_EQUAL(x.index(verb::get, "/api/users/me"),
                  x.index(verb::get, "/api/v1/auth/me"));
  CAF_CHECK_EQUAL(x.index(verb::head, "/api/v1/auth/me"),
                  x.index(verb::get, "/api/v1/auth/me"));
}

CAF_TEST(each route keeps its own index in the table) {
  scene x;
  auto all = x.table.all();
  for (size_t i = 0; i < all.size(); ++i) {
    std::string path;
    for (char c : all[i]->pattern) // {id} -> id
      if (c != '{' && c != '}')
        path += c;
    auto found = x.table.find(all[i]->method, path);
    if (found.found == all[i]) // another literal path may be nearer
      CAF_CHECK_EQUAL(found.index, i);
    else
      CAF_CHECK(found.found != nullptr);
  }
}

CAF_TEST(a duration is in the first bucket whose bound it does not exceed) {
  scene x;
  auto i = x.index(verb::get, "/api/v1/liveness");
  for (auto took :
       {0ns, 1'000'000ns, 1'000'001ns, 4'000'000'000ns, 9'000'000'000ns})
    x.first.count(i, verb::get, 200, took);
  auto found = x.read();
  auto below = [&](const char* bound) {
    return sum_of(found, buckets, {{"le", bound}});
  };
  CAF_CHECK_EQUAL(below("0.001"), 2);
  CAF_CHECK_EQUAL(below("0.0025"), 3);
  CAF_CHECK_EQUAL(below("1"), 3);
  CAF_CHECK_EQUAL(below("5"), 4);
  CAF_CHECK_EQUAL(below("+Inf"), 5);
  CAF_CHECK(std::abs(sum_of(found, sum) - 13.002000001) < 1e-9);
}

CAF_TEST(reading while another thread counts is always consistent) {
  scene x;
  auto i = x.index(verb::get, "/api/v1/liveness");
  constexpr int n = 100'000;
  std::thread writer{[&] {
    for (int k = 0; k < n; ++k)
      x.first.count(i, verb::get, 200, std::chrono::microseconds{k});
  }};
  for (int k = 0; k < 20; ++k)
    CAF_CHECK(sum_of(x.read(), requests) <= n); // the reader checks buckets
  writer.join();
  CAF_CHECK_EQUAL(sum_of(x.read(), requests), n);
}

CAF_TEST(refusals are summed over the loops) {
  scene x;
  x.first.count(refusal_kind::rate_limit);
  x.second.count(refusal_kind::rate_limit);
  x.second.count(refusal_kind::in_flight);
  CAF_CHECK_EQUAL(x.metrics.refused(refusal_kind::rate_limit), 2u);
  CAF_CHECK_EQUAL(x.metrics.refused(refusal_kind::in_flight), 1u);
}

CAF_TEST(the kernel tells about this process) {
  auto began = std::chrono::duration<double>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count();
  auto x = read_process_numbers();
  CAF_CHECK(x.resident > 1'000'000);
  CAF_CHECK(x.start_time < began + 1 && x.start_time > began - 600);
  CAF_CHECK(x.descriptors >= 3);
  CAF_CHECK(x.max_descriptors > x.descriptors);
  auto* file = std::fopen("/proc/self/stat", "r");
  CAF_CHECK_EQUAL(read_process_numbers().descriptors, x.descriptors + 1);
  std::fclose(file);
  auto used = x.cpu_seconds;
  while (read_process_numbers().cpu_seconds <= used)
    ; // it reads until that has cost a tick
}
