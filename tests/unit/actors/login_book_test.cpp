#define CAF_SUITE login_book
#include "actors/login_book.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

constexpr int64_t t0 = 1'000'000; // [ms]

login_rules rules() {
  login_rules out;
  out.pair = {3, 1s, 8s, 3600s};
  out.account = {6, 1s, 4s, 3600s};
  out.max_entries = 20;
  return out;
}

/// One line per attempt: `+` allowed, else how long to wait [s].
std::string tries(login_book& book, const char* address, int n, int64_t at) {
  std::string out;
  for (int i = 0; i < n; ++i) {
    auto answer = book.take("ann", address, at);
    out += answer.allowed ? "+" : std::to_string(answer.retry_after);
  }
  return out;
}

} // namespace

CAF_TEST(some failures are free then each wait is twice as long up to a bound) {
  login_book book{rules()};
  auto now = t0;
  CAF_CHECK_EQUAL(tries(book, "a", 3, now), "+++");
  for (int64_t wait : {1, 2, 4, 8, 8}) {
    CAF_CHECK_EQUAL(tries(book, "a", 1, now), "+");
    CAF_CHECK_EQUAL(tries(book, "a", 1, now), std::to_string(wait));
    now += wait * 1000 - 1;
    CAF_CHECK_EQUAL(tries(book, "a", 1, now), "1");
    now += 1;
  }
}

CAF_TEST(
    of many attempts at once no more than the free ones and one are tried) {
  login_book book{rules()};
  CAF_CHECK_EQUAL(tries(book, "a", 8, t0), "++++1111");
}

CAF_TEST(a good login forgets the failures of its address alone) {
  login_book book{rules()};
  tries(book, "a", 3, t0);
  tries(book, "b", 4, t0);
  book.succeeded("ann", "a", t0);
  CAF_CHECK_EQUAL(tries(book, "b", 1, t0), "1");
  CAF_CHECK_EQUAL(tries(book, "a", 4, t0), "++++");
}

CAF_TEST(an account is guarded against many addresses together) {
  login_book book{rules()};
  std::string all;
  for (auto address : {"a", "b", "c", "d"})
    all += tries(book, address, 2, t0);
  CAF_CHECK_EQUAL(all, "+++++++1");
  CAF_CHECK_EQUAL(tries(book, "e", 1, t0), "1");
}

CAF_TEST(strangers do not lock out the owner at a known address) {
  login_book book{rules()};
  book.take("ann", "home", t0);
  book.succeeded("ann", "home", t0);
  for (auto address : {"a", "b", "c", "d", "e"})
    tries(book, address, 2, t0);
  CAF_CHECK_EQUAL(tries(book, "f", 1, t0), "1");
  CAF_CHECK_EQUAL(tries(book, "home", 1, t0), "+");
}

CAF_TEST(an attempt that was not compared does not count) {
  login_book book{rules()};
  for (int i = 0; i < 20; ++i) {
    CAF_CHECK(book.take("ann", "a", t0).allowed);
    book.take_back("ann", "a", t0);
  }
}

CAF_TEST(nor does it from an address that was known once) {
  login_book book{rules()};
  CAF_CHECK(book.take("ann", "home", t0).allowed);
  book.succeeded("ann", "home", t0);
  auto later = t0 + 3'600'000; // the account counts again
  for (int i = 0; i < 20; ++i) {
    CAF_CHECK(book.take("ann", "home", later).allowed);
    book.take_back("ann", "home", later);
  }
}

CAF_TEST(names are told apart and so is nothing else about them) {
  login_book book{rules()};
  CAF_CHECK_EQUAL(tries(book, "a", 5, t0), "++++1");
  CAF_CHECK(book.take("nobody", "a", t0).allowed);
}

CAF_TEST(what is long past is forgotten and the book has a bound) {
  login_book book{rules()};
  tries(book, "a", 4, t0);
  book.forget(t0 + 3'599'999);
  CAF_CHECK_EQUAL(book.size(), 2u);
  book.forget(t0 + 3'600'000);
  CAF_CHECK_EQUAL(book.size(), 0u);
  for (int i = 0; i < 100; ++i)
    book.take("name" + std::to_string(i), "a", t0 + i);
  CAF_CHECK(book.size() <= 21u);
}
