#define CAF_SUITE store
#include "protocols/error.hpp"
#include "protocols/system_config.hpp"
#include "storage/store.hpp"

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace callboard::storage;
using namespace std::chrono_literals;

namespace {

using batch_ptr = change_batch_ptr<task>;

/// A session of which only interruptions matter.
struct counted_session final : connection {
  dialect_kind dialect() const override { return dialect_kind::postgres; }
  bool is_open() const override { return true; }
  caf::expected<rows> query(std::string_view, std::span<const cell>,
                            std::span<const cell_kind>) override {
    return rows{};
  }
  caf::error execute(const std::string&) override { return caf::none; }
  caf::error begin(transaction_limits) override { return caf::none; }
  caf::error commit() override { return caf::none; }
  void rollback() override {}
  caf::error ping() override { return caf::none; }
  void set_statement_timeout(std::chrono::milliseconds) override {}
  void interrupt() noexcept override { ++interrupted; }
  void close() override {}

  int interrupted = 0;
};

/// What stands where a worker is: it holds its jobs until told.
struct held {
  caf::response_promise caller;
  caf::message content;
};

caf::behavior silent_worker(caf::event_based_actor* self,
                            std::shared_ptr<std::deque<held>> jobs) {
  self->set_default_handler(
      [self, jobs](caf::scheduled_actor*,
                   caf::message_view& x) -> caf::result<caf::message> {
        jobs->push_back(
            {self->make_response_promise(), x.move_content_to_message()});
        return caf::delegated<caf::message>{};
      });
  return {[](caf::unit_t) {}};
}

struct fixture : test_coordinator_fixture<system_config> {
  struct worker {
    caf::actor handle;
    std::shared_ptr<counted_session> db = std::make_shared<counted_session>();
    std::shared_ptr<std::deque<held>> jobs
        = std::make_shared<std::deque<held>>();
  };

  void start(store_settings settings = {}) {
    settings.grow = [this] { ++grown; };
    aut = sys.spawn<store_front>(settings);
    consume_messages();
  }

  ~fixture() override {
    for (auto& x : workers) {
      x.jobs->clear();
      anon_send_exit(x.handle, caf::exit_reason::kill);
    }
    anon_send_exit(aut, caf::exit_reason::kill);
    consume_messages();
  }

  worker& add_worker(bool overflow = false) {
    auto& x = workers.emplace_back();
    x.handle = sys.spawn(silent_worker, x.jobs);
    anon_send(aut,
              worker_hello{x.handle.address(), x.db, writing_pool, overflow});
    consume_messages();
    return x;
  }

  auto ask() {
    auto answer = self->request(aut, caf::infinite, atom::write_v,
                                std::make_shared<change_batch<task>>());
    consume_messages();
    return answer;
  }

  /// The job at the worker is done; `healthy`: it reached the database.
  void finish(worker& x, bool healthy = true) {
    auto pinged = !x.jobs->empty()
                  && x.jobs->front().content.match_elements<atom::ping>();
    anon_send(aut, worker_idle{x.handle.address(), healthy, false, pinged});
    if (!x.jobs->empty()) {
      auto& job = x.jobs->front();
      if (pinged)
        job.caller.deliver(healthy);
      else
        job.caller.deliver(job.content.get_as<batch_ptr>(1));
      x.jobs->pop_front();
    }
    consume_messages();
  }

  void pass(std::chrono::milliseconds d) {
    for (auto left = d; left > 0ms; left -= 250ms) {
      advance_time(250ms);
      consume_messages();
    }
  }

  template <class Handle>
  errc code(Handle& answer) {
    errc out{};
    answer.receive([](const batch_ptr&) {},
                   [&](caf::error& err) { out = classify(err); });
    return out;
  }

  database_status status() {
    auto answer = self->request(aut, caf::infinite, atom::status_v);
    consume_messages();
    database_status out;
    answer.receive([&](const database_status& x) { out = x; },
                   [](caf::error&) { CAF_ERROR("no status"); });
    return out;
  }

