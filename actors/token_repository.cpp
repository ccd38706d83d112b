#include "actors/token_repository.hpp"

#include "actors/token_decisions.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

using tokens = std::vector<refresh_token>;

change_request<refresh_token> change_of(const call& ctx, selector rows,
                                        bool inserts,
                                        decision<refresh_token> decide) {
  change_request<refresh_token> out;
  out.ctx = ctx;
  out.rows = std::move(rows);
  out.inserts = inserts;
  out.decide = std::move(decide);
  return out;
}

caf::expected<tokens> newest_first(tokens rows) {
  std::sort(rows.begin(), rows.end(),
            [](auto& a, auto& b) { return a.id > b.id; });
  return rows;
}

} // namespace

token_repository_actor::behavior_type token_repository(
    token_repository_actor::stateful_pointer<token_repository_state> self,
    store_source store) {
  self->state.lanes.open(self, std::move(store));
  auto row = [self](change_request<refresh_token> request) {
    return self->state.lanes.change(
        self->make_response_promise<refresh_token>(), std::move(request),
        [](changed<refresh_token> x) { return std::move(x.rows.front()); });
  };
  auto any = [self](change_request<refresh_token> request) {
    return self->state.lanes.change(
        self->make_response_promise<bool>(), std::move(request),
        [](changed<refresh_token> x) { return !x.rows.empty(); });
  };
  return {
      [=](atom::create, const call& ctx,
          const refresh_token& x) -> caf::result<refresh_token> {
        return row(change_of(ctx, {}, true, issued(x)));
      },
      [=](atom::rotate, const call& ctx, const std::string& hash,
          const refresh_token& successor) -> caf::result<refresh_token> {
        return row(change_of(ctx, {lookup::token, {hash}}, true,
                             rotated(ctx, hash, successor)));
      },
      [=](atom::revoke, const call& ctx,
          const std::string& hash) -> caf::result<bool> {
        return any(
            change_of(ctx, {lookup::token, {hash}}, false, revoked(ctx, hash)));
      },
      [=](atom::remove, const call& ctx, int64_t id) -> caf::result<bool> {
        return any(
            change_of(ctx, {lookup::id, {id}}, false, revoked_id(ctx, id)));
      },
      [=](atom::revoke_all, const call& ctx,
          const std::string& keep) -> caf::result<int64_t> {
        return self->state.lanes.change(
            self->make_response_promise<int64_t>(),
            change_of(ctx, {lookup::owner, {ctx.user_id}}, false,
                      revoked_all(ctx, keep)),
            [](changed<refresh_token> x) {
              return static_cast<int64_t>(x.rows.size());
            });
      },
      [=](atom::list, const call& ctx) -> caf::result<tokens> {
        return self->state.lanes.fetch(self->make_response_promise<tokens>(),
                                       ctx, {lookup::owner, {ctx.user_id}},
                                       newest_first);
      },
      [=](atom::sweep) { self->state.lanes.sweep(); },
  };
}

} // namespace callboard::actors
