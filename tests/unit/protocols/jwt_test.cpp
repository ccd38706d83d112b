#define CAF_SUITE jwt
#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/jwt.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;

namespace {

const std::string key = "0123456789abcdef0123456789abcdef";
const signing_keys keys{key};
constexpr int64_t time_now = 1'800'000'000;

/// A token with this header and payload, signed with `with`.
std::string forge(const std::string& header, const std::string& payload,
                  const std::string& with = key) {
  auto text = base64url(header) + '.' + base64url(payload);
  return text + '.' + base64url(hmac_sha256(with, text));
}

const std::string good_header = R"({"alg":"HS256","typ":"JWT"})";
const std::string good_payload
    = R"({"sub":"7","user_id":7,"type":"access","exp":1800000060})";

std::string judge(const std::string& token,
                  token_type type = token_type::access) {
  auto x = verify_jwt(keys, token, time_now, type);
  return x ? "good" : detail(x.error());
}

const std::string refused = "Invalid or expired token";

} // namespace

CAF_TEST(what was signed is read back and the bytes are always the same) {
  claims x;
  x.user_id = 7;
  x.username = "ann";
  x.email = "a@b.de";
  x.role = "admin";
  x.type = token_type::refresh;
  x.iat = time_now;
  x.exp = time_now + 10;
  x.jti = "j";
  auto token = sign_jwt(keys.current(), x);
  CAF_CHECK_EQUAL(token, sign_jwt(keys.current(), x));
  auto y = verify_jwt(keys, token, time_now, token_type::refresh);
  CAF_REQUIRE(y);
  CAF_CHECK_EQUAL(y->user_id, 7);
  CAF_CHECK_EQUAL(y->username, "ann");
  CAF_CHECK_EQUAL(y->jti, "j");
  CAF_CHECK_EQUAL(y->exp, time_now + 10);
}

