#include "actors/rate_limits.hpp"

#include "protocols/error.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace callboard::actors {

namespace {

using self_pointer = rate_limits_actor::stateful_pointer<rate_limits_state>;
using entry = rate_limits_state::entry;

constexpr std::chrono::seconds sweep_interval{10};
constexpr std::chrono::seconds full_pause{1}; // looking at all keys is work

std::string text_of(const bucket_key& key) {
  return key.bucket + '|' + key.client;
}

caf::error unavailable(const char* text) {
  return caf::make_error(errc::unavailable, std::string{text});
}

void running(self_pointer self, const std::string& key,
             const caf::actor& started) {
  auto i = self->state.entries.find(key);
  if (i == self->state.entries.end())
    return;
  auto& x = i->second;
  x.bucket = caf::actor_cast<rate_limit_bucket_actor>(started);
  self->state.keys[started.id()] = key;
  self->monitor(started);
  for (auto& w : std::exchange(x.callers, {}))
    w.caller.delegate(x.bucket, atom::take_v, std::move(w.key));
}

void not_running(self_pointer self, const std::string& key,
                 const caf::error& why) {
  auto i = self->state.entries.find(key);
  if (i == self->state.entries.end())
    return;
  for (auto& w : std::exchange(i->second.callers, {}))
    w.caller.deliver(why);
}

/// Asks for a bucket; the same id after a crash, so that it gets its window.
void start(self_pointer self, const std::string& key, const std::string& id,
           const rate_rules& rules) {
  start_child spec;
  spec.id = id;
  spec.start = [rules](caf::actor_system& sys, const child_ptr& me) {
    return spawn_function<rate_limit_bucket_actor, rate_limit_bucket_state>(
        sys, me, nullptr, rate_limit_bucket, me, rules);
  };
  self->request(self->state.settings.supervisor(), caf::infinite, spec)
      .then([=](const caf::actor& started) { running(self, key, started); },
            [=](const caf::error& why) { not_running(self, key, why); });
}

/// A bucket ended: if it crashed, the next request starts it again.
void lost(self_pointer self, const caf::actor_addr& who) {
  auto i = self->state.keys.find(who.id());
  if (i == self->state.keys.end())
    return;
  auto x = self->state.entries.find(i->second);
  if (x != self->state.entries.end() && x->second.bucket
      && x->second.bucket.address() == who)
    x->second.bucket = nullptr;
  self->state.keys.erase(i);
}

/// Forgets keys whose window is over: an address that never returns costs
/// nothing after a while. The bucket ends behind what was passed on to it.
void forget_unused(self_pointer self) {
  auto now = self->clock().now();
  self->state.swept = now;
  std::erase_if(self->state.entries, [&](auto& item) {
    auto& x = item.second;
    if (!x.callers.empty() || now < x.used + rate_window_length)
      return false;
    if (x.bucket) {
      self->state.keys.erase(x.bucket.id());
      self->send(x.bucket, atom::stop_v);
    }
    return true;
  });
}

/// Takes over a bucket of the last incarnation: limits survive a crash (A16).
void adopt(self_pointer self, const child& x) {
  auto running = x.get();
  auto mark = x.id().rfind('#');
  uint64_t number = 0;
  if (!running || mark == std::string::npos
      || std::from_chars(x.id().data() + mark + 1,
                         x.id().data() + x.id().size(), number)
                 .ec
             != std::errc{})
    return;
  auto& state = self->state;
  auto key = x.id().substr(0, mark);
  auto& found = state.entries[key];
  found.bucket = caf::actor_cast<rate_limit_bucket_actor>(running);
  found.id = x.id();
  found.used = self->clock().now();
  state.keys[running.id()] = key;
  self->monitor(running);
  state.started = std::max(state.started, number);
}

} // namespace

rate_limits_actor::behavior_type rate_limits(self_pointer self,
                                             rate_limit_settings settings) {
  self->state.settings = std::move(settings);
  self->set_down_handler([self](caf::down_msg& x) { lost(self, x.source); });
  if (self->state.settings.running)
    for (auto& x : self->state.settings.running())
      adopt(self, *x);
  self->delayed_send(self, sweep_interval, atom::sweep_v);
  return {
      [self](atom::take, const bucket_key& key) -> caf::result<quota> {
        auto& state = self->state;
        auto rules = state.settings.buckets.find(key.bucket);
        if (rules == state.settings.buckets.end())
          return caf::make_error(errc::internal, "no bucket " + key.bucket);
        auto text = text_of(key);
        auto i = state.entries.find(text);
        if (i == state.entries.end()) {
          auto now = self->clock().now();
          if (state.entries.size() >= state.settings.max_keys
              && now > state.swept + full_pause)
            forget_unused(self);
          if (state.entries.size() >= state.settings.max_keys)
            return unavailable("Too many clients");
          i = state.entries.emplace(text, entry{}).first;
          i->second.id = text + '#' + std::to_string(++state.started);
        }
        auto& x = i->second;
        x.used = self->clock().now();
        if (x.bucket)
          return self->delegate(x.bucket, atom::take_v, key);
        auto caller = self->make_response_promise<quota>();
        x.callers.push_back({owed{caller}, key});
        if (x.callers.size() == 1)
          start(self, text, x.id, rules->second);
        return caller;
      },
      [self](atom::sweep) {
        forget_unused(self);
        self->delayed_send(self, sweep_interval, atom::sweep_v);
      },
  };
}

} // namespace callboard::actors
