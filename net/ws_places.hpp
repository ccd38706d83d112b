// How many WebSockets may be open, in all and per address.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace callboard::net {

class ws_places;
using ws_places_ptr = std::shared_ptr<ws_places>;

/// One open WebSocket; gives its place back when it ends. Any thread.
class ws_place {
public:
  ws_place() = default;
  ws_place(ws_places_ptr from, std::string address)
      : from_(std::move(from)), address_(std::move(address)) {}
  ws_place(ws_place&& other) noexcept = default;
  ws_place& operator=(ws_place&& other) noexcept;
  ~ws_place() { release(); }

private:
  void release();

  ws_places_ptr from_;
  std::string address_; ///< empty: not counted by address
};

enum class no_place : uint8_t {
  none,
  full,         ///< in all
  address_full, ///< of this address
};

/// One per process; any thread.
class ws_places : public std::enable_shared_from_this<ws_places> {
public:
  /// `per_address` 0: any number, and nothing is kept of the address.
  /// @returns why there is none, or `none` and the place.
  std::pair<no_place, ws_place> take(std::string address, int64_t total,
                                     int64_t per_address);

  /// Taken in all [count].
  int64_t taken() const;

  /// Addresses that are counted [count].
  size_t addresses() const;

private:
  friend class ws_place;
  void give_back(const std::string& address);

  mutable std::mutex mutex_; // guards all below
  int64_t taken_ = 0;
  std::unordered_map<std::string, int64_t> by_address_;
};

} // namespace callboard::net
