// The two lanes of a repository to the store: reads never wait for writes.
#pragma once

#include "actors/lane.hpp"
#include "actors/shared_questions.hpp"
#include "protocols/messages.hpp"
#include "protocols/owed.hpp"

#include <functional>

namespace callboard::actors {

/// Finds the store at each send: a restart leaves no stale handle.
struct store_source {
  std::function<store_actor()> find;
  /// Batches of changes that a repository has there at once: more than one
  /// helps only where transactions run side by side.
  size_t batches = 1;

  store_actor operator()() const { return find(); }
};

inline constexpr std::chrono::milliseconds sweep_interval{100};

/// Items that are worth a batch beside another one; fewer wait and go
/// together.
inline constexpr size_t enough_beside = 16;

/// Asks the store a question of the reading side (`storage/lists`); the promise
/// gets what `map(answer)` says, a value or an error.
template <class Answer, class Self, class Question, class F>
caf::result<Answer> ask_store(Self* self, const store_source& store,
                              const call& ctx, const Question& question,
                              F map) {
  auto rp = self->template make_response_promise<Answer>();
  owed to{rp};
  self->request(store(), remaining(ctx), atom::list_v, question, ctx.deadline)
      .then(
          [to, map](Answer& found) {
            caf::expected<Answer> answer = map(std::move(found));
            if (answer)
              to.deliver(std::move(*answer));
            else
              to.deliver(std::move(answer.error()));
          },
          [to](caf::error& err) { to.deliver(std::move(err)); });
  return rp;
}

/// Lanes for the entity T, whose reads by key give rows of type R; `void`:
/// there are none.
template <class T, class R = T>
class store_lanes {
  using row = std::conditional_t<std::is_void_v<R>, T, R>;

public:
  /// Binds the lanes to their actor; call once, when its behaviour is made.
  /// `Self` handles `atom::sweep` by calling `sweep`.
  template <class Self>
  void open(Self* self, store_source store) {
    changes_.open(
        store.batches, enough_beside, claims_of<T>,
        [self, store](auto items, int64_t deadline, bool alone, auto done) {
          auto batch = std::make_shared<change_batch<T>>();
          batch->requests = std::move(items);
          batch->deadline = deadline;
          batch->patient = alone;
          self->request(store(), caf::infinite, atom::write_v, batch)
              .then(
                  [done](change_batch_ptr<T>& answer) {
                    std::vector<std::pair<size_t, change_request<T>>> again;
                    for (auto i : answer->blocked)
                      again.emplace_back(i, std::move(answer->requests[i]));
                    done(std::move(answer->results), std::move(again));
                  },
                  [done](caf::error& err) { done(std::move(err), {}); });
        });
    if constexpr (!std::is_void_v<R>)
      fetches_.open(
          2, enough_beside,
          [self, store](auto items, int64_t deadline, bool, auto done) {
            auto batch = std::make_shared<fetch_batch<R>>();
            batch->wanted = std::move(items);
            batch->deadline = deadline;
            self->request(store(), caf::infinite, atom::fetch_v, batch)
                .then(
                    [done](fetch_batch_ptr<R>& answer) {
                      done(std::move(answer->results), {});
                    },
                    [done](caf::error& err) { done(std::move(err), {}); });
          });
    arm_ = [self] { self->delayed_send(self, sweep_interval, atom::sweep_v); };
  }

  /// Joins the next transaction; the promise gets `map(changed)`, or what
  /// `map(expected<changed>)` makes of an error as well.
  template <class Answer, class F>
  caf::result<Answer> change(caf::typed_response_promise<Answer> rp,
                             change_request<T> request, F map) {
    auto deadline = request.ctx.deadline;
    changes_.add(std::move(request), deadline,
                 [to = owed{rp}, map](caf::expected<changed<T>> x) mutable {
                   constexpr bool maps_errors
                       = std::is_invocable_v<F, caf::expected<changed<T>>>;
                   if constexpr (maps_errors)
                     x = map(std::move(x));
                   if (!x)
                     to.deliver(std::move(x.error()));
                   else if constexpr (maps_errors)
                     to.deliver(std::move(*x));
                   else
                     to.deliver(map(std::move(*x)));
                 });
    arm();
    return rp;
  }

  /// Joins the next read; the promise gets what `map(rows)` says, a value or
  /// an error.
  template <class Answer, class F>
  caf::result<Answer> fetch(caf::typed_response_promise<Answer> rp,
                            const call& ctx, selector wanted, F map) {
    fetches_.add(std::move(wanted), ctx.deadline,
                 [to = owed{rp}, map](caf::expected<std::vector<row>> x) {
                   caf::expected<Answer> answer
                       = x ? map(std::move(*x))
                           : caf::expected<Answer>{x.error()};
                   if (answer)
                     to.deliver(std::move(*answer));
                   else
                     to.deliver(std::move(answer.error()));
                 });
    arm();
    return rp;
  }

  /// Asks the reading side, as `ask_store`, once for all who wait with the same
  /// question; the promise gets the answer, or the error that `check(answer)`
  /// is.
  template <class Answer, class Self, class Question, class F>
  caf::result<Answer> ask(Self* self, const store_source& store,
                          const call& ctx, const Question& question, F check) {
    auto rp = self->template make_response_promise<Answer>();
    auto send = [self, store, question](int64_t deadline, auto done) {
      self->request(store(), caf::infinite, atom::list_v, question, deadline)
          .then(
              [done](Answer& found) {
                done(caf::make_message(std::move(found)));
              },
              [done](caf::error& err) { done(std::move(err)); });
    };
    caf::response_promise& plain = rp; // takes a message that others share
    auto deliver = [to = owed{plain},
                    check](const shared_questions::answer& x) {
      caf::error err = x ? check(x->template get_as<Answer>(0)) : x.error();
      if (err)
        to.deliver(std::move(err));
      else
        to.deliver(*x);
    };
    questions_.ask(bytes_of(question), ctx.deadline, std::move(send),
                   std::move(deliver));
    arm();
    return rp;
  }

  template <class Answer, class Self, class Question>
  caf::result<Answer> ask(Self* self, const store_source& store,
                          const call& ctx, const Question& question) {
    return ask<Answer>(self, store, ctx, question,
                       [](const Answer&) { return caf::error{}; });
  }

  /// On `atom::sweep`.
  void sweep() {
    auto changing = changes_.sweep();
    auto asking = questions_.sweep();
    armed_ = fetches_.sweep() || changing || asking;
    if (armed_)
      arm_();
  }

private:
  void arm() {
    if (!armed_ && (changes_.busy() || fetches_.busy() || questions_.busy())) {
      armed_ = true;
      arm_();
    }
  }

  lane<change_request<T>, changed<T>> changes_;
  lane<selector, std::vector<row>> fetches_;
  shared_questions questions_;
  std::function<void()> arm_;
  bool armed_ = false;
};

} // namespace callboard::actors
