#define CAF_SUITE frame_queue
#include "net/frame_queue.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <array>

using namespace callboard;
using namespace callboard::net;

namespace {

frame_ptr piece(std::string bytes) {
  auto out = std::make_shared<frame>();
  out->bytes = std::move(bytes);
  return out;
}

/// All that waits, as the socket would get it.
std::string waiting(const frame_queue& x) {
  std::array<boost::asio::const_buffer, 8> list;
  std::string out;
  for (size_t i = 0, n = x.peek(list); i < n; ++i)
    out.append(static_cast<const char*>(list[i].data()), list[i].size());
  return out;
}

frame_queue queue_of(std::initializer_list<const char*> texts) {
  frame_queue out;
  for (auto* x : texts)
    out.push(piece(x));
  return out;
}

} // namespace

CAF_TEST(bytes leave in the order in which frames came) {
  auto x = queue_of({"abc", "de", "f"});
  CAF_CHECK_EQUAL(waiting(x), "abcdef");
  CAF_CHECK_EQUAL(x.size(), 3u);
  CAF_CHECK_EQUAL(x.bytes(), 6u);
  for (std::string_view rest : {"bcdef", "cdef", "def", "ef", "f", ""}) {
    x.consume(1);
    CAF_CHECK_EQUAL(waiting(x), rest);
    CAF_CHECK_EQUAL(x.bytes(), rest.size());
  }
  CAF_CHECK(x.empty());
}

CAF_TEST(several frames may leave at once) {
  auto x = queue_of({"abc", "de", "f"});
  x.consume(4);
  CAF_CHECK_EQUAL(waiting(x), "ef");
  CAF_CHECK_EQUAL(x.size(), 2u);
  x.push(piece("gh"));
  x.consume(4);
  CAF_CHECK(x.empty());
  CAF_CHECK_EQUAL(x.bytes(), 0u);
}

CAF_TEST(no more pieces are shown than asked for) {
  auto x = queue_of({"a", "b", "c"});
  std::array<boost::asio::const_buffer, 2> list;
  CAF_CHECK_EQUAL(x.peek(list), 2u);
}

CAF_TEST(a frame leaves its memory when it is gone) {
  frame_queue x;
  auto first = piece("abc");
  x.push(first);
  x.push(piece("d"));
  CAF_CHECK_EQUAL(first.use_count(), 2);
  x.consume(2);
  CAF_CHECK_EQUAL(first.use_count(), 2);
  x.consume(1);
  CAF_CHECK_EQUAL(first.use_count(), 1);
}

CAF_TEST(the count and the bytes are bounded but for the last frame) {
  frame_queue many;
  for (size_t i = 0; i < frame_queue::max_frames; ++i)
    CAF_REQUIRE(many.push(piece("x")));
  CAF_CHECK(!many.push(piece("x")));
  CAF_CHECK_EQUAL(many.size(), frame_queue::max_frames);
  many.consume(1);
  CAF_CHECK(many.push(piece("x")));
  frame_queue large;
  CAF_CHECK(large.push(piece(std::string(frame_queue::max_bytes - 1, 'x'))));
  CAF_CHECK(!large.push(piece("xy")));
  CAF_CHECK(large.push(piece("x")));
  CAF_CHECK(!large.push(piece("x")));
  large.push_last(piece("bye"));
  CAF_CHECK_EQUAL(large.bytes(), frame_queue::max_bytes + 3);
}

CAF_TEST(what has begun stays when the rest is dropped) {
  struct row {
    size_t consumed;
    size_t owed;
    std::string_view left;
  };
  for (auto& x :
       {row{0, 0, ""}, row{1, 0, "bc"}, row{3, 0, ""}, row{4, 0, "e"},
        row{0, 1, "abc"}, row{0, 3, "abc"}, row{0, 4, "abcde"}, row{1, 2, "bc"},
        row{1, 3, "bcde"}, row{4, 2, "ef"}, row{6, 0, ""}}) {
    auto queue = queue_of({"abc", "de", "f"});
    queue.consume(x.consumed);
    queue.drop_unsent(x.owed);
    CAF_CHECK_EQUAL(waiting(queue), x.left);
    CAF_CHECK_EQUAL(queue.bytes(), x.left.size());
    queue.push_last(piece("!"));
    CAF_CHECK_EQUAL(waiting(queue), std::string{x.left} + "!");
  }
}

CAF_TEST(a queue that is never empty does not grow) {
  frame_queue x;
  x.push(piece("a"));
  for (int i = 0; i < 10'000; ++i) {
    CAF_REQUIRE(x.push(piece("a")));
    x.consume(1);
  }
  CAF_CHECK_EQUAL(x.size(), 1u);
  CAF_CHECK_EQUAL(waiting(x), "a");
}