  caf::actor aut;
  std::deque<worker> workers;
  int grown = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(store_tests, fixture)

CAF_TEST(a job waits for a worker and one more is asked for only once) {
  start();
  auto& w = add_worker();
  auto a = ask();
  CAF_CHECK_EQUAL(grown, 0);
  auto b = ask();
  auto c = ask();
  CAF_CHECK_EQUAL(grown, 1); // not one for each that waits
  CAF_CHECK_EQUAL(status().waiting, 2);
  finish(w);
  finish(w);
  finish(w);
  CAF_CHECK(code(a) == errc{});
  CAF_CHECK(code(b) == errc{});
  CAF_CHECK(code(c) == errc{});
}

CAF_TEST(a wish for a worker that was not granted is repeated) {
  start();
  auto& w = add_worker();
  auto a = ask();
  auto b = ask();
  pass(250ms);
  auto c = ask();
  CAF_CHECK_EQUAL(grown, 2);
  for (int i = 0; i < 3; ++i)
    finish(w);
  CAF_CHECK(code(a) == errc{});
  CAF_CHECK(code(b) == errc{});
  CAF_CHECK(code(c) == errc{});
}

CAF_TEST(an idle overflow worker ends and gets no job on its way out) {
  store_settings settings;
  settings.trim = 1s;
  start(settings);
  auto& w = add_worker();
  auto& extra = add_worker(true);
  self->monitor(extra.handle);
  for (int i = 0; i < 8; ++i) {
    pass(250ms);
    if (!w.jobs->empty())
      finish(w); // a ping
  }
  bool ended = false;
  self->receive([&](const caf::down_msg&) { ended = true; },
                caf::after(0s) >> [] {});
  CAF_CHECK(ended);
  CAF_CHECK_EQUAL(status().connections, 1);
}

CAF_TEST(a job that waits too long for a worker is refused) {
  store_settings settings;
  settings.wait = 2s;
  settings.overdue = 1h;
  start(settings);
  auto& w = add_worker();
  auto a = ask();
  auto b = ask();
  pass(2500ms);
  CAF_CHECK(code(b) == errc::unavailable);
  finish(w);
  CAF_CHECK(code(a) == errc{});
}

CAF_TEST(an overdue job is interrupted and says nothing of the database) {
  start();
  auto& w = add_worker();
  auto& other = add_worker();
  auto a = ask();
  auto b = ask();
  pass(6500ms);
  CAF_CHECK_EQUAL(w.db->interrupted, 1);
  CAF_CHECK(status().connected);
  finish(w);
  finish(other);
  CAF_CHECK(code(a) == errc{});
  CAF_CHECK(code(b) == errc{});
}

CAF_TEST(a ping without an answer means that the database is gone) {
  start();
  auto& w = add_worker();
  auto& other = add_worker();
  pass(1250ms); // quiet: a ping
  CAF_REQUIRE_EQUAL(w.jobs->size() + other.jobs->size(), 1u);
  pass(1500ms);
  CAF_CHECK(!status().connected);
  auto refused = ask();
  CAF_CHECK(code(refused) == errc::unavailable);
  auto& pinged = w.jobs->empty() ? other : w;
  auto& idle = w.jobs->empty() ? w : other;
  finish(pinged, true);
  CAF_CHECK(status().connected);
  CAF_CHECK_EQUAL(idle.db->interrupted, 1); // a session of before the outage
  CAF_CHECK_EQUAL(pinged.db->interrupted, 0);
}

CAF_TEST(a killed store answers those who wait in its queue) {
  start();
  auto& w = add_worker();
  auto a = ask();
  auto b = ask();
  anon_send_exit(aut, caf::exit_reason::kill);
  consume_messages();
  CAF_CHECK(code(b) == errc::unavailable);
  auto& job = w.jobs->front(); // was passed on before
  job.caller.deliver(job.content.get_as<batch_ptr>(1));
  w.jobs->clear();
  consume_messages();
  CAF_CHECK(code(a) == errc{});
}

CAF_TEST(a front that starts again takes the workers over when they are free) {
  store_settings settings;
  start(settings);
  auto& busy = add_worker();
  settings.board->add({busy.handle.address(), busy.db, writing_pool, false});
  auto first = ask();
  CAF_CHECK_EQUAL(busy.jobs->size(), 1u);
  anon_send_exit(aut, caf::exit_reason::kill);
  consume_messages();
  start(settings);
  CAF_CHECK_EQUAL(status().busy, 1);
  CAF_CHECK_EQUAL(busy.jobs->size(), 2u); // the ping behind the job
  auto second = ask();
  CAF_CHECK_EQUAL(busy.jobs->size(), 2u);
  finish(busy); // the former front's job
  first.receive([](const batch_ptr&) {},
                [](caf::error&) { CAF_ERROR("the job was lost"); });
  CAF_CHECK_EQUAL(status().waiting, 1);
  finish(busy); // the ping
  CAF_CHECK_EQUAL(status().waiting, 0);
  CAF_CHECK_EQUAL(busy.jobs->size(), 1u);
  finish(busy);
  second.receive([](const batch_ptr&) {},
                 [](caf::error&) { CAF_ERROR("no answer"); });
  anon_send(aut, worker_hello{busy.handle.address(), busy.db, writing_pool,
                              false}); // late
  consume_messages();
  CAF_CHECK_EQUAL(status().connections, 1);
}

CAF_TEST(a worker that is stuck when the front starts again is interrupted) {
  store_settings settings;
  settings.board->add({});
  start(settings);
  CAF_CHECK_EQUAL(status().connections, 0); // nobody any more
  auto& stuck = add_worker();
  settings.board->add({stuck.handle.address(), stuck.db, writing_pool, false});
  ask();
  anon_send_exit(aut, caf::exit_reason::kill);
  consume_messages();
  start(settings);
  pass(settings.overdue + 500ms);
  CAF_CHECK_EQUAL(stuck.db->interrupted, 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
