#include "protocols/signing_keys.hpp"

#include "protocols/digest.hpp"

namespace callboard {

namespace {

constexpr size_t id_size = 16; // hex digits

} // namespace

signing_key::signing_key(std::string text)
    : secret(std::move(text)),
      id(sha256_hex(hmac_sha256(secret, "callboard key id"))
             .substr(0, id_size)) {}

signing_keys::signing_keys(std::string current, std::string previous) {
  keys_.emplace_back(std::move(current));
  if (!previous.empty())
    keys_.emplace_back(std::move(previous));
}

} // namespace callboard
