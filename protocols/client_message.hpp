// What a client says over a WebSocket (websocket.md section 6).
#pragma once

#include <caf/expected.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What `subscribe` may name; `presence` is for admins.
inline constexpr auto ws_channels = std::to_array<std::string_view>(
    {"tasks", "agents", "calendar", "projects", "sync", "presence"});

enum class said : uint8_t {
  ping,
  pong,
  ack,
  authenticate,
  subscribe,
  unsubscribe,
  other,
};

/// Each list: one of these; empty: any.
struct event_filters {
  std::vector<int64_t> project_ids;
  std::vector<int64_t> task_ids;
  std::vector<std::string> statuses;
  bool operator==(const event_filters&) const = default;
};

struct client_message {
  said what = said::other;
  std::string type;
  std::string event_id = "null"; ///< JSON: text, number or null
  std::string token;             ///< of `authenticate`
  /// Of `subscribe` and `unsubscribe`: known ones; absent: all stay.
  std::optional<std::vector<std::string>> channels;
  std::optional<event_filters> filters; ///< absent: those before
  std::optional<bool> batch;            ///< absent: as before
  std::optional<std::string> since;     ///< an `event_id`
};

/// Most items of a filter [count].
inline constexpr size_t max_filter_items = 100;

/// `bad_request` with the reason, which may be shown.
caf::expected<client_message> read_client_message(std::string_view text);

} // namespace callboard
