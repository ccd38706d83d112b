// What a session missed: from the feed's memory, else from the rows.
#pragma once

#include "actors/event_feed.hpp"

namespace callboard::actors {

/// Nobody waits longer for the feed's rows.
inline constexpr std::chrono::milliseconds rows_limit{5000};

/// `unavailable` until the feed knows the stream, while the database is away,
/// and when too many wait.
caf::result<replay> replay_events(event_feed_pointer self,
                                  const replay_query& query);

} // namespace callboard::actors
