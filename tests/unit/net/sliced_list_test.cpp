#define CAF_SUITE sliced_list
#include "net/sliced_list.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <deque>
#include <functional>

using namespace callboard;
using namespace callboard::net;

namespace {

/// A loop as far as slices see it: each turn is one thing that runs.
struct turns {
  std::deque<std::function<void()>> waiting;
  void later(std::function<void()> f) { waiting.push_back(std::move(f)); }

  /// False if nothing waits.
  bool run_one() {
    if (waiting.empty())
      return false;
    auto f = std::move(waiting.front());
    waiting.pop_front();
    f();
    return true;
  }
};

std::string quoted(const std::string& x) { return '"' + x + '"'; }

/// What a list of rows of one size came to.
struct outcome {
  std::string text;
  size_t turns = 0; ///< besides the first
  size_t most = 0;  ///< rows that one turn rendered
};

outcome render(size_t rows, size_t size) {
  outcome out;
  auto loop = std::make_shared<turns>();
  size_t rendered = 0;
  auto one = [&](const std::string& x) {
    ++rendered;
    return quoted(x);
  };
  std::vector<std::string> all(rows, std::string(size, 'x'));
  auto list
      = std::make_shared<list_text<std::vector<std::string>, decltype(one)>>(
          "{\"a\":", all, one);
  in_turns(
      loop, [list] { return list->advance(); },
      [list, &out] { out.text = list->take("}"); });
  for (out.most = rendered; !loop->waiting.empty(); ++out.turns) {
    auto before = rendered;
    loop->run_one();
    out.most = std::max(out.most, rendered - before);
  }
  CAF_CHECK_EQUAL(rendered, rows);
  return out;
}

} // namespace

CAF_TEST(a list of one slice is rendered at once) {
  CAF_CHECK_EQUAL(render(0, 0).text, "{\"a\":[]}");
  auto small = render(3, 1);
  CAF_CHECK_EQUAL(small.text, "{\"a\":[\"x\",\"x\",\"x\"]}");
  CAF_CHECK_EQUAL(small.turns, 0u);
  CAF_CHECK_EQUAL(render(6, 10'000).turns, 0u);
}

CAF_TEST(a long list holds its loop for one slice at a time) {
  auto x = render(500, 9'998); // 10,000 bytes with the quotes
  CAF_CHECK_EQUAL(x.most, 7u);
  CAF_CHECK_EQUAL(x.turns, 71u);
  CAF_CHECK_EQUAL(x.text.size(), 500u * 10'000 + 499 + 8);
}

CAF_TEST(of rows beyond a slice each has a turn of its own) {
  auto x = render(20, 100'000);
  CAF_CHECK_EQUAL(x.most, 1u);
  CAF_CHECK_EQUAL(x.turns, 19u);
}

CAF_TEST(the pieces of a list are the list) {
  std::vector<std::string> rows(50, std::string(5'000, 'x'));
  list_text list{"{\"a\":", rows, quoted};
  std::string pieces = "{\"a\":[";
  size_t count = 0;
  for (bool more = true; more; ++count) {
    more = list.advance();
    pieces += list.piece();
  }
  CAF_CHECK_EQUAL(count, 4u);
  CAF_CHECK(pieces + "]}" == list.take("}"));
}

CAF_TEST(what others have to do comes between two slices) {
  auto loop = std::make_shared<turns>();
  std::string order;
  int left = 3;
  in_turns(
      loop,
      [&] {
        order += 's';
        return --left > 0;
      },
      [&] { order += 'd'; });
  loop->later([&] { order += 'o'; }); // came while the first slice was rendered
  while (loop->run_one())
    ;
  CAF_CHECK_EQUAL(order, "ssosd");
}

CAF_TEST(members stand before and behind the list of an object) {
  CAF_CHECK_EQUAL(up_to_list("{}", "rows") + "[]" + behind_list("{}"),
                  R"({"rows":[]})");
  CAF_CHECK_EQUAL(up_to_list(R"({"a":1})", "rows") + "[]"
                      + behind_list(R"({"b":2})"),
                  R"({"a":1,"rows":[],"b":2})");
}
