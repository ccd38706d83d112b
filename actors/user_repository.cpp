#include "actors/user_repository.hpp"

#include "actors/user_decisions.hpp"
#include "protocols/error.hpp"
#include "protocols/unicode.hpp"

namespace callboard::actors {

namespace {

change_request<user> change_of(const call& ctx, int64_t id,
                               decision<user> decide) {
  change_request<user> out;
  out.ctx = ctx;
  out.rows = {lookup::id, {id}};
  out.decide = std::move(decide);
  return out;
}

change_request<user> insert_of(const call& ctx, selector rows,
                               decision<user> decide) {
  change_request<user> out;
  out.ctx = ctx;
  out.rows = std::move(rows);
  out.inserts = true;
  out.decide = std::move(decide);
  return out;
}

/// Changes of one account that may end its sessions.
change_request<user> change_with_sessions(const call& ctx, int64_t id,
                                          decision<user> decide) {
  auto out = change_of(ctx, id, std::move(decide));
  out.also<refresh_token>() = {lookup::owner, {id}};
  return out;
}

/// The same, seeing all admins.
change_request<user> change_among_admins(const call& ctx, int64_t id,
                                         decision<user> decide) {
  auto out = change_with_sessions(ctx, id, std::move(decide));
  out.rows.by = lookup::admins;
  return out;
}

caf::error refuse_others() {
  return caf::make_error(errc::forbidden,
                         std::string{"Admin privileges required"});
}

user normalised(user x) {
  x.email = normal_email(x.email);
  x.email_folded = fold_case(x.email);
  return x;
}

caf::expected<user> only(std::vector<user> rows) {
  if (rows.empty())
    return caf::make_error(errc::not_found, std::string{"User not found"});
  return std::move(rows.front());
}

caf::error no_such_user(int64_t id) {
  return caf::make_error(errc::not_found,
                         "User " + std::to_string(id) + " not found");
}

} // namespace

user_repository_actor::behavior_type user_repository(
    user_repository_actor::stateful_pointer<user_repository_state> self,
    store_source store, user_generation generation) {
  self->state.lanes.open(self, store);
  auto change = [self, generation](change_request<user> request) {
    return self->state.lanes.change(
        self->make_response_promise<user>(), std::move(request),
        [generation](changed<user> x) {
          generation->fetch_add(1); // before anybody hears of the change
          return std::move(x.rows.front());
        });
  };
  auto fetch = [self](const call& ctx, selector wanted) {
    return self->state.lanes.fetch(self->make_response_promise<user>(), ctx,
                                   std::move(wanted), only);
  };
  return {
      [=](atom::create, const call& ctx, const user& x) -> caf::result<user> {
        auto given = normalised(x);
        return change(
            insert_of(ctx, {lookup::name, {given.username, given.email_folded}},
                      registered(given)));
      },
      [=](atom::fetch, const call& ctx, int64_t id) -> caf::result<user> {
        return fetch(ctx, {lookup::id, {id}});
      },
      [=](atom::find, const call& ctx,
          const std::string& username) -> caf::result<user> {
        return fetch(ctx, {lookup::name, {username, null_t{}}});
      },
      [=](atom::update, const call& ctx, int64_t id,
          const patch<user>& changes) -> caf::result<user> {
        return change(change_of(ctx, id, profiled(id, changes)));
      },
      [=](atom::login, const call& ctx, int64_t id) -> caf::result<user> {
        return change(change_of(ctx, id, logged_in(id)));
      },
      [=](atom::password, const call& ctx, int64_t id,
          const std::string& old_hash, const std::string& new_hash,
          const std::string& keep) -> caf::result<user> {
        return change(change_with_sessions(
            ctx, id, rehashed(id, old_hash, new_hash, keep)));
      },
      [=](atom::list, const call& ctx,
          const user_query& query) -> caf::result<page<user>> {
        if (!ctx.is_admin())
          return refuse_others();
        return self->state.lanes.ask<page<user>>(self, store, ctx, query);
      },
      [=](atom::update, const call& ctx, int64_t id,
          const patch<account_change>& changes) -> caf::result<user> {
        if (!ctx.is_admin())
          return refuse_others();
        return change(change_among_admins(ctx, id, adjusted(id, changes)));
      },
      [=](atom::reset, const call& ctx, int64_t id, const std::string& code,
          timestamp until) -> caf::result<user> {
        if (!ctx.is_admin())
          return refuse_others();
        return change(change_of(ctx, id, reset_offered(id, code, until)));
      },
      [=](atom::reset, const call& ctx, int64_t id, const std::string& code,
          const std::string& new_hash) -> caf::result<user> {
        return change(
            change_with_sessions(ctx, id, reset_used(code, new_hash)));
      },
      [=](atom::list, const call& ctx,
          const personal_data_query& query) -> caf::result<personal_data> {
        if (!ctx.is_admin() && ctx.user_id != query.user_id)
          return refuse_others();
        return ask_store<personal_data>(self, store, ctx, query,
                                        [id = query.user_id](personal_data x)
                                            -> caf::expected<personal_data> {
                                          if (x.account.id == 0)
                                            return no_such_user(id);
                                          return x;
                                        });
      },
      [=](atom::remove, const call& ctx, int64_t id) -> caf::result<user> {
        if (!ctx.is_admin() && ctx.user_id != id)
          return refuse_others();
        return change(change_among_admins(ctx, id, erased(id)));
      },
      [=](atom::create, const call& ctx, const user& x,
          bool) -> caf::result<bool> {
        return self->state.lanes.change(
            self->make_response_promise<bool>(),
            insert_of(ctx, {lookup::admins, {}}, first_admin(normalised(x))),
            [](changed<user> done) { return !done.rows.empty(); });
      },
      [=](atom::sweep) { self->state.lanes.sweep(); },
  };
}

} // namespace callboard::actors
