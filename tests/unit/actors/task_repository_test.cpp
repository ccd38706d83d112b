#define CAF_SUITE task_repository
#include "actors/task_repository.hpp"
#include "protocols/system_config.hpp"

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

using batch_ptr = change_batch_ptr<task>;

using commit_atom = caf::atom_constant<caf::atom("commit")>;
using answer_atom = caf::atom_constant<caf::atom("answer")>;

/// Stands where the store is; the test says when and how it answers.
struct held {
  caf::response_promise caller;
  batch_ptr batch;
  caf::error refusal = {};
};
std::vector<held> at_store; // of the running test

/// A list that the store was asked for.
struct held_list {
  caf::response_promise caller;
  task_query query;
};
std::vector<held_list> lists_at_store; // of the running test

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
      [self](atom::list, const task_query& x,
             int64_t) -> caf::result<page<task>> {
        auto rp = self->make_response_promise<page<task>>();
        lists_at_store.push_back({rp, x});
        return rp;
      },
      [](answer_atom, uint64_t i, int64_t total) {
        page<task> out;
        out.total = total;
        lists_at_store[i].caller.deliver(std::move(out));
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

struct fixture : test_coordinator_fixture<system_config> {
  fixture() {
    at_store.clear();
    lists_at_store.clear();
    store = sys.spawn(store_double);
    aut = sys.spawn(task_repository, store_source{[this] {
                      return caf::actor_cast<store_actor>(store);
                    }});
  }

  ~fixture() override {
    at_store.clear();
    lists_at_store.clear();
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

  /// Changes one task, or many that differ.
  auto update(int64_t id) {
    call ctx;
    ctx.user_id = 1;
    ctx.deadline = deadline_in(5s);
    return self->request(aut, caf::infinite, atom::update_v, ctx, id,
                         patch<task>{}.give(&task::title, std::string{"t"}));
  }

  /// A repository that may have two batches at the store.
  void use_two_batches() {
    anon_send_exit(aut, caf::exit_reason::kill);
    store_source source{[this] { return caf::actor_cast<store_actor>(store); },
                        2};
    aut = sys.spawn(task_repository, source);
  }

  auto list(int64_t who, std::chrono::milliseconds within = 5s) {
    call ctx;
    ctx.user_id = who;
    ctx.deadline = deadline_in(within);
    task_query query;
    query.owner = std::to_string(who);
    return self->request(aut, caf::infinite, atom::list_v, ctx, query);
  }

  void answer(uint64_t i, int64_t total) {
    anon_send(store, answer_atom::value, i, total);
    consume_messages();
  }

  /// The total that was answered, or minus the error's code.
  template <class Handle>
  int64_t total(Handle& x) {
    int64_t out = 0;
    x.receive(
        [&](const page<task>& found) { out = found.total; },
        [&](caf::error& err) { out = -static_cast<int64_t>(classify(err)); });
    return out;
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

CAF_TEST(enough changes of other rows go beside a batch and others do not ) {
  use_two_batches();
  for (size_t i = 0; i < enough_beside; ++i)
    update(1); // the first is sent
  update(1);
  consume_messages();
  CAF_REQUIRE_EQUAL(at_store.size(), 1u);
  commit(0);
  CAF_REQUIRE_EQUAL(at_store.size(), 2u); // of task 1 again
  for (size_t i = 0; i < enough_beside; ++i)
    update(2 + static_cast<int64_t>(i));
  consume_messages();
  CAF_REQUIRE_EQUAL(at_store.size(), 3u);
  CAF_CHECK_EQUAL(at_store[2].batch->requests.size(), enough_beside);
  commit(2);
  commit(1);
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

CAF_TEST(equal lists that wait together are read once and never too early) {
  auto a = list(1);
  consume_messages();
  auto b = list(1);
  auto c = list(1);
  consume_messages();
  CAF_REQUIRE_EQUAL(lists_at_store.size(), 1u);
  answer(0, 10);
  CAF_REQUIRE_EQUAL(lists_at_store.size(), 2u);
  answer(1, 11);
  CAF_CHECK_EQUAL(total(a), 10);
  CAF_CHECK_EQUAL(total(b), 11);
  CAF_CHECK_EQUAL(total(c), 11);
}

CAF_TEST(lists of different owners are read apart) {
  auto a = list(1);
  auto b = list(2);
  consume_messages();
  CAF_REQUIRE_EQUAL(lists_at_store.size(), 2u);
  CAF_CHECK_NOT_EQUAL(lists_at_store[0].query.owner,
                      lists_at_store[1].query.owner);
  answer(1, 2);
  answer(0, 1);
  CAF_CHECK_EQUAL(total(a), 1);
  CAF_CHECK_EQUAL(total(b), 2);
}

CAF_TEST(who waits for a list is answered at the deadline) {
  auto a = list(1, 0ms);
  auto b = list(1, 0ms);
  consume_messages();
  advance_time(sweep_interval);
  consume_messages();
  auto late = -static_cast<int64_t>(errc::deadline_exceeded);
  CAF_CHECK_EQUAL(total(a), late);
  CAF_CHECK_EQUAL(total(b), late);
  answer(0, 1); // too late for anybody: dropped
  CAF_CHECK_EQUAL(lists_at_store.size(), 1u);
}

CAF_TEST(a repository that is killed answers all who wait for a list) {
  auto a = list(1);
  auto b = list(1);
  consume_messages(); // one at the store, one waits
  anon_send_exit(aut, caf::exit_reason::kill);
  consume_messages();
  auto gone = -static_cast<int64_t>(errc::unavailable);
  CAF_CHECK_EQUAL(total(a), gone);
  CAF_CHECK_EQUAL(total(b), gone);
}

CAF_TEST(a store that is gone fails the list) {
  anon_send_exit(store, caf::exit_reason::kill);
  consume_messages();
  auto a = list(1);
  consume_messages();
  CAF_CHECK_EQUAL(total(a), -static_cast<int64_t>(errc::unavailable));
}

CAF_TEST_FIXTURE_SCOPE_END()
