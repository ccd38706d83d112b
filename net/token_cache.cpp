#include "net/token_cache.hpp"

namespace callboard::net {

caf::expected<claims_ptr> token_cache::verify(std::string_view token,
                                              int64_t now) {
  if (auto known = entries_.find(token); known != entries_.end()) {
    if (known->second->exp > now)
      return known->second;
    entries_.erase(known);
  }
  auto found = verify_jwt(keys_, token, now, token_type::access);
  if (!found)
    return found.error();
  if (entries_.size() >= max_entries)
    entries_.clear(); // rare, and cheaper than an order of use
  auto kept = std::make_shared<const claims>(std::move(*found));
  entries_.emplace(token, kept);
  return kept;
}

} // namespace callboard::net
