#include "protocols/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace callboard {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view alphabet
    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What a digit of base64url stands for; -1: it is none.
constexpr std::array<int8_t, 256> values_of_digits() {
  std::array<int8_t, 256> out{};
  out.fill(-1);
  for (size_t i = 0; i < alphabet.size(); ++i)
    out[static_cast<unsigned char>(alphabet[i])] = static_cast<int8_t>(i);
  return out;
}

constexpr auto digit_values = values_of_digits();

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex(std::string_view raw) {
  std::string out(raw.size() * 2, '0');
  auto* to = out.data();
  for (char c : raw) {
    auto x = static_cast<unsigned char>(c);
    *to++ = hex_digits[x >> 4];
    *to++ = hex_digits[x & 15];
  }
  return out;
}

/// From the kernel: OpenSSL would keep a generator per thread, which is lost
/// when a detached thread ends behind OpenSSL.
void fill_random(char* out, size_t n) {
  while (n > 0) {
    auto got = getrandom(out, n, 0);
    if (got < 0 && errno != EINTR) // no secret of this process can be trusted
      std::abort();
    auto used = static_cast<size_t>(std::max<ssize_t>(got, 0));
    out += used;
    n -= used;
  }
}

/// A pool for values that need to be unique more than secret: asking the
/// kernel for 16 bytes at a time costs more than the rest of a request id.
void take_pooled(char* out, size_t n) {
  thread_local std::array<char, 4096> pool;
  thread_local size_t used = pool.size();
  if (used + n > pool.size()) {
    fill_random(pool.data(), pool.size());
    used = 0;
  }
  std::memcpy(out, pool.data() + used, n);
  used += n;
}

} // namespace

std::string sha256_hex(std::string_view text) {
  std::array<char, SHA256_DIGEST_LENGTH> out;
  SHA256(bytes(text), text.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return hex({out.data(), out.size()});
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  unsigned n = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(text),
       text.size(), reinterpret_cast<unsigned char*>(out.data()), &n);
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size()
         && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(size_t n) {
  std::string out(n, '\0');
  fill_random(out.data(), n);
  return out;
}

std::string base64url(std::string_view in) {
  std::string out;
  out.reserve((in.size() * 4 + 2) / 3);
  uint32_t bits = 0;
  int count = 0;
  for (char c : in) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6;) {
      count -= 6;
      out += alphabet[bits >> count & 63];
    }
  }
  if (count > 0)
    out += alphabet[bits << (6 - count) & 63];
  return out;
}

std::optional<std::string> base64url_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    auto value = digit_values[static_cast<unsigned char>(c)];
    if (value < 0)
      return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 255);
    }
  }
  auto rest = bits & ((1u << count) - 1);
  if (text.size() % 4 == 1 || rest != 0)
    return std::nullopt;
  return out;
}

std::string uuid4() {
  std::array<char, 16> raw;
  take_pooled(raw.data(), raw.size());
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  std::string out(36, '-');
  auto* to = out.data();
  for (size_t i = 0; i < raw.size(); ++i) {
    auto x = static_cast<unsigned char>(raw[i]);
    *to++ = hex_digits[x >> 4];
    *to++ = hex_digits[x & 15];
    to += i == 3 || i == 5 || i == 7 || i == 9 ? 1 : 0; // a dash
  }
  return out;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36)
    return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    auto c = static_cast<char>(text[i] | 0x20);
    bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? text[i] != '-' : !digit)
      return false;
  }
  return true;
}

} // namespace callboard
