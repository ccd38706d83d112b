// Who asks, and until when: travels with every message to a repository (A21).
#pragma once

#include "protocols/timestamp.hpp"

#include <caf/meta/type_name.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace callboard {

enum class role : uint8_t { user, admin };

/// What makes a request one that its client may send again
/// (`Idempotency-Key`; data-model.md, idempotency_keys).
struct idempotency {
  std::string key;       ///< 1 to 255 printable ASCII characters; empty: none
  std::string request;   ///< method and path, at most 500 bytes
  std::string body_hash; ///< SHA-256 hex
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, idempotency& x) {
  return f(caf::meta::type_name("idempotency"), x.key, x.request, x.body_hash);
}

struct call {
  std::string request_id; ///< UUIDv4
  std::string trace_id;   ///< W3C trace id, empty when the client sent none
  int64_t user_id = 0;    ///< 0: nobody yet, or the system
  role as = role::user;
  std::string address;    ///< of the client, without port
  std::string user_agent; ///< cut to 500 bytes
  /// Monotonic clock of this node, [ns]; who crosses nodes sends what remains.
  int64_t deadline = 0;
  /// Versions that a change may meet (`If-Match`), as `version_of` gives them;
  /// empty: any.
  std::vector<std::string> if_match = {};
  idempotency once = {};

  bool is_admin() const { return as == role::admin; }

  /// `"1"`: how tasks and audit rows name a user; `system` for 0.
  std::string actor() const {
    return user_id == 0 ? "system" : std::to_string(user_id);
  }
};

using deadline_clock = std::chrono::steady_clock;

inline int64_t deadline_in(std::chrono::milliseconds d) {
  return (deadline_clock::now() + d).time_since_epoch()
         / std::chrono::nanoseconds{1};
}

/// What is left, at least 0 and at most one hour (CAF overflows beyond).
inline std::chrono::milliseconds remaining(const call& ctx) {
  using namespace std::chrono;
  auto left
      = nanoseconds{ctx.deadline} - deadline_clock::now().time_since_epoch();
  return std::clamp(duration_cast<milliseconds>(left), milliseconds{0},
                    milliseconds{3'600'000});
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, call& x) {
  return f(caf::meta::type_name("call"), x.request_id, x.trace_id, x.user_id,
           x.as, x.address, x.user_agent, x.deadline, x.if_match, x.once);
}

std::string to_string(role x);

} // namespace callboard
