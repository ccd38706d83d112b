// What an actor hop costs on one event loop: a socket's loop asks an actor,
// which answers itself or passes the request on to the next.
// Usage: hops [asks]
#include "net/ask.hpp"
#include "net/runtime.hpp"

#include <boost/asio/post.hpp>

#include <future>
#include <iomanip>
#include <iostream>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

using number_actor = caf::typed_actor<caf::replies_to<int>::with<int>>;

number_actor::behavior_type last(number_actor::pointer) {
  return {[](int x) { return x; }};
}

number_actor::behavior_type passes_on(number_actor::pointer self,
                                      const number_actor& next) {
  return {[=](int x) { return self->delegate(next, x); }};
}

/// Asks again and again, `width` at a time, on the loop's thread.
struct asker {
  net::reply_port& port;
  number_actor to;
  int left;
  int open = 0;
  std::promise<void> done = {};

  void ask() {
    --left;
    ++open;
    net::ask<int>(
        port, to, 60s,
        [this](const caf::expected<int>&) {
          --open;
          if (left > 0)
            ask();
          else if (open == 0)
            done.set_value();
        },
        1);
  }
};

/// [us] per ask through `hops` actors.
double measure(net::runtime& loops, net::reply_port& port,
               caf::actor_system& sys, int hops, int asks, int width) {
  auto first = sys.spawn(last);
  for (int i = 1; i < hops; ++i)
    first = sys.spawn(passes_on, first);
  asker x{port, first, asks};
  auto begin = std::chrono::steady_clock::now();
  boost::asio::post(loops.loop(0).io(), [&] {
    for (int i = 0; i < width; ++i)
      x.ask();
  });
  x.done.get_future().wait();
  auto took = std::chrono::steady_clock::now() - begin;
  return std::chrono::duration<double, std::micro>(took).count() / asks;
}

} // namespace

int main(int argc, char** argv) {
  auto asks = argc > 1 ? std::stoi(argv[1]) : 500'000;
  net::runtime loops{{1, false}};
  caf::actor_system_config cfg;
  loops.configure(cfg);
  caf::actor_system sys{cfg};
  sys.await_actors_before_shutdown(false);
  loops.start();
  std::cout << "\n### An actor hop on one loop\n\n"
               "| asks at once | 1 actor us | 4 actors us | one hop us |\n"
               "|---|---|---|---|\n"
            << std::fixed << std::setprecision(2);
  {
    net::port_handle port{sys, loops.loop(0)};
    for (int width : {1, 64}) {
      auto one = measure(loops, *port, sys, 1, asks, width);
      auto four = measure(loops, *port, sys, 4, asks, width);
      std::cout << "| " << width << " | " << one << " | " << four << " | "
                << (four - one) / 3 << " |\n";
    }
    loops.stop();
  }
}
