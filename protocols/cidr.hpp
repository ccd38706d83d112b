// IP networks: whom a proxy list or an exemption names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// True for the text of an IPv4 or IPv6 address: no port, no brackets, no zone.
bool is_address(std::string_view text);

/// True for `localhost`, 127.0.0.0/8 and `::1`, IPv4-mapped ones included.
bool is_loopback(std::string_view host);

/// A network of one address family. An IPv4-mapped IPv6 address
/// (`::ffff:10.0.0.1`) is the IPv4 address it holds.
class cidr {
public:
  /// `10.0.0.0/8`, `2001:db8::/32`, or one address. Bits behind the prefix are
  /// cleared. Nothing on anything else.
  static std::optional<cidr> parse(std::string_view text);

  /// The network of `address` with a prefix of so many bits, counted in the
  /// family of its text; a zone (`%eth0`) is ignored. Nothing if it is no
  /// address, if the prefix is too long, or if it would cut into the mark of an
  /// IPv4-mapped address.
  static std::optional<cidr> of(std::string_view address, unsigned prefix);

  /// Whether `address` lies in it; no address lies nowhere. A zone is ignored.
  bool contains(std::string_view address) const;

  bool operator==(const cidr&) const = default;

  friend std::string to_string(const cidr& x);

private:
  using bytes = std::array<uint8_t, 16>;
  cidr(const bytes& network, unsigned prefix);

  bytes network_{};     ///< IPv4 as `::ffff:a.b.c.d`
  unsigned prefix_ = 0; ///< [bits] of the 128
};

/// `10.0.0.0/8`; always with the prefix.
std::string to_string(const cidr& x);

} // namespace callboard
