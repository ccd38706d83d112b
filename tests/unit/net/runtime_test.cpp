#define CAF_SUITE runtime
#include "net/ask.hpp"
#include "net/runtime.hpp"
#include "protocols/pinned.hpp"
#include "tests/support/until.hpp"

#include <boost/asio/post.hpp>
#include <caf/test/unit_test.hpp>

#include <array>
#include <future>
#include <optional>

using namespace callboard;
using namespace callboard::net;
using callboard::test::eventually;
using namespace std::chrono_literals;

namespace {

using block_atom = caf::atom_constant<caf::atom("block")>;
using where_atom = caf::atom_constant<caf::atom("where")>;
using again_atom = caf::atom_constant<caf::atom("again")>;
using mute_atom = caf::atom_constant<caf::atom("mute")>;
using pair_atom = caf::atom_constant<caf::atom("pair")>;

constexpr auto patience = 20s; // a debug build on a busy machine

/// Loop of the answering thread, or -1.
int here() {
  auto* loop = event_loop::current();
  return loop == nullptr ? -1 : static_cast<int>(loop->index());
}

class tested_actor : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;
  const char* name() const override { return "tested"; }

  caf::behavior make_behavior() override {
    return {
        [](where_atom) { return here(); },
        [](block_atom) {
          std::this_thread::sleep_for(80ms); // what the gauge must see
          return 1;
        },
        [this](again_atom) { send(this, again_atom::value); },
        [this](mute_atom) {
          forgotten_.push_back(make_response_promise());
          return caf::delegated<int>{};
        },
        [this](pair_atom) { // two callers get one message
          forgotten_.push_back(make_response_promise());
          if (forgotten_.size() == 2)
            for (auto text = caf::make_message(std::string(100, 'x'));
                 auto& x : forgotten_)
              x.deliver(text);
          return caf::delegated<std::string>{};
        },
        [](int) -> caf::result<int> {
          return caf::make_error(caf::sec::invalid_argument);
        },
    };
  }

  void on_exit() override { forgotten_.clear(); } // they refer to us

private:
  std::vector<caf::response_promise> forgotten_;
};

/// A runtime with its system and ports.
struct world {
  explicit world(size_t loops = 2, bool sharing = false)
      : runtime({loops, sharing}) {
    runtime.configure(cfg);
    sys.emplace(cfg);
    sys->await_actors_before_shutdown(false);
    runtime.start();
    for (auto& loop : runtime.loops())
      ports.push_back(std::make_unique<port_handle>(*sys, *loop));
  }

  ~world() {
    for (auto& x : actors)
      caf::anon_send_exit(x, caf::exit_reason::kill);
    runtime.stop();
    ports.clear();
    actors.clear();
    sys.reset();
  }

  caf::actor spawn(std::optional<size_t> pin = std::nullopt) {
    caf::actor_config how{sys->dummy_execution_unit()};
    auto* home = pin ? runtime.loop(*pin).home() : nullptr;
    actors.push_back(caf::actor_cast<caf::actor>(
        sys->spawn_class<pinned<tested_actor>, caf::no_spawn_options>(how,
                                                                      home)));
    return actors.back();
  }

  /// Runs `f` on a loop and waits for it.
  template <class F>
  void on_loop(size_t i, F f) {
    std::promise<void> done;
    boost::asio::post(runtime.loop(i).io(), [&] {
      f();
      done.set_value();
    });
    CAF_REQUIRE(done.get_future().wait_for(patience)
                == std::future_status::ready);
  }

  template <class... Ts>
  caf::expected<int> ask_from(size_t i, const caf::actor& to,
                              std::chrono::milliseconds limit, Ts... message) {
    auto result = std::make_shared<std::promise<caf::expected<int>>>();
    on_loop(i, [&] {
      net::ask<int>(
          **ports[i], to, limit,
          [result](caf::expected<int> x) { result->set_value(std::move(x)); },
          message...);
    });
    auto future = result->get_future();
    CAF_REQUIRE(future.wait_for(patience) == std::future_status::ready);
    return future.get();
  }

  /// The answer, or -2.
  template <class... Ts>
  int value_from(size_t i, const caf::actor& to, Ts... message) {
    auto answer = ask_from(i, to, patience, message...);
    return answer ? *answer : -2;
  }

  net::runtime runtime;
  caf::actor_system_config cfg;
  std::optional<caf::actor_system> sys;
  std::vector<std::unique_ptr<port_handle>> ports;
  std::vector<caf::actor> actors;
};

} // namespace

