#define CAF_SUITE lane
#include "actors/lane.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

/// An item that claims the rows that it names; 0: rows that are not known yet.
using item = std::vector<int>;
using items = std::vector<item>;

claims claims_of_item(const item& x) {
  claims out;
  for (auto id : x)
    if (id == 0)
      out.unknown = true;
    else
      out.add(1, std::to_string(id));
  return out;
}

/// A lane, and the store behind it.
struct fixture {
  using tested = lane<item, int>;

  struct batch {
    items wanted;
    bool alone;
    tested::done done;
  };

  fixture() { open(2, 1); }

  void open(size_t batches, size_t enough) {
    subject.open(batches, enough, claims_of_item,
                 [this](items wanted, int64_t, bool alone, tested::done done) {
                   at_store.push_back({std::move(wanted), alone, done});
                 });
  }

  void add(item x) {
    subject.add(std::move(x), deadline_in(5s), [this](caf::expected<int> got) {
      if (got)
        ++answered;
    });
  }

  void commit(size_t i) {
    auto done = at_store[i].done;
    done(tested::results(at_store[i].wanted.size(), 1), {});
  }

  /// What went to the store, batch by batch.
  std::vector<items> sent() const {
    std::vector<items> out;
    for (auto& x : at_store)
      out.push_back(x.wanted);
    return out;
  }

  tested subject;
  std::vector<batch> at_store;
  int answered = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(lane_tests, fixture)

CAF_TEST(a second batch goes beside the first and a third waits) {
  add({1});
  add({2});
  add({3});
  add({4});
  CAF_CHECK(sent() == (std::vector<items>{{{1}}, {{2}}}));
  commit(1); // the second may be back before the first
  CAF_CHECK(sent() == (std::vector<items>{{{1}}, {{2}}, {{3}, {4}}}));
  commit(0);
  commit(2);
  CAF_CHECK_EQUAL(answered, 4);
  CAF_CHECK(!subject.busy());
}

CAF_TEST(a second batch waits until it is worth it) {
  open(2, 3);
  add({1});
  add({2});
  add({3});
  CAF_CHECK_EQUAL(at_store.size(), 1u);
  add({4});
  CAF_CHECK(sent() == (std::vector<items>{{{1}}, {{2}, {3}, {4}}}));
  add({5});
  commit(0); // another is at the store: one more is not enough
  CAF_CHECK_EQUAL(at_store.size(), 2u);
  commit(1);
  CAF_CHECK(sent().back() == (items{{5}}));
}

CAF_TEST(changes of one row are never in two batches) {
  add({1});
  add({1});
  add({1, 2});
  CAF_CHECK_EQUAL(at_store.size(), 1u);
  commit(0);
  CAF_CHECK(sent() == (std::vector<items>{{{1}}, {{1}, {1, 2}}}));
  add({2});
  CAF_CHECK_EQUAL(at_store.size(), 2u); // the whole batch claims
  commit(1);
  CAF_CHECK(sent().back() == (items{{2}}));
}

CAF_TEST(nobody overtakes who waits for a row) {
  add({1});
  add({1});
  add({7});
  CAF_CHECK_EQUAL(at_store.size(), 1u);
  commit(0);
  CAF_CHECK(sent().back() == (items{{1}, {7}}));
}

CAF_TEST(rows that are not known keep off all that claim some) {
  add({1});
  add({0});
  CAF_CHECK_EQUAL(at_store.size(), 1u);
  commit(0);
  add({2});
  CAF_CHECK(sent() == (std::vector<items>{{{1}}, {{0}}}));
  commit(1);
  CAF_CHECK(sent().back() == (items{{2}}));
}

CAF_TEST(new rows keep off nobody) {
  add({0});
  add({});
  CAF_CHECK(sent() == (std::vector<items>{{{0}}, {{}}}));
}

CAF_TEST(a batch that failed claims nothing any more) {
  add({1});
  add({1});
  auto done = at_store[0].done;
  done(caf::make_error(errc::unavailable), {});
  CAF_CHECK(sent() == (std::vector<items>{{{1}}, {{1}}}));
}

CAF_TEST(who waits for a lock goes alone and keeps off nobody) {
  add({1});
  auto done = at_store[0].done;
  done(fixture::tested::results(1, caf::make_error(errc::unavailable)),
       {{0, {1}}});
  CAF_REQUIRE_EQUAL(at_store.size(), 2u);
  CAF_CHECK(at_store[1].alone);
  add({1});
  CAF_CHECK_EQUAL(at_store.size(), 3u);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(a change claims its rows those of others and its key) {
  change_request<task> plain;
  plain.inserts = true;
  plain.also<project_reference>() = {lookup::id, {int64_t{7}}};
  CAF_CHECK(claims_of(plain).none());
  auto keyed = plain;
  keyed.ctx.user_id = 1;
  keyed.ctx.once.key = "k";
  CAF_CHECK(claims_of(keyed).of == claims_of(keyed).of);
  auto other = keyed;
  other.ctx.user_id = 2;
  CAF_CHECK(claims_of(keyed).of != claims_of(other).of);
  change_request<task> removal;
  removal.rows = {lookup::id, {int64_t{3}}};
  removal.also<execution>() = {lookup::open_of_task, {int64_t{3}}};
  CAF_CHECK_EQUAL(claims_of(removal).of.size(), 2u);
  CAF_CHECK(!claims_of(removal).unknown);
  change_request<task> reordering;
  reordering.rows = {lookup::living_of_project, {int64_t{7}}};
  CAF_CHECK(claims_of(reordering).unknown);
}
