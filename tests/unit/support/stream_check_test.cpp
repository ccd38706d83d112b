#define CAF_SUITE support.stream_check
#include "tests/support/stream_check.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard::test;

namespace {

const std::vector<int64_t> should{2, 4, 6, 8, 10};

} // namespace

CAF_TEST(what was heard is what should be from the begin to the last) {
  stream_check x;
  x.begin(3);
  x.hear(4);
  x.hear(6);
  x.mark(7);
  CAF_CHECK_EQUAL(x.problem(should), "");
  CAF_CHECK_EQUAL(x.last(), 7);
  x.mark(8); // it says that 8 was sent, and it was not
  CAF_CHECK_EQUAL(x.problem(should), "the event 8 is missing from 3 to 8");
}

CAF_TEST(a gap that was told of is none) {
  stream_check x;
  x.begin(0);
  x.hear(2);
  x.begin(7);
  x.hear(8);
  CAF_CHECK_EQUAL(x.problem(should), "");
  CAF_CHECK_EQUAL(x.spans(), 2u);
}

CAF_TEST(repeated swapped foreign and lost events are found) {
  auto problem = [](std::vector<int64_t> heard) {
    stream_check x;
    x.begin(1);
    for (auto position : heard)
      x.hear(position);
    return x.problem(should);
  };
  CAF_CHECK_EQUAL(problem({2, 4, 4}), "the event 4 behind 4");
  CAF_CHECK_EQUAL(problem({4, 2}), "the event 2 behind 4");
  CAF_CHECK_EQUAL(problem({2, 3}), "the event 3 was none of this client's");
  CAF_CHECK_EQUAL(problem({2, 6}), "the event 4 is missing from 1 to 6");
  CAF_CHECK_EQUAL(problem({2, 4}), "");
  stream_check early;
  early.hear(2);
  CAF_CHECK_EQUAL(early.problem(should), "an event before the begin");
  stream_check back;
  back.begin(4);
  back.hear(6);
  back.mark(5);
  CAF_CHECK_EQUAL(back.problem(should), "the mark 5 behind 6");
}
