#define CAF_SUITE gzip
#include "net/gzip.hpp"
#include "tests/support/gunzip.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

namespace {

/// Text that neither repeats at once nor is random.
std::string text_of(size_t size) {
  std::string out;
  for (size_t i = 0; out.size() < size; ++i)
    out += "{\"id\":" + std::to_string(i * 7919 % 10'007) + "},";
  out.resize(size);
  return out;
}

response with_body(size_t size) {
  response out;
  out.status = 200;
  out.fields.emplace_back("ETag", "\"s1.2\"");
  out.body = text_of(size);
  return out;
}

} // namespace

CAF_TEST(what was compressed comes back whatever its size) {
  for (size_t size : {0u, 1u, 1000u, 65'535u, 65'536u, 65'537u, 700'001u}) {
    gzip_job job{text_of(size)};
    CAF_REQUIRE(job.is_good());
    size_t slices = 1;
    while (job.advance())
      ++slices;
    auto expected = std::max<size_t>(1, (size + 65'535) / 65'536);
    CAF_CHECK_EQUAL(slices, expected);
    auto out = job.take();
    CAF_CHECK(out.starts_with("\x1f\x8b"));
    CAF_CHECK(test::gunzip(out) == text_of(size));
  }
}

CAF_TEST(bytes that cannot shrink come back too) {
  std::string noise;
  uint32_t x = 1;
  while (noise.size() < 200'000)
    noise += static_cast<char>((x = x * 1'664'525 + 1'013'904'223) >> 24);
  gzip_job job{noise};
  while (job.advance())
    ;
  CAF_CHECK(test::gunzip(job.take()) == noise);
}

CAF_TEST(a small answer is compressed at once and its tag tells) {
  boost::asio::io_context io;
  std::string got;
  reply_compressed(io, with_body(2000), [&](response&& x) {
    got = x.body;
    CAF_CHECK_EQUAL(x.fields[0].second, "\"s1.2-gzip\"");
    CAF_CHECK_EQUAL(x.fields[1].second, "gzip");
  });
  CAF_CHECK(test::gunzip(got) == text_of(2000));
}

CAF_TEST(the loop does other things between the slices of a large answer) {
  boost::asio::io_context io;
  std::string order;
  auto slow = [&](const char* name, size_t size) {
    reply_compressed(io, with_body(size), [&order, name, size](response&& x) {
      CAF_CHECK(test::gunzip(x.body) == text_of(size));
      order += name;
    });
  };
  slow("large ", 10 * gzip_job::slice);
  CAF_CHECK(order.empty());
  slow("middle ", 3 * gzip_job::slice);
  slow("small ", 1000);
  CAF_CHECK_EQUAL(order, "small ");
  io.run();
  CAF_CHECK_EQUAL(order, "small middle large ");
}

CAF_TEST(an answer whose loop ends is dropped) {
  bool replied = false;
  {
    boost::asio::io_context io;
    reply_compressed(io, with_body(4 * gzip_job::slice),
                     [&](response&&) { replied = true; });
    io.run_one();
  }
  CAF_CHECK(!replied);
}
