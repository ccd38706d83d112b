// What a session missed: from the feed's memory, else from the rows.
#pragma once

#include "actors/event_feed.hpp"

namespace callboard::actors {

/// Of whom the feed asks its rows: nobody waits longer for them.
call feed_call();

/// `unavailable` until the feed knows the stream, while the database is away,
/// and when too many wait.
caf::result<replay> replay_events(event_feed_pointer self,
                                  const replay_query& query);

} // namespace callboard::actors
