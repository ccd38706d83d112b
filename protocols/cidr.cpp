#include "protocols/cidr.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace callboard {

namespace {

using bytes = std::array<uint8_t, 16>;

/// RFC 4291 section 2.5.5.2: what stands before a mapped IPv4 address.
constexpr std::array<uint8_t, 12> mapped_mark{0, 0, 0, 0, 0,    0,
                                              0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned mapped_bits = 96;

bool is_mapped(const bytes& x) {
  return std::equal(mapped_mark.begin(), mapped_mark.end(), x.begin());
}

struct parsed_address {
  bytes value;
  bool ipv4; ///< written as IPv4
};

std::optional<parsed_address> parse_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> buffer{}; // inet_pton wants a final NUL
  if (text.size() >= buffer.size() || text.find('\0') != text.npos)
    return std::nullopt;
  std::copy(text.begin(), text.end(), buffer.begin());
  parsed_address result{{}, true};
  if (inet_pton(AF_INET, buffer.data(), result.value.data() + 12) == 1) {
    std::copy(mapped_mark.begin(), mapped_mark.end(), result.value.begin());
    return result;
  }
  result.ipv4 = false;
  if (inet_pton(AF_INET6, buffer.data(), result.value.data()) == 1)
    return result;
  return std::nullopt;
}

std::string_view without_zone(std::string_view text) {
  auto percent = text.find('%');
  return percent == text.npos || text.find(':') == text.npos
             ? text
             : text.substr(0, percent);
}

/// Clears all bits from the `prefix`th on.
bytes masked(bytes x, unsigned prefix) {
  for (unsigned i = 0; i < x.size(); ++i) {
    auto keep
        = std::clamp(static_cast<int>(prefix) - 8 * static_cast<int>(i), 0, 8);
    x[i] = static_cast<uint8_t>(x[i] & (0xff00U >> keep));
  }
  return x;
}

} // namespace

bool is_address(std::string_view text) {
  return parse_address(text).has_value();
}

bool is_loopback(std::string_view host) {
  static const auto ipv4 = *cidr::parse("127.0.0.0/8");
  static const auto ipv6 = *cidr::parse("::1");
  return host == "localhost" || ipv4.contains(host) || ipv6.contains(host);
}

cidr::cidr(const bytes& network, unsigned prefix)
    : network_(masked(network, prefix)), prefix_(prefix) {}

std::optional<cidr> cidr::parse(std::string_view text) {
  auto slash = text.find('/');
  auto address = text.substr(0, slash);
  if (address.find('%') != address.npos)
    return std::nullopt;
  if (slash == text.npos)
    return of(address, address.find(':') == address.npos ? 32 : 128);
  auto digits = text.substr(slash + 1);
  unsigned prefix = 0;
  auto end = digits.data() + digits.size();
  auto [rest, problem] = std::from_chars(digits.data(), end, prefix);
  if (problem != std::errc{} || rest != end || digits.size() > 3)
    return std::nullopt;
  return of(address, prefix);
}

std::optional<cidr> cidr::of(std::string_view address, unsigned prefix) {
  auto parsed = parse_address(without_zone(address));
  if (!parsed || prefix > (parsed->ipv4 ? 32U : 128U))
    return std::nullopt;
  if (parsed->ipv4)
    prefix += mapped_bits;
  if (is_mapped(parsed->value) && prefix < mapped_bits)
    return std::nullopt;
  return cidr{parsed->value, prefix};
}

bool cidr::contains(std::string_view address) const {
  auto parsed = parse_address(without_zone(address));
  // ::/0 is all of IPv6, but no IPv4 address, though its bits would match.
  return parsed && is_mapped(parsed->value) == is_mapped(network_)
         && masked(parsed->value, prefix_) == network_;
}

std::string to_string(const cidr& x) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  bool ipv4 = is_mapped(x.network_);
  inet_ntop(ipv4 ? AF_INET : AF_INET6, x.network_.data() + (ipv4 ? 12 : 0),
            buffer.data(), buffer.size());
  return std::string{buffer.data()} + '/'
         + std::to_string(ipv4 ? x.prefix_ - mapped_bits : x.prefix_);
}

} // namespace callboard
