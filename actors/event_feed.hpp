// From the commits of all processes to the hubs: one order, no gap, each event
// encoded once (A6, A12).
#pragma once

#include "actors/event_ring.hpp"
#include "protocols/owed.hpp"
#include "protocols/realtime.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <vector>

namespace callboard::actors {

struct event_feed_settings {
  /// Looked up at each send, so that a restart leaves no stale handle.
  std::function<event_repository_actor()> rows;
  /// Other processes may write into the database: each sweep looks for rows.
  /// SQLite serves one process, whose commits are all told of.
  bool shared = false;
  stream_mark_ptr mark = nullptr; ///< learns of others' commits; may be null

  std::chrono::milliseconds patience{5}; ///< with a hole, before it reads
  std::chrono::milliseconds retry{250};  ///< after a failed read
  std::chrono::milliseconds sweep{1000};
  size_t ring_count = 10'000;
  size_t ring_bytes = size_t{16} << 20;
  int64_t page = 500;          ///< rows of one read [count]
  size_t max_reads = 4;        ///< of replays, at once [count]
  size_t max_waiting = 10'000; ///< replays that wait for one of these [count]
};

/// A hub before the feed knows where the stream is.
struct waiting_hub {
  caf::actor hub;
  owed<caf::typed_response_promise<stream_position>> promise;
};

/// A replay from the rows.
struct row_replay {
  replay_query query;
  owed<caf::typed_response_promise<replay>> promise;
};

struct event_feed_state {
  static inline const char* name = "event_feed";
  event_feed_settings settings;
  std::string epoch;    ///< empty: nothing was read yet
  int64_t position = 0; ///< all up to here was handed out, or is in the ring
  int64_t known = 0;    ///< committed, as far as somebody said
  int64_t target = 0;   ///< where the stream was when the first read began
  bool started = false; ///< `position` has reached the target: hubs may join
  bool reading = false;
  bool timed = false; ///< a look at the rows is to come
  bool failing = false;
  std::map<int64_t, event> ahead; ///< behind a hole
  event_ring ring{0, 0};
  std::vector<caf::actor> hubs;
  std::vector<waiting_hub> joining;
  size_t replays = 0; ///< that read rows
  std::deque<row_replay> waiting;
};

using event_feed_pointer = event_feed_actor::stateful_pointer<event_feed_state>;

/// At its start it reads where the stream is, and the newest rows for its
/// ring; until then hubs wait. Ends with `internal` when the database is
/// another one: its next incarnation begins there.
event_feed_actor::behavior_type event_feed(event_feed_pointer self,
                                           event_feed_settings settings);

} // namespace callboard::actors
