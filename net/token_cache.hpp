// Access tokens that were found good, on one event loop: to verify one anew
// costs more than to read its whole request.
#pragma once

#include "protocols/jwt.hpp"
#include "protocols/text_hash.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace callboard::net {

using claims_ptr = std::shared_ptr<const claims>;

/// One per loop, used on its thread alone. Tokens that are refused are never
/// kept: whoever sends them pays for each.
class token_cache {
public:
  static constexpr size_t max_entries = 2'000;

  /// `keys` outlive it and do not change.
  explicit token_cache(const signing_keys& keys) : keys_(keys) {}

  /// As `verify_jwt` of an access token at `now` [s].
  caf::expected<claims_ptr> verify(std::string_view token, int64_t now);

  size_t size() const { return entries_.size(); }

private:
  const signing_keys& keys_;
  std::unordered_map<std::string, claims_ptr, text_hash, std::equal_to<>>
      entries_;
};

} // namespace callboard::net
