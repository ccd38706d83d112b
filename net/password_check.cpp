#include "net/password_check.hpp"

#include "net/client_address.hpp"

namespace callboard::net {

void begin_attempt(const exchange_ptr& x, const std::string& username,
                   std::function<void()> go_on) {
  if (!x->server().settings.login_backoff)
    return go_on();
  x->ask<quota>(
      x->server().login_guard(),
      [x, go_on = std::move(go_on)](const quota& answer) {
        if (answer.allowed)
          return go_on();
        auto wait = std::to_string(answer.retry_after);
        x->header("Retry-After", wait);
        x->fail(errc::too_many_requests,
                "Too many failed logins, try again in " + wait + " s");
      },
      atom::take_v, username, rate_limit_key(x->caller().address));
}

void end_attempt(const exchange_ptr& x, const std::string& username,
                 bool good) {
  if (x->server().settings.login_backoff)
    caf::anon_send(x->server().login_guard(), atom::report_v, username,
                   rate_limit_key(x->caller().address), good);
}

void compare_password(const exchange_ptr& x, const presented_password& given,
                      const std::string& hash,
                      std::function<void(bool good)> then) {
  begin_attempt(x, given.username, [x, given, hash, then = std::move(then)] {
    x->try_ask<bool>(
        x->server().passwords(),
        [x, name = given.username, then](caf::expected<bool> fits) {
          if (!fits || *fits)
            end_attempt(x, name, fits && *fits);
          if (!fits)
            return x->fail(fits.error());
          then(*fits);
        },
        atom::verify_v, x->caller(), given.password, hash);
  });
}

} // namespace callboard::net
