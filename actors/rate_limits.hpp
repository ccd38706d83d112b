// Knows the bucket of every key, has it started when it is needed and ended
// when nobody comes back.
#pragma once

#include "actors/rate_limit_bucket.hpp"
#include "protocols/owed.hpp"
#include "protocols/supervised.hpp"

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace callboard::actors {

struct rate_limit_settings {
  std::map<std::string, rate_rules> buckets; ///< by name
  size_t max_keys = 100'000;
  /// The supervisor of the buckets, looked up at each send.
  std::function<dynamic_supervisor_actor()> supervisor;
  /// The buckets that run when this actor starts: after a crash, those of its
  /// last incarnation.
  std::function<std::vector<child_ptr>()> running;
};

struct rate_limits_state {
  static inline const char* name = "rate_limits";

  struct waiting {
    owed<caf::typed_response_promise<quota>> caller;
    bucket_key key;
  };

  struct entry {
    rate_limit_bucket_actor bucket;
    std::string id; ///< of the bucket's child
    caf::actor_clock::time_point used;
    std::vector<waiting> callers; ///< while it is being started
  };

  rate_limit_settings settings;
  std::unordered_map<std::string, entry> entries;      ///< by bucket and client
  std::unordered_map<caf::actor_id, std::string> keys; ///< of running buckets
  uint64_t started = 0;
  caf::actor_clock::time_point swept = {}; ///< last look for unused keys
};

rate_limits_actor::behavior_type
rate_limits(rate_limits_actor::stateful_pointer<rate_limits_state> self,
            rate_limit_settings settings);

} // namespace callboard::actors
