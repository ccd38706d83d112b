#define CAF_SUITE idempotency_key
#include "net/idempotency_key.hpp"
#include "protocols/digest.hpp"
#include "protocols/error.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

namespace {

request post(std::string_view path = "/x") {
  request out;
  out.method = verb::post;
  out.method_text = "POST";
  out.path = path;
  out.body = "{}";
  return out;
}

/// The key that is read, or `400`.
std::string key_of(std::string_view value) {
  auto in = post();
  in.fields.emplace_back("Idempotency-Key", value);
  call to;
  if (auto err = read_idempotency_key(in, to))
    return std::to_string(info(classify(err)).status);
  return to.once.key;
}

std::string request_of(const request& given) {
  auto in = given;
  in.fields.emplace_back("Idempotency-Key", "k");
  call to;
  CAF_CHECK(!read_idempotency_key(in, to));
  return to.once.request;
}

} // namespace

CAF_TEST(a key is printable text bare or quoted) {
  const std::string longest(255, 'k');
  const std::pair<std::string, std::string> table[] = {
      {"k", "k"},
      {"8e03978e-40d5-43dd-bc93-6894a57f9324",
       "8e03978e-40d5-43dd-bc93-6894a57f9324"},
      {"\"8e03978e\"", "8e03978e"},
      {R"("a\"b\\c")", R"(a"b\c)"},
      {"a b", "a b"},
      {"a\"b", "a\"b"},
      {longest, longest},
      {'"' + longest + '"', longest},
      {"' OR 1=1 --", "' OR 1=1 --"},
      {"", "400"},
      {"\"\"", "400"},
      {"\"", "400"},
      {"\"a", "400"},
      {"\"a\"b\"", "400"},
      {R"("a\")", "400"},
      {R"("a\n")", "400"},
      {"\"a\";x=1", "400"},
      {longest + 'k', "400"},
      {'"' + longest + "k\"", "400"},
      {"a\tb", "400"},
      {std::string{"a\0b", 3}, "400"},
      {"a\x7f", "400"},
      {"a\x1f", "400"},
      {"\xc3\xa4", "400"},
      {"\xff", "400"},
  };
  for (auto& [value, expected] : table)
    if (key_of(value) != expected)
      CAF_ERROR("for " << value << ": " << key_of(value));
}

CAF_TEST(two keys are one too many and none is none) {
  auto in = post();
  call to;
  CAF_CHECK(!read_idempotency_key(in, to));
  CAF_CHECK(to.once.key.empty());
  in.fields.emplace_back("Idempotency-Key", "k");
  in.fields.emplace_back("idempotency-key", "k");
  CAF_CHECK(classify(read_idempotency_key(in, to)) == errc::bad_request);
}

CAF_TEST(a request is its method its target and its body) {
  CAF_CHECK_EQUAL(request_of(post("/a/b")), "POST /a/b");
  CAF_CHECK_EQUAL(request_of(post("/a/b/")), "POST /a/b");
  CAF_CHECK_EQUAL(request_of(post("/")), "POST /");
  auto queried = post("/a");
  queried.query = "x=1";
  CAF_CHECK_EQUAL(request_of(queried), "POST /a?x=1");
  auto far = std::string(600, 'a');
  auto farther = far + 'b';
  CAF_CHECK(request_of(post(far)).size() < 100);
  CAF_CHECK(request_of(post(far)) != request_of(post(farther)));
  auto in = post();
  in.fields.emplace_back("idempotency-key", "k");
  call to;
  CAF_CHECK(!read_idempotency_key(in, to));
  CAF_CHECK_EQUAL(to.once.body_hash, sha256_hex("{}"));
}
