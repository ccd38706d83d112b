// Which of the events that a session may see it wants to see.
#pragma once

#include "protocols/client_message.hpp"
#include "protocols/realtime.hpp"

#include <bitset>

namespace callboard::actors {

class subscription {
public:
  subscription() { channels_.set(); }

  /// `subscribe` replaces the channels, `unsubscribe` takes them away; filters
  /// and batch are replaced where they are given.
  void apply(const client_message& x);

  bool wants(const event& x) const;
  bool batched() const { return batched_; }

  /// Members of an ack's `data`: `"channels":[...],...`.
  std::string members() const;

private:
  std::bitset<ws_channels.size()> channels_;
  event_filters filters_;
  bool batched_ = false;
};

} // namespace callboard::actors
