#define CAF_SUITE task_repository
#include "actors/task_repository.hpp"

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

using batch_ptr = change_batch_ptr<task>;

using commit_atom = caf::atom_constant<caf::atom("commit")>;

/// Stands where the store is; the test says when and how it answers.
struct held {
  caf::response_promise caller;
  batch_ptr batch;
  caf::error refusal = {};
};
std::vector<held> at_store; // of the running test

/// What the store's worker does to a batch.
void decide(change_batch<task>& batch) {
  if (!batch.results.empty())
    return; // the test wrote them
  for (auto& request : batch.requests) {
    facts<task> now;
    now.new_id = 1;
    auto done = request.decide(now);
    if (done)
      batch.results.push_back(changed<task>{done->rows});
    else
      batch.results.push_back(done.error());
  }
}

caf::behavior store_double(caf::event_based_actor* self) {
  return {
      [self](atom::write, const batch_ptr& x) -> caf::result<batch_ptr> {
        auto rp = self->make_response_promise<batch_ptr>();
        at_store.push_back({rp, x});
        return rp;
      },
      [](commit_atom, uint64_t i) {
        auto& x = at_store[i];
        if (x.refusal)
          return x.caller.deliver(x.refusal);
        decide(*x.batch);
        x.caller.deliver(x.batch);
      },
  };
}

struct config : caf::actor_system_config {
  config() { add_message_types<caf::id_block::callboard>(); }
};

struct fixture : test_coordinator_fixture<config> {
  fixture() {
    at_store.clear();
    store = sys.spawn(store_double);
    aut = sys.spawn(task_repository, store_source{[this] {
                      return caf::actor_cast<store_actor>(store);
                    }});
  }

  ~fixture() override {
    at_store.clear();
    anon_send_exit(store, caf::exit_reason::kill);
    anon_send_exit(aut, caf::exit_reason::kill);
  }

  auto create(std::chrono::milliseconds within = 5s) {
    call ctx;
    ctx.user_id = 1;
    ctx.deadline = deadline_in(within);
    auto given = patch<task>{}
                     .give(&task::skill_name, "x")
                     .give(&task::next_run_at, timestamp{1});
    return self->request(aut, caf::infinite, atom::create_v, ctx, given);
  }

  void commit(uint64_t i) {
    anon_send(store, commit_atom::value, i);
    consume_messages();
  }

  template <class Handle>
  errc failure(Handle& x) {
    errc out{};
    x.receive([](const changed<task>&) {},
              [&](caf::error& err) { out = classify(err); });
    return out;
  }

  caf::actor store;
  task_repository_actor aut;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(task_repository_tests, fixture)

CAF_TEST(requests wait while a batch is at the store and go together after it) {
  auto a = create();
  auto b = create();
  auto c = create();
  consume_messages();
  CAF_REQUIRE_EQUAL(at_store.size(), 1u);
  CAF_CHECK_EQUAL(at_store[0].batch->requests.size(), 1u);
  commit(0);
  consume_messages();
  CAF_REQUIRE_EQUAL(at_store.size(), 2u);
  CAF_CHECK_EQUAL(at_store[1].batch->requests.size(), 2u);
  commit(1);
  consume_messages();
  CAF_CHECK(failure(a) == errc{});
  CAF_CHECK(failure(b) == errc{});
  CAF_CHECK(failure(c) == errc{});
}

CAF_TEST(a caller gets its answer at the deadline though the store is silent) {
  auto a = create(0ms);
  consume_messages();
  CAF_REQUIRE_EQUAL(at_store.size(), 1u);
  advance_time(sweep_interval);
  consume_messages();
  CAF_CHECK(failure(a) == errc::deadline_exceeded);
  commit(0); // too late for anybody: dropped
  consume_messages();
}

CAF_TEST(an error of the store reaches every caller of the batch) {
  auto a = create();
  consume_messages();
  at_store[0].refusal = caf::make_error(errc::unavailable);
  commit(0);
  CAF_CHECK(failure(a) == errc::unavailable);
}

CAF_TEST(a blocked request goes again alone while the others are answered) {
  auto a = create();
  auto b = create();
  auto c = create();
  consume_messages();
  commit(0);
  consume_messages();
  auto& x = at_store[1];
  x.batch->results.push_back(caf::make_error(errc::unavailable));
  x.batch->results.push_back(changed<task>{{task{}}});
  x.batch->blocked.push_back(0);
  commit(1);
  CAF_REQUIRE_EQUAL(at_store.size(), 3u);
  CAF_CHECK(at_store[2].batch->patient);
  CAF_CHECK(failure(a) == errc{});
  CAF_CHECK(failure(c) == errc{});
  commit(2);
  consume_messages();
  CAF_CHECK(failure(b) == errc{});
}

CAF_TEST(a store that is gone fails the request) {
  anon_send_exit(store, caf::exit_reason::kill);
  consume_messages();
  auto a = create();
  consume_messages();
  CAF_CHECK(failure(a) == errc::unavailable);
}

CAF_TEST(a repository that is killed answers all who wait for it) {
  auto a = create();
  auto b = create();
  consume_messages(); // one at the store, one waits
  anon_send_exit(aut, caf::exit_reason::kill);
  consume_messages();
  CAF_CHECK(failure(a) == errc::unavailable);
  CAF_CHECK(failure(b) == errc::unavailable);
  commit(0); // nobody is there to hear of it
  consume_messages();
}

CAF_TEST_FIXTURE_SCOPE_END()