CAF_TEST(a token of RFC 7515 appendix A 1 has the signature we compute) {
  auto secret = base64url_decoded(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgU"
      "uTwjAzZr1Z9CAow");
  CAF_REQUIRE(secret);
  CAF_CHECK_EQUAL(
      base64url(hmac_sha256(
          *secret,
          "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KI"
          "CJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb2"
          "90Ijp0cnVlfQ")),
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

CAF_TEST(identity may come from either claim but not from two that differ) {
  auto with = [](const std::string& who) {
    return judge(forge(good_header,
                       "{" + who + R"(,"type":"access","exp":1800000060})"));
  };
  CAF_CHECK_EQUAL(with(R"("sub":"7")"), "good");
  CAF_CHECK_EQUAL(with(R"("user_id":7)"), "good");
  CAF_CHECK_EQUAL(with(R"("sub":"7","user_id":7)"), "good");
  for (auto who :
       {R"("sub":"7","user_id":8)", R"("sub":7)", R"("sub":"x")", R"("sub":"")",
        R"("sub":"-7")", R"("sub":"0")", R"("sub":"7 ")", R"("user_id":"7")",
        R"("user_id":7.0)", R"("x":1)"})
    CAF_CHECK_EQUAL(with(who), "Invalid token payload");
}

CAF_TEST(forged and malformed tokens are refused) {
  auto good = forge(good_header, good_payload);
  CAF_REQUIRE_EQUAL(judge(good), "good");
  auto first = good.find('.');
  auto last = good.rfind('.');
  auto flipped = good;
  flipped[last + 5] = flipped[last + 5] == 'A' ? 'B' : 'A';
  const std::string table[] = {
      "",
      ".",
      "..",
      "...",
      "a.b.c",
      good + ".x",
      good + " ",
      " " + good,
      good + "=",
      good + "A",
      flipped,
      good.substr(0, last),
      good.substr(0, last + 1),
      good.substr(0, last + 20),
      base64url(R"({"alg":"none"})") + good.substr(first, last - first) + '.',
      forge(R"({"alg":"none"})", good_payload),
      forge(R"({"alg":"None"})", good_payload),
      forge(R"({"alg":"hs256"})", good_payload),
      forge(R"({"alg":"HS512"})", good_payload),
      forge(R"({"alg":"RS256"})", good_payload),
      forge(R"({"alg":["HS256"]})", good_payload),
      forge(R"({"alg":"HS256","alg":"none"})", good_payload),
      forge(R"({"alg":"HS256","crit":["x"]})", good_payload),
      forge("{}", good_payload),
      forge("[]", good_payload),
      forge("HS256", good_payload),
      forge(good_header, good_payload, "another key of thirty-two bytes!"),
      forge(good_header, good_payload, ""),
      forge(good_header, "[]"),
      forge(good_header, "x"),
      forge(good_header, ""),
      forge(good_header,
            R"({"sub":"7","sub":"8","type":"access","exp":1800000060})"),
      forge(good_header,
            "{\"sub\":\"7\xff\",\"type\":\"access\",\"exp\":1800000060}"),
      forge(good_header, R"({"sub":"7","type":"access"})"),
      forge(good_header, R"({"sub":"7","type":"access","exp":1800000000})"),
      forge(good_header, R"({"sub":"7","type":"access","exp":"1800000060"})"),
      forge(good_header, R"({"sub":"7","type":"access","exp":1800000060.5})"),
      forge(good_header, R"({"sub":"7","type":"access","exp":1e99})"),
      forge(good_header, R"({"sub":"7","type":"access","exp":-1})"),
      forge(good_header, R"({"sub":"7","exp":1800000060})"),
      forge(good_header, R"({"sub":"7","type":"refresh","exp":1800000060})"),
      forge(good_header, R"({"sub":"7","type":1,"exp":1800000060})"),
      forge(good_header, base64url(good)),
      forge(good_header, good_payload.substr(0, good_payload.size() - 1)
                             + ",\"x\":\"" + std::string(4096, 'a') + "\"}"),
      std::string("a\0b.c.d", 7),
  };
  for (auto& token : table)
    CAF_CHECK_EQUAL(judge(token), refused);
}

CAF_TEST(a replaced key is believed while it is known) {
  const std::string next = "fedcba9876543210fedcba9876543210";
  claims x;
  x.user_id = 7;
  x.exp = time_now + 10;
  auto old = sign_jwt(keys.current(), x);
  auto judged_by = [&](const signing_keys& known, const std::string& token) {
    return static_cast<bool>(
        verify_jwt(known, token, time_now, token_type::access));
  };
  CAF_CHECK(judged_by(signing_keys{next, key}, old));
  CAF_CHECK(!judged_by(signing_keys{next}, old));
  auto fresh = sign_jwt(signing_keys(next, key).current(), x);
  CAF_CHECK(judged_by(signing_keys{next}, fresh));
  CAF_CHECK(!judged_by(keys, fresh));
}

CAF_TEST(a token that names a key is judged by that key alone) {
  const std::string other = "fedcba9876543210fedcba9876543210";
  signing_keys both{key, other};
  auto named = [&](const std::string& kid, const std::string& with) {
    auto token
        = forge(R"({"alg":"HS256","kid":)" + kid + "}", good_payload, with);
    return static_cast<bool>(
        verify_jwt(both, token, time_now, token_type::access));
  };
  auto quoted = [](const std::string& id) { return '"' + id + '"'; };
  CAF_CHECK(named(quoted(both.all()[0].id), key));
  CAF_CHECK(named(quoted(both.all()[1].id), other));
  CAF_CHECK(!named(quoted(both.all()[0].id), other));
  CAF_CHECK(!named(quoted(both.all()[1].id), key));
  for (auto kid : {R"("unknown")", R"("")", "null", "7", R"("../../key")"})
    CAF_CHECK(!named(kid, key));
}

CAF_TEST(the id of a key tells nothing of it) {
  CAF_CHECK_EQUAL(keys.current().id.size(), 16u);
  CAF_CHECK(sha256_hex(key).find(keys.current().id) == std::string::npos);
  CAF_CHECK(signing_key{key}.id == keys.current().id);
  CAF_CHECK(signing_key{key + "x"}.id != keys.current().id);
}

CAF_TEST(each type of token is good for itself alone) {
  claims x;
  x.user_id = 1;
  x.exp = time_now + 10;
  for (auto made :
       {token_type::access, token_type::refresh, token_type::operator_}) {
    x.type = made;
    auto token = sign_jwt(keys.current(), x);
    for (auto wanted :
         {token_type::access, token_type::refresh, token_type::operator_})
      CAF_CHECK_EQUAL(judge(token, wanted) == "good", made == wanted);
  }
}

CAF_TEST(base64url takes nothing but its own form) {
  CAF_CHECK(base64url_decoded("") == std::string{});
  for (auto text : {"a", "ab=", "a+b/", "ab cd", "aaaaa", "AB", "AAB"})
    CAF_CHECK(!base64url_decoded(text)
              || base64url(*base64url_decoded(text)) == text);
  CAF_CHECK(!base64url_decoded("AB")); // trailing bits
  CAF_CHECK(!base64url_decoded("a"));
  CAF_CHECK(!base64url_decoded("ab=="));
  for (size_t n = 0; n < 20; ++n) {
    auto bytes = random_bytes(n);
    CAF_CHECK(base64url_decoded(base64url(bytes)) == bytes);
  }
}

CAF_TEST(digests and ids have their form) {
  CAF_CHECK_EQUAL(
      sha256_hex("abc"),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CAF_CHECK(constant_time_equal("a", "a"));
  CAF_CHECK(!constant_time_equal("a", "b"));
  CAF_CHECK(!constant_time_equal("a", "ab"));
  auto id = uuid4();
  CAF_CHECK(is_uuid(id));
  CAF_CHECK_EQUAL(id[14], '4');
  CAF_CHECK(id != uuid4());
  CAF_CHECK(!is_uuid("x" + id.substr(1)));
  CAF_CHECK(!is_uuid(id + "0"));
}
