#define CAF_SUITE control_frame
#include "net/control_frame.hpp"
#include "protocols/unicode.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;
using namespace std::string_literals;

namespace {

std::string bytes_of(const frame_ptr& x) { return x->bytes; }

} // namespace

CAF_TEST(a goodbye has its code and its reason) {
  CAF_CHECK_EQUAL(bytes_of(close_frame(close_code::normal, "bye")),
                  "\x88\x05\x03\xe8"
                  "bye"s);
  CAF_CHECK_EQUAL(bytes_of(close_frame(close_code::silent, "")),
                  "\x88\x02\x0f\xa0"s);
}

CAF_TEST(a goodbye without a code is empty) {
  CAF_CHECK_EQUAL(bytes_of(close_frame(close_code::no_status, "ignored")),
                  "\x88\x00"s);
}

CAF_TEST(a reason is cut to what fits and never within a character) {
  auto plain = close_frame(close_code::policy, std::string(200, 'x'));
  CAF_CHECK_EQUAL(plain->bytes.size(), 2u + 125u);
  std::string text(122, 'x');
  for (int i = 0; i < 10; ++i)
    text += "\xe2\x82\xac";
  auto cut = close_frame(close_code::policy, text);
  CAF_CHECK_EQUAL(cut->bytes.size(), 2u + 2u + 122u);
  CAF_CHECK(is_valid_utf8(std::string_view{cut->bytes}.substr(4)));
}

CAF_TEST(pings are one frame for all and pongs repeat what they answer) {
  CAF_CHECK_EQUAL(bytes_of(ping_control_frame()), "\x89\x00"s);
  CAF_CHECK_EQUAL(ping_control_frame().get(), ping_control_frame().get());
  CAF_CHECK_EQUAL(bytes_of(pong_control_frame("hello")), "\x8a\x05hello"s);
}
