// The pipeline of one event loop: what happens to every request, in the order
// of behaviour.md section 5.
#pragma once

#include "net/http.hpp"
#include "net/reply_port.hpp"
#include "net/services.hpp"
#include "net/token_cache.hpp"
#include "net/user_cache.hpp"

#include <deque>
#include <functional>

namespace callboard::net {

/// One per loop, used on its thread alone.
class edge final : public http_handler {
public:
  edge(services& shared, reply_port& port);
  ~edge() override;

  /// request id -> host -> CORS -> refusal of the session -> route (for its
  /// bucket) -> rate limit -> 404/405 -> a place in flight -> authentication
  /// -> conditions -> handler.
  void handle(request in, reply out) override;

  /// Runs `f` on the loop, after what already waits there.
  void later(std::function<void()> f);

  services& shared() { return shared_; }
  reply_port& port() { return port_; }
  loop_counters& counters() { return counters_; }

private:
  void admit(const exchange_ptr& x);
  void count(const exchange_ptr& x, bucket limit, const quota& answer);
  bool is_file(const exchange_ptr& x) const;
  bool take_place(const exchange_ptr& x);
  void dispatch(const exchange_ptr& x);
  void authenticate(const exchange_ptr& x);
  void load_account(const exchange_ptr& x, int64_t id);
  void authorise(const exchange_ptr& x, user_ptr account);

  services& shared_;
  reply_port& port_;
  token_cache tokens_;
  user_cache users_;
  loop_counters& counters_;
  std::deque<std::function<void()>> turns_;
};

} // namespace callboard::net
