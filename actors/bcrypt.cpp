#include "actors/bcrypt.hpp"

#include "protocols/digest.hpp"
#include "protocols/error.hpp"

#include <array>
#include <crypt.h>
#include <memory>

namespace callboard::actors {

namespace {

/// Empty on failure. `crypt_data` is 32 KiB: not for the stack.
std::string crypted(const std::string& password, const char* setting) {
  auto space = std::make_unique<crypt_data>();
  auto* out = crypt_r(password.c_str(), setting, space.get());
  return out == nullptr || out[0] == '*' ? std::string{} : out;
}

} // namespace

caf::expected<std::string> bcrypt_hash(const std::string& password, int cost) {
  auto random = random_bytes(16);
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt;
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), random.data(),
                       static_cast<int>(random.size()), salt.data(),
                       static_cast<int>(salt.size()))
      == nullptr)
    return caf::make_error(errc::internal, std::string{"bcrypt: no salt"});
  auto hash = crypted(password, salt.data());
  if (hash.empty())
    return caf::make_error(errc::internal, std::string{"bcrypt failed"});
  return hash;
}

bool bcrypt_verify(const std::string& password, const std::string& hash) {
  auto known = hash.starts_with("$2a$") || hash.starts_with("$2b$")
               || hash.starts_with("$2y$");
  return known && constant_time_equal(crypted(password, hash.c_str()), hash);
}

} // namespace callboard::actors