CAF_TEST(actors run on the loops and a pinned one stays on its own) {
  world x;
  auto free = x.spawn();
  CAF_CHECK(x.value_from(0, free, where_atom::value) >= 0);
  auto pinned = x.spawn(1);
  caf::scoped_actor self{*x.sys};
  for (int i = 0; i < 50; ++i) {
    CAF_CHECK_EQUAL(x.value_from(0, pinned, where_atom::value), 1);
    self->request(pinned, 5s, where_atom::value)
        .receive([](int loop) { CAF_CHECK_EQUAL(loop, 1); },
                 [](caf::error&) { CAF_ERROR("no answer"); });
  }
}

CAF_TEST(an error comes back as it is and a dead
         or null receiver fails at once) {
  world x;
  auto a = x.spawn();
  CAF_CHECK(x.ask_from(0, a, 5s, 7).error() == caf::sec::invalid_argument);
  caf::scoped_actor self{*x.sys};
  self->monitor(a);
  caf::anon_send_exit(a, caf::exit_reason::kill);
  self->receive([](const caf::down_msg&) {});
  CAF_CHECK(x.ask_from(0, a, patience * 10, 7).error()
            == caf::sec::request_receiver_down);
  CAF_CHECK(x.ask_from(0, caf::actor{}, patience * 10, 7).error()
            == caf::sec::invalid_argument);
}

CAF_TEST(an answer that two share is whole for both) {
  world x;
  auto a = x.spawn();
  std::vector<std::promise<std::string>> heard(2);
  for (size_t i = 0; i < 2; ++i)
    x.on_loop(0, [&, i] {
      net::ask<std::string>(
          **x.ports[0], a, patience,
          [&, i](caf::expected<std::string> text) {
            heard[i].set_value(text ? *text : "error");
          },
          pair_atom::value);
    });
  for (auto& one : heard)
    CAF_CHECK_EQUAL(one.get_future().get(), std::string(100, 'x'));
}

CAF_TEST(a request without an answer ends at its deadline) {
  world x;
  auto a = x.spawn();
  auto answer = x.ask_from(0, a, 10ms, mute_atom::value);
  CAF_CHECK(answer.error() == caf::sec::request_timeout);
}

CAF_TEST(closing a port fails what is pending) {
  std::optional<caf::error> error;
  {
    world x;
    auto a = x.spawn();
    x.on_loop(0, [&] {
      net::ask<int>(
          **x.ports[0], a, patience * 10,
          [&](caf::expected<int> answer) { error = answer.error(); },
          mute_atom::value);
    });
  }
  CAF_REQUIRE(error);
  CAF_CHECK(*error == caf::exit_reason::user_shutdown);
}

CAF_TEST(many answers at once give sockets their turn) {
  constexpr int many = 50;
  world x;
  auto a = x.spawn();
  int heard = 0;
  int heard_before = -1; // a handler of the loop had its turn
  std::promise<void> all;
  x.on_loop(0, [&] {
    for (int i = 0; i < many; ++i)
      net::ask<int>(
          **x.ports[0], a, patience,
          [&](const caf::expected<int>&) {
            std::this_thread::sleep_for(1ms); // a long list
            if (heard++ == 0)
              boost::asio::post(x.runtime.loop(0).io(),
                                [&] { heard_before = heard; });
            if (heard == many)
              all.set_value();
          },
          where_atom::value);
    std::this_thread::sleep_for(100ms); // until all answers are there
  });
  CAF_REQUIRE(all.get_future().wait_for(patience) == std::future_status::ready);
  x.on_loop(0, [] {});
  CAF_CHECK_GREATER(heard_before, 0);
  CAF_CHECK_LESS(heard_before, many);
  CAF_CHECK(x.value_from(0, a, where_atom::value) >= 0); // and it goes on
}

CAF_TEST(an actor that never stops sending starves neither actor nor socket) {
  world x{1};
  caf::anon_send(x.spawn(), again_atom::value);
  for (int i = 0; i < 20; ++i)
    CAF_CHECK_EQUAL(x.value_from(0, x.spawn(), where_atom::value), 0);
}

