#include "net/metrics.hpp"

#include "net/router.hpp"

#include <algorithm>

namespace callboard::net {

namespace {

constexpr size_t answer_cells = route_counts::verbs * route_counts::classes;
constexpr size_t duration_cells = duration_bounds.size() + 1;

constexpr std::array<std::string_view, route_counts::verbs> method_names{
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"};
constexpr std::array<std::string_view, route_counts::classes> class_names{
    "1xx", "2xx", "3xx", "4xx", "5xx"};

/// The frontend's files, preflights, and paths that nobody knows.
constexpr std::string_view no_route = "none";

/// Cheaper than `fetch_add`: there is one writer.
void add(std::atomic<uint64_t>& x, uint64_t n = 1) {
  x.store(x.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

size_t bucket_of(std::chrono::nanoseconds took) {
  auto seconds = std::chrono::duration<double>{took}.count();
  size_t i = 0;
  while (i < duration_bounds.size() && seconds > duration_bounds[i])
    ++i;
  return i;
}

bool any(const route_counts& x) {
  return std::any_of(x.durations.begin(), x.durations.end(),
                     [](auto n) { return n > 0; });
}

void write_answers(exposition& out, std::string_view route,
                   const route_counts& x) {
  for (size_t i = 0; i < x.answers.size(); ++i)
    if (x.answers[i] > 0)
      out.sample(x.answers[i],
                 {{"method", method_names[i / route_counts::classes]},
                  {"route", route},
                  {"status", class_names[i % route_counts::classes]}});
}

/// Buckets are cumulative; the last one is the count, whatever is counted
/// meanwhile.
void write_durations(exposition& out, std::string_view method,
                     std::string_view route, const route_counts& x) {
  uint64_t below = 0;
  for (size_t i = 0; i < x.durations.size(); ++i) {
    below += x.durations[i];
    auto bound = i < duration_bounds.size()
                     ? exposition::number(duration_bounds[i])
                     : std::string{"+Inf"};
    out.part("_bucket", below,
             {{"method", method}, {"route", route}, {"le", bound}});
  }
  out.part("_sum", static_cast<double>(x.nanoseconds) / 1e9,
           {{"method", method}, {"route", route}});
  out.part("_count", below, {{"method", method}, {"route", route}});
}

} // namespace

loop_counters::loop_counters(size_t routes) : rows_((routes + 1) * width) {}

void loop_counters::count(size_t route, verb method, unsigned status,
                          std::chrono::nanoseconds took) {
  auto* row = rows_.data() + route * width;
  auto kind = std::clamp(status / 100, 1u, 5u) - 1;
  add(row[static_cast<size_t>(method) * route_counts::classes + kind]);
  add(row[answer_cells + bucket_of(took)]);
  add(row[answer_cells + duration_cells],
      static_cast<uint64_t>(std::max<int64_t>(0, took.count())));
}

void loop_counters::count(refusal_kind why) {
  add(refused_[static_cast<size_t>(why)]);
}

void loop_counters::add_to(std::span<route_counts> rows) const {
  auto cell = rows_.begin();
  auto next = [&] { return (cell++)->load(std::memory_order_relaxed); };
  for (auto& row : rows) {
    for (auto& x : row.answers)
      x += next();
    for (auto& x : row.durations)
      x += next();
    row.nanoseconds += next();
  }
}

uint64_t loop_counters::refused(refusal_kind why) const {
  return refused_[static_cast<size_t>(why)].load(std::memory_order_relaxed);
}

loop_counters& request_metrics::add_loop(size_t routes) {
  std::lock_guard guard{mutex_};
  return *loops_.emplace_back(std::make_unique<loop_counters>(routes));
}

uint64_t request_metrics::refused(refusal_kind why) const {
  std::lock_guard guard{mutex_};
  uint64_t out = 0;
  for (auto& loop : loops_)
    out += loop->refused(why);
  return out;
}

void request_metrics::write(exposition& out, const router& table) const {
  auto routes = table.all();
  std::vector<route_counts> rows(routes.size() + 1);
  {
    std::lock_guard guard{mutex_};
    for (auto& loop : loops_)
      loop->add_to(rows);
  }
  auto pattern = [&](size_t i) {
    return i < routes.size() ? routes[i]->pattern : no_route;
  };
  auto method = [&](size_t i) {
    return i < routes.size() ? name_of_verb(routes[i]->method) : "any";
  };
  out.family("callboard_http_requests_total", "counter",
             "Answered requests by method, route and class of status.");
  for (size_t i = 0; i < rows.size(); ++i)
    write_answers(out, pattern(i), rows[i]);
  out.family("callboard_http_request_duration_seconds", "histogram",
             "From a request's last byte until its answer was made; method is "
             "the route's.");
  for (size_t i = 0; i < rows.size(); ++i)
    if (any(rows[i]))
      write_durations(out, method(i), pattern(i), rows[i]);
}

} // namespace callboard::net
