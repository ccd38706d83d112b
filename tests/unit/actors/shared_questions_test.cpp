#define CAF_SUITE shared_questions
#include "actors/shared_questions.hpp"
#include "protocols/messages.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

/// Questions, and the store behind them.
struct fixture {
  using answer = shared_questions::answer;

  struct asked {
    std::string question;
    int64_t deadline;
    shared_questions::reply done;
  };

  void ask(const std::string& who, const std::string& question,
           std::chrono::milliseconds within = 5s) {
    subject.ask(
        question, deadline_in(within),
        [this, question](int64_t deadline, shared_questions::reply done) {
          at_store.push_back({question, deadline, done});
        },
        [this, who](const answer& got) {
          heard.push_back(who + ' '
                          + (got ? std::to_string(got->get_as<int>(0))
                                 : to_string(classify(got.error()))));
          if (got)
            contents.push_back(got->cvals().get());
        });
  }

  void answer_with(size_t i, answer found) {
    auto done = at_store[i].done;
    done(found);
  }

  std::vector<std::string> take() { return std::exchange(heard, {}); }

  shared_questions subject;
  std::vector<asked> at_store;
  std::vector<std::string> heard;
  std::vector<const void*> contents;
};

using texts = std::vector<std::string>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(shared_questions_tests, fixture)

CAF_TEST(nobody joins a question that is at the store) {
  ask("a", "q");
  ask("b", "q");
  ask("c", "q");
  CAF_REQUIRE_EQUAL(at_store.size(), 1u);
  answer_with(0, caf::make_message(1));
  CAF_CHECK(take() == texts{"a 1"});
  CAF_REQUIRE_EQUAL(at_store.size(), 2u);
  ask("d", "q"); // and this one waits for the next
  answer_with(1, caf::make_message(2));
  CAF_CHECK(take() == (texts{"b 2", "c 2"}));
  CAF_REQUIRE_EQUAL(at_store.size(), 3u);
  answer_with(2, caf::make_message(3));
  CAF_CHECK(take() == texts{"d 3"});
  CAF_CHECK(!subject.busy());
}

CAF_TEST(all who waited share one answer) {
  ask("a", "q");
  ask("b", "q");
  ask("c", "q");
  answer_with(0, caf::make_message(1));
  answer_with(1, caf::make_message(2));
  CAF_REQUIRE_EQUAL(contents.size(), 3u);
  CAF_CHECK(contents[0] != contents[1]);
  CAF_CHECK(contents[1] == contents[2]);
}

CAF_TEST(other questions go side by side) {
  ask("a", "q");
  ask("b", "r");
  CAF_REQUIRE_EQUAL(at_store.size(), 2u);
  answer_with(1, caf::make_message(2));
  CAF_CHECK(take() == texts{"b 2"});
  answer_with(0, caf::make_message(1));
  CAF_CHECK(take() == texts{"a 1"});
}

CAF_TEST(an error is for all who asked and for nobody after them) {
  ask("a", "q");
  ask("b", "q");
  ask("c", "q");
  answer_with(0, caf::make_error(errc::internal));
  CAF_CHECK(take() == texts{"a internal"});
  answer_with(1, caf::make_error(errc::unavailable));
  CAF_CHECK(take() == (texts{"b unavailable", "c unavailable"}));
  ask("d", "q");
  answer_with(2, caf::make_message(3));
  CAF_CHECK(take() == texts{"d 3"});
}

CAF_TEST(whoever waits is answered at its deadline and not once more) {
  ask("a", "q", 0ms);
  ask("b", "q", 0ms);
  ask("c", "q");
  CAF_CHECK(subject.sweep());
  CAF_CHECK(take().size() == 2u);
  answer_with(0, caf::make_message(1));
  CAF_CHECK(take().empty());
  answer_with(1, caf::make_message(2));
  CAF_CHECK(take() == texts{"c 2"});
  CAF_CHECK(!subject.sweep());
}

CAF_TEST(a question whose askers are gone is not asked again) {
  ask("a", "q");
  ask("b", "q", 0ms);
  subject.sweep();
  answer_with(0, caf::make_message(1));
  CAF_CHECK_EQUAL(at_store.size(), 1u);
  CAF_CHECK(!subject.busy());
}

CAF_TEST(the store has until the last deadline of those who asked) {
  ask("a", "q");
  ask("b", "q", 1s);
  ask("c", "q", 9s);
  ask("d", "q", 2s);
  answer_with(0, caf::make_message(1));
  CAF_CHECK_GREATER(at_store[1].deadline, deadline_in(8s));
}

CAF_TEST(too many who wait are refused at once) {
  ask("a", "q");
  for (size_t i = 0; i < shared_questions::max_waiting; ++i)
    ask("b", "q");
  CAF_CHECK(heard.empty());
  ask("c", "r");
  CAF_CHECK(take() == texts{"c unavailable"});
  answer_with(0, caf::make_message(1));
  ask("d", "r");
  CAF_CHECK_EQUAL(at_store.back().question, "r");
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(questions are equal if all of them is) {
  task_query one;
  one.owner = "1";
  auto other = one;
  CAF_CHECK_EQUAL(bytes_of(one), bytes_of(other));
  other.owner = "2";
  CAF_CHECK_NOT_EQUAL(bytes_of(one), bytes_of(other));
  other = one;
  other.offset = 20;
  CAF_CHECK_NOT_EQUAL(bytes_of(one), bytes_of(other));
  other = one;
  other.search = "x";
  CAF_CHECK_NOT_EQUAL(bytes_of(one), bytes_of(other));
  CAF_CHECK_NOT_EQUAL(bytes_of(page<task>{}), bytes_of(page<project>{}));
}