CAF_TEST(a loop gives way before it sleeps in a crowd alone) {
  world x{1};
  auto& loop = x.runtime.loop(0);
  auto gave_way = [&] { return loop.gauge().gave_way; };
  CAF_CHECK_EQUAL(x.value_from(0, x.spawn(), where_atom::value), 0);
  CAF_CHECK_EQUAL(gave_way(), 0u); // for one who asks
  CAF_REQUIRE(eventually([&] {
    x.on_loop(0, [&] {
      for (int i = 0; i < 100; ++i)
        boost::asio::post(loop.io(), [] {});
    });
    return gave_way() > 0;
  }));
  auto calm = false; // once they are gone
  for (int i = 0; i < 10 && !calm; ++i) {
    auto before = gave_way();
    std::this_thread::sleep_for(3 * net::event_loop::tick_interval);
    calm = gave_way() == before;
  }
  CAF_CHECK(calm);
}

CAF_TEST(the gauge names the actor that held its loop) {
  world x{1};
  CAF_CHECK_EQUAL(x.value_from(0, x.spawn(), block_atom::value), 1);
  auto gauge = x.runtime.loop(0).gauge();
  CAF_CHECK(gauge.blocked >= 1);
  CAF_CHECK(gauge.worst_ms >= 50);
  CAF_CHECK(gauge.last_blocked_by.find("tested#") == 0);
}

CAF_TEST(a delayed message arrives) {
  world x;
  caf::scoped_actor self{*x.sys};
  self->delayed_send(self, 1ms, 42);
  int got = 0;
  self->receive([&](int n) { got = n; }, caf::after(patience) >> [] {});
  CAF_CHECK_EQUAL(got, 42);
}

CAF_TEST(two systems live in one process) {
  world a{1};
  world b{2};
  CAF_CHECK(a.value_from(0, b.spawn(1), where_atom::value) == 1);
  CAF_CHECK(b.value_from(1, a.spawn(0), where_atom::value) == 0);
}

CAF_TEST(twenty systems start and stop) {
  for (int i = 0; i < 20; ++i) {
    world x;
    CAF_CHECK(x.ask_from(0, x.spawn(), 5s, where_atom::value));
  }
}

CAF_TEST(a system can end on a thread of its loops) {
  runtime loops{{2, false}};
  auto cfg = std::make_unique<caf::actor_system_config>();
  loops.configure(*cfg);
  auto sys = std::make_unique<caf::actor_system>(*cfg);
  sys->await_actors_before_shutdown(false);
  // CAF's logger lives as long as a thread refers to it; this one made it.
  CAF_SET_LOGGER_SYS(nullptr);
  std::promise<void> done;
  boost::asio::post(loops.loop(1).io(), [&] {
    sys.reset();
    done.set_value();
  });
  CAF_CHECK(done.get_future().wait_for(patience) == std::future_status::ready);
  loops.stop();
}

CAF_TEST(the sharing scheduler serves asks as well) {
  world x{2, true};
  CAF_CHECK_EQUAL(x.value_from(0, x.spawn(), where_atom::value), -1);
}

CAF_TEST(what expires is told once and may be given more time) {
  struct item final : expirable {
    void expired() override { ++count; }
    int count = 0;
  };
  deadline_list list;
  item a;
  item b;
  list.add(a);
  list.add(b);
  auto now = expirable::clock::now();
  a.expire_after(100ms);
  b.expire_after(10s);
  list.sweep(now + 1s);
  list.sweep(now + 2s);
  CAF_CHECK_EQUAL(a.count, 1);
  CAF_CHECK_EQUAL(b.count, 0);
  {
    item gone;
    list.add(gone);
    gone.expire_after(0ms);
  }
  list.sweep(now + 20s);
  CAF_CHECK_EQUAL(a.count, 1);
  CAF_CHECK_EQUAL(b.count, 1);
}

CAF_TEST(a sweep looks at those with a deadline alone) {
  struct item final : expirable {
    void expired() override { expire_after(10s); }
  };
  deadline_list list;
  std::array<item, 3> some;
  for (auto& x : some)
    list.add(x);
  CAF_CHECK_EQUAL(list.watched(), 0u);
  for (auto& x : some)
    x.expire_after(1s);
  CAF_CHECK_EQUAL(list.watched(), 3u);
  some[0].expire_never();
  auto now = expirable::clock::now();
  list.sweep(now); // none is due
  CAF_CHECK_EQUAL(list.watched(), 2u);
  list.sweep(now + 5s); // who is due may ask for more
  CAF_CHECK_EQUAL(list.watched(), 2u);
  some[0].expire_after(1s);
  CAF_CHECK_EQUAL(list.watched(), 3u);
}
