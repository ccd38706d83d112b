// Coalescing (A4): while batches are at the store, requests queue; when one
// returns, the queue is the next batch. A batch of one when idle, no timers
// but the sweep for deadlines.
#pragma once

#include "actors/caller.hpp"
#include "actors/claims.hpp"
#include "protocols/call.hpp"
#include "protocols/error.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace callboard::actors {

/// What waits for the store, and what is there, of one kind of request. Owned
/// by a repository's state and used on its thread alone.
template <class Item, class Result>
class lane {
public:
  using reply = std::function<void(caf::expected<Result>)>;
  using results = std::vector<caf::expected<Result>>;
  /// The results of a batch, and the items that met a lock, by index: they go
  /// again, each alone.
  using done = std::function<void(caf::expected<results>,
                                  std::vector<std::pair<size_t, Item>>)>;
  /// Sends a batch to the store; calls `done` once, with a result per item.
  /// `alone`: one item, which waits for locks until its deadline.
  using dispatch = std::function<void(std::vector<Item>, int64_t deadline,
                                      bool alone, done)>;

  /// What an item must not share with another batch that is at the store.
  using claiming = std::function<claims(const Item&)>;

  static constexpr size_t max_batch = 256; ///< items of one transaction
  static constexpr size_t max_waiting = 4096;
  /// Items at the store that wait for locks: more would take all workers.
  static constexpr size_t max_alone = 4;

  /// Opens a lane without claims. At most `batches` are at the store at once;
  /// one goes beside another only with `enough` items.
  void open(size_t batches, size_t enough, dispatch f) {
    batches_ = batches;
    enough_ = enough;
    dispatch_ = std::move(f);
  }

  /// The items of a second batch keep off what the first one claims as well:
  /// the others, and whoever came after them, wait for its return.
  void open(size_t batches, size_t enough, claiming wanted, dispatch f) {
    open(batches, enough, std::move(f));
    claims_of_ = std::move(wanted);
  }

  /// Queues an item. `reply` is called once: with the store's answer, or with
  /// `deadline_exceeded` or `unavailable`.
  void add(Item item, int64_t deadline, reply f) {
    if (waiting_.size() >= max_waiting)
      return f(caf::make_error(errc::unavailable,
                               std::string{"Too many requests are waiting"}));
    auto side_by_side = claims_of_ && batches_ > 1;
    auto wanted = side_by_side ? claims_of_(item) : claims{};
    waiting_.push_back(
        {std::move(item), {deadline, std::move(f)}, std::move(wanted)});
    pump();
  }

  /// Answers all whose deadline passed, at the store or not: a worker is never
  /// trusted. True if somebody still waits.
  bool sweep() {
    auto now = deadline_in(std::chrono::milliseconds{0});
    std::vector<reply> late;
    auto expired = [&](waiter& x) { return x.who.expire(now, late); };
    std::erase_if(waiting_, expired);
    std::erase_if(blocked_, expired);
    for (auto& batch : at_store_)
      for (auto& who : *batch)
        who.expire(now, late);
    for (auto& f : late)
      f(caf::make_error(errc::deadline_exceeded));
    return busy();
  }

  bool busy() const {
    return !waiting_.empty() || !blocked_.empty() || !at_store_.empty();
  }

private:
  using caller = actors::caller<reply>;

  struct waiter {
    Item item;
    caller who;
    claims wanted = {};
  };

  using flight = std::shared_ptr<std::vector<caller>>;

  void pump() {
    while (running_ < batches_)
      if (auto n = sendable(); n > 0)
        send(n);
      else
        return;
  }

  /// How many of the longest waiting may go now.
  size_t sendable() const {
    auto most = std::min(waiting_.size(), max_batch);
    if (running_ == 0)
      return most;
    size_t n = 0;
    while (n < most && claimed_.allow(waiting_[n].wanted))
      ++n;
    return n < enough_ ? 0 : n;
  }

  void send(size_t n) {
    std::vector<Item> items;
    items.reserve(n);
    auto callers = std::make_shared<std::vector<caller>>();
    callers->reserve(n);
    int64_t deadline = 0;
    claims taken;
    auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(n);
    for (auto i = waiting_.begin(); i != end; ++i) {
      items.push_back(std::move(i->item));
      deadline = std::max(deadline, i->who.deadline);
      callers->push_back(std::move(i->who));
      taken.add(i->wanted);
    }
    waiting_.erase(waiting_.begin(), end);
    ++running_;
    claimed_.take(taken);
    at_store_.push_back(callers);
    dispatch_(std::move(items), deadline, false,
              [this, callers, taken](auto answers, auto again) {
                --running_;
                claimed_.release(taken);
                send_alone(*callers, std::move(again));
                settle(callers, std::move(answers));
                pump();
              });
  }

  /// Beside the batches: whoever waits for a lock holds up nobody.
  void send_alone(std::vector<caller>& callers,
                  std::vector<std::pair<size_t, Item>> again) {
    for (auto& [index, item] : again)
      if (callers[index].f)
        blocked_.push_back(
            {std::move(item), std::exchange(callers[index], caller{})});
    pump_alone();
  }

  void pump_alone() {
    while (!blocked_.empty() && alone_ < max_alone) {
      auto x = std::move(blocked_.front());
      blocked_.erase(blocked_.begin());
      auto deadline = x.who.deadline;
      auto who = std::make_shared<std::vector<caller>>();
      who->push_back(std::move(x.who));
      at_store_.push_back(who);
      std::vector<Item> items;
      items.push_back(std::move(x.item));
      ++alone_;
      dispatch_(std::move(items), deadline, true,
                [this, who](auto answers, auto) {
                  --alone_;
                  settle(who, std::move(answers));
                  pump_alone();
                });
    }
  }

  void settle(const flight& callers, caf::expected<results> answers) {
    std::erase(at_store_, callers);
    for (size_t i = 0; i < callers->size(); ++i) {
      auto f = std::exchange((*callers)[i].f, nullptr);
      if (!f)
        continue;
      if (!answers)
        f(answers.error());
      else
        f(std::move((*answers)[i]));
    }
  }

  size_t batches_ = 1;
  size_t enough_ = 1;
  dispatch dispatch_;
  claiming claims_of_;
  claimed_set claimed_; ///< by the batches at the store
  std::vector<waiter> waiting_;
  std::vector<waiter> blocked_; ///< met a lock; each goes alone
  std::vector<flight> at_store_;
  size_t running_ = 0; ///< batches at the store
  size_t alone_ = 0;   ///< items at the store that wait for locks
};

} // namespace callboard::actors
