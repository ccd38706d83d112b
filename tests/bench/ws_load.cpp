// Holds WebSockets open and measures what comes: a thread on each core, with an
// equal part of the sessions, so that no event loop of a server on the same
// cores loses more to them than another. Obeys lines on standard input, and
// answers each with a line of JSON:
//   open <n>                  n more sessions
//   collect <frames> <ms>     waits for that many messages; how long from the
//                             first to the last, and how old each was when it
//                             was read (`"assignee":"<monotonic ns>"` in it)
//   ping <n>                  round trips of each thread's first session
//   storm                     all leave at once and resume
//   churn <total> <n>         so many open and close, n at a time
//   close                     all
// Usage: ws_load <port> [path [query [greeted [tls]]]]
#include "tests/bench/ws_crowd.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <deque>
#include <iostream>
#include <sched.h>
#include <sstream>
#include <thread>

namespace {

using namespace callboard::bench;

/// The cores that this process may use.
std::vector<int> cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof(set), &set);
  std::vector<int> out;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &set))
      out.push_back(i);
  return out;
}

void stay_on(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof(set), &set); // of this thread alone
}

/// The sessions of all threads.
class load {
public:
  explicit load(const ws_target& to) {
    for (size_t k = 0; k < cores_.size(); ++k)
      crowds_.emplace_back(to);
  }

  /// Part `k` of `n` things.
  size_t part(size_t n, size_t k) const {
    return n * (k + 1) / crowds_.size() - n * k / crowds_.size();
  }

  size_t size() const {
    size_t out = 0;
    for (auto& x : crowds_)
      out += x.size();
    return out;
  }

  /// `f(crowd, k)` for all at the same time.
  template <class F>
  crowd_report all(F f) {
    std::vector<crowd_report> got(crowds_.size());
    {
      std::vector<std::jthread> threads;
      for (size_t k = 0; k < crowds_.size(); ++k)
        threads.emplace_back([&, k] {
          stay_on(cores_[k]);
          got[k] = f(crowds_[k], k);
        });
    }
    for (size_t k = 1; k < got.size(); ++k)
      got[0].add(got[k]);
    return got[0];
  }

private:
  std::vector<int> cores_ = cores();
  std::deque<crowd> crowds_; // they stay where they are
};

/// By rank, in the unit that they are in.
std::string ranks(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  auto at = [&](double share) {
    return x.empty() ? 0.0
                     : x[static_cast<size_t>(
                         share * static_cast<double>(x.size() - 1))];
  };
  char out[160];
  std::snprintf(out, sizeof(out),
                ",\"samples\":%zu,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f",
                x.size(), at(0.5), at(0.99), at(1));
  return out;
}

std::string member(const char* name, double x) {
  char out[80];
  std::snprintf(out, sizeof(out), ",\"%s\":%.3f", name, x);
  return out;
}

std::string member(const char* name, size_t x) {
  return ",\"" + std::string{name} + "\":" + std::to_string(x);
}

/// Members of JSON, each behind a comma.
std::string obey(load& x, const std::string& line) {
  std::istringstream words{line};
  std::string verb;
  double a = 0;
  double b = 0;
  words >> verb >> a >> b;
  auto n = static_cast<size_t>(a);
  if (verb == "open") {
    auto got = x.all([&](crowd& c, size_t k) { return c.open(x.part(n, k)); });
    return member("open", got.open) + member("failed", got.failed)
           + member("ms", got.ms);
  }
  if (verb == "collect") {
    auto every = std::max<size_t>(x.size(), 1);
    auto got = x.all([&](crowd& c, size_t) {
      return c.collect((n * c.size() + every - 1) / every, b);
    });
    return member("frames", got.frames)
           + member("ms", static_cast<double>(got.last - got.first) / 1e6)
           + ranks(std::move(got.samples));
  }
  if (verb == "ping")
    return ranks(x.all([&](crowd& c, size_t) { return c.ping(n); }).samples);
  if (verb == "storm") {
    auto got = x.all([](crowd& c, size_t) { return c.storm(); });
    return member("open", got.open) + member("failed", got.failed)
           + member("ms", got.ms) + member("frames", got.frames);
  }
  if (verb == "churn") {
    auto got = x.all([&](crowd& c, size_t k) {
      return c.churn(x.part(n, k), x.part(static_cast<size_t>(b), k));
    });
    return member("opened", got.opened) + member("failed", got.failed)
           + member("ms", got.ms);
  }
  if (verb == "close")
    return member("open",
                  x.all([](crowd& c, size_t) { return c.close(); }).open);
  return ",\"unknown\":true";
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: ws_load <port> [path [query [greeted [tls]]]]\n";
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  ws_target to;
  to.port = static_cast<uint16_t>(std::stoi(argv[1]));
  to.path = argc > 2 ? argv[2] : "/ws";
  to.query = argc > 3 ? argv[3] : "";
  to.greeted = argc <= 4 || std::string_view{argv[4]} == "1";
  if (argc > 5 && std::string_view{argv[5]} == "1") // whose it is: no matter
    to.tls = SSL_CTX_new(TLS_client_method());
  load all{to};
  for (std::string line; std::getline(std::cin, line);)
    std::cout << '{' << obey(all, line).substr(1) << '}' << std::endl;
}
