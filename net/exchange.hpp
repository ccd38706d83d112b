// One request and its answer: all that a handler meets.
#pragma once

#include "net/ask.hpp"
#include "net/edge.hpp"
#include "net/http.hpp"
#include "net/query.hpp"
#include "net/services.hpp"
#include "net/user_cache.hpp"
#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"
#include "protocols/kept_answer.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callboard::net {

/// Lives until the answer was given to the session; used on the loop of its
/// connection alone. Exactly one of `send` and `fail` is called, once.
class exchange : public std::enable_shared_from_this<exchange> {
public:
  exchange(edge& home, request in, reply out);
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  ~exchange();

  const request& in() const { return in_; }
  const call& caller() const { return call_; }
  const user& account() const { return *account_; }
  /// The family of refresh tokens that the caller's access token came with.
  const std::string& family() const { return family_; }
  services& server() const { return home_.shared(); }
  /// Where answers for its connection arrive.
  reply_port& port() const { return home_.port(); }

  /// From here on the caller is this account (login, refresh).
  void act_as(const user& account);

  /// The path parameter at `index` as an id. Answers 422 itself if it is no
  /// integer, 404 `<what> <id> not found` if no row can have it (`names_id`
  /// false: `<what> not found`).
  std::optional<int64_t> id(std::string_view what, size_t index = 0,
                            bool names_id = true);

  /// The path parameter at `index`, decoded, 1 to 255 characters. Answers 422
  /// itself if it is not.
  std::optional<std::string> text(size_t index = 0);

  /// By the route's declarations.
  query_string& query();

  /// True if the query had no problem; else answers 422.
  bool query_is_good();

  /// The declared fields of a JSON body, or nothing after answering 422. The
  /// route declares that it takes them, else `std::logic_error`.
  template <declared T>
  std::optional<patch<T>> read(given rules::*when) {
    return read<T>(when, [](json_document&) {});
  }

  /// The same after `rewrite(document)` has made the body a canonical one.
  template <declared T, class F>
  std::optional<patch<T>> read(given rules::*when, F rewrite) {
    require_declared(&type_mark<T>, when);
    auto body = object();
    if (body)
      rewrite(*body);
    auto changes = body ? read_patch<T>(*body, when)
                        : caf::expected<patch<T>>{body.error()};
    if (changes)
      return std::move(*changes);
    fail(changes.error());
    return std::nullopt;
  }

  /// Asks an actor; `on_value` gets the answer, an error is the response.
  template <class R, class Handle, class F, class... Ts>
  void ask(const Handle& receiver, F on_value, Ts&&... message) {
    try_ask<R>(
        receiver,
        [self = shared_from_this(), on_value](caf::expected<R> x) mutable {
          if (x)
            on_value(std::move(*x));
          else
            self->fail(x.error());
        },
        std::forward<Ts>(message)...);
  }

  /// Asks an actor; `on_result` gets the answer or the error.
  template <class R, class Handle, class F, class... Ts>
  void try_ask(const Handle& receiver, F on_result, Ts&&... message) {
    net::ask<R>(
        home_.port(), receiver, remaining(call_),
        [self = shared_from_this(),
         on_result = std::move(on_result)](caf::expected<R> x) mutable {
          if (x)
            self->note(*x);
          on_result(std::move(x));
        },
        std::forward<Ts>(message)...);
  }

  /// Goes on with `f` after other work of the loop.
  void later(std::function<void()> f) { home_.later(std::move(f)); }

  /// Adds a header to the answer to come. `name`: a constant.
  void header(std::string_view name, std::string value);

  /// The answer would be another with another value of this request header.
  void vary(std::string_view name);

  /// The version of what the answer shows (`entity_tag`). A GET whose client
  /// knows it already is answered 304.
  void tag(std::string entity_tag) { tag_ = std::move(entity_tag); }

  /// What the page of the answer may load. `csp`: a constant.
  void policy(std::string_view csp) { policy_ = csp; }

  /// `type`: a constant. The route declares the status and has been asked for
  /// all its parameters, else `std::logic_error`.
  void send(unsigned status, std::string body,
            std::string_view type = response{}.content_type);
  /// 200 with a body that is read while it is sent.
  void send(std::shared_ptr<body_source> body, std::string_view type);
  /// What a change left for this request, or for the first one with its
  /// `Idempotency-Key`.
  void send(kept_answer x);
  /// 101, which the route declares: from here on the connection is `next`'s.
  void hand_over(std::function<void(taken_connection&&)> next);
  void fail(const caf::error& err);
  void fail(errc code, std::string text) {
    fail(caf::make_error(code, std::move(text)));
  }

private:
  friend class edge;

  const route& declared() const { return *match_.found; }
  void require_declared(const void* type, given rules::*when) const;
  void require_declared(unsigned status);
  caf::expected<json_document> object() const;
  void finish(response out);
  bool compresses(const response& out);
  void revalidate(response& out, bool compressed);
  void log_access(unsigned status, std::chrono::nanoseconds took) const;
  void tell_position(unsigned status);

  template <class R>
  void note(const R&) {}
  /// The answer tells of the change's own event, not of the mark.
  template <class T>
  void note(const changed<T>& x) {
    if (x.position > 0)
      position_ = x.position;
  }

  edge& home_;
  request in_;
  reply out_;
  call call_;
  match match_;
  user_ptr account_;
  std::string family_;
  std::optional<query_string> query_;
  field_list headers_;
  std::string vary_; ///< names, as `Vary` has them
  std::string tag_;  ///< of the answer; empty: none
  std::string_view policy_ = strict_policy;
  std::chrono::steady_clock::time_point began_;
  int64_t position_ = 0; ///< what is answered is no older than this
  bool counted_ = false; ///< holds a place among the requests in flight
};

} // namespace callboard::net
