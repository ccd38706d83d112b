#include "net/ws_places.hpp"

#include <utility>

namespace callboard::net {

ws_place& ws_place::operator=(ws_place&& other) noexcept {
  if (this != &other) {
    release();
    from_ = std::move(other.from_);
    address_ = std::move(other.address_);
  }
  return *this;
}

void ws_place::release() {
  if (auto from = std::exchange(from_, nullptr))
    from->give_back(address_);
}

std::pair<no_place, ws_place>
ws_places::take(std::string address, int64_t total, int64_t per_address) {
  std::lock_guard guard{mutex_};
  if (taken_ >= total)
    return {no_place::full, ws_place{}};
  if (per_address > 0) {
    auto& n = by_address_[address];
    if (n >= per_address)
      return {no_place::address_full, ws_place{}};
    ++n;
  } else {
    address.clear();
  }
  ++taken_;
  return {no_place::none, ws_place{shared_from_this(), std::move(address)}};
}

void ws_places::give_back(const std::string& address) {
  std::lock_guard guard{mutex_};
  --taken_;
  auto i = by_address_.find(address);
  if (i != by_address_.end() && --i->second == 0)
    by_address_.erase(i);
}

int64_t ws_places::taken() const {
  std::lock_guard guard{mutex_};
  return taken_;
}

size_t ws_places::addresses() const {
  std::lock_guard guard{mutex_};
  return by_address_.size();
}

} // namespace callboard::net
