// Any bytes: no token passes that was not signed.
#include "protocols/digest.hpp"
#include "protocols/jwt.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace callboard;
  const std::string key = "0123456789abcdef0123456789abcdef";
  std::string text{reinterpret_cast<const char*>(bytes), size};
  const signing_keys keys{key};
  if (verify_jwt(keys, text, 0, token_type::access))
    std::abort();
  // The same bytes as a payload that is signed: judged without a crash.
  auto head = base64url(R"({"alg":"HS256"})") + '.' + base64url(text);
  (void)verify_jwt(keys, head + '.' + base64url(hmac_sha256(key, head)), 0,
                   token_type::access);
  return 0;
}
