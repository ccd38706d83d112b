// The caller's logins: one per live refresh token (rest-api section 4).
#include "net/answer_schemas.hpp"
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

void list_sessions(const exchange_ptr& x) {
  x->ask<std::vector<refresh_token>>(
      x->server().tokens(),
      [x](const std::vector<refresh_token>& rows) {
        x->send(200, json_array(rows, [](auto& row) {
                  return json_object{}.members(row).done();
                }));
      },
      atom::list_v, x->caller());
}

void end_session(const exchange_ptr& x) {
  auto id = x->id("Session", 0, false);
  if (!id)
    return;
  x->ask<bool>(
      x->server().tokens(),
      [x](bool) { x->send(200, message_json("Session revoked successfully")); },
      atom::remove_v, x->caller(), *id);
}

void end_sessions(const exchange_ptr& x) {
  x->ask<int64_t>(
      x->server().tokens(),
      [x](int64_t) {
        x->send(200, message_json("All sessions revoked successfully"));
      },
      atom::revoke_all_v, x->caller(), std::string{});
}

constexpr schema session_schema{"Session", row_schema<refresh_token>};
constexpr schema sessions_schema{"Sessions", array_schema<session_schema>};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/v1/auth/sessions",
     .handle = list_sessions,
     .answer = answers::secret,
     .id = "listSessions",
     .about = "Lists the caller's live sessions, the newest first",
     .gives = {{200, &sessions_schema}}},
    {.method = verb::del,
     .pattern = "/api/v1/auth/sessions",
     .handle = end_sessions,
     .answer = answers::secret,
     .id = "revokeAllSessions",
     .about = "Ends all sessions of the caller",
     .gives = {{200, &message_schema}}},
    {.method = verb::del,
     .pattern = "/api/v1/auth/sessions/{session_id}",
     .handle = end_session,
     .answer = answers::secret,
     .id = "revokeSession",
     .about = "Ends one session of the caller",
     .gives = {{200, &message_schema}}},
};

} // namespace

std::span<const route> session_routes() { return table; }

} // namespace callboard::net
