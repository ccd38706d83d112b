// The YAML sync, for admins (rest-api section 9).
#include "net/answer_schemas.hpp"
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/routes.hpp"
#include "net/sliced_list.hpp"

namespace callboard::net {

/// Body of `POST /api/sync/trigger`.
struct trigger_body {
  std::string direction;
  bool force = false;
};

/// Body of `POST /api/sync/conflicts/{conflict_id}/resolve`.
struct resolve_body {
  std::string choice;
};

} // namespace callboard::net

namespace callboard {

template <>
struct entity<net::trigger_body> {
  static constexpr auto fields = std::tuple{
      field{"direction",
            &net::trigger_body::direction,
            {.create = given::required}},
      field{"force", &net::trigger_body::force, {.create = given::optional}},
  };
};

template <>
struct entity<net::resolve_body> {
  static constexpr auto fields = std::tuple{
      field{"choice", &net::resolve_body::choice, {.create = given::required}},
  };
};

} // namespace callboard

namespace callboard::net {

namespace {

std::string conflict_json(const sync_conflict& x) {
  return json_object{}
      .put("conflict_id", x.conflict_id)
      .put("task_id", x.id)
      .put("yaml_updated_at", x.yaml_updated_at)
      .put("db_updated_at", x.db_updated_at)
      .put("conflict_reason", x.conflict_reason)
      .put("yaml_data", x.yaml_data)
      .put("db_data", x.db_data)
      .done();
}

void list_conflicts(const exchange_ptr& x) {
  x->ask<page<sync_conflict>>(
      x->server().conflicts(),
      [x](page<sync_conflict> found) {
        send_list(x, std::move(found.rows), conflict_json);
      },
      atom::list_v, x->caller(), conflict_query{});
}

void clear_conflicts(const exchange_ptr& x) {
  x->ask<int64_t>(
      x->server().conflicts(),
      [x](int64_t cleared) {
        x->send(200, json_object{}
                         .put("status", "success")
                         .put("conflicts_cleared", cleared)
                         .done());
      },
      atom::remove_v, x->caller());
}

/// The value called `name`, up to `last`, or nothing after answering 400.
template <named_enum E>
std::optional<E> choose(const exchange_ptr& x, std::string_view what,
                        std::string_view name, E last, const char* names) {
  auto out = enum_from<E>(name);
  if (out && *out <= last)
    return out;
  x->fail(errc::bad_request,
          "Invalid " + std::string{what} + ": must be " + names);
  return std::nullopt;
}

void resolve_conflict(const exchange_ptr& x) {
  auto id = x->text();
  auto body = id ? x->read<resolve_body>(&rules::create) : std::nullopt;
  if (!body)
    return;
  auto choice = choose(x, "choice", body->values.choice, conflict_end::merge,
                       "'keep_yaml', 'keep_db' or 'merge'");
  if (!choice)
    return;
  x->ask<sync_conflict>(
      x->server().sync(),
      [x](const sync_conflict& ended) {
        x->send(200,
                json_object{}
                    .put("status", "success")
                    .put("message", "Conflict " + ended.conflict_id
                                        + " resolved using strategy: "
                                        + std::string{name_of(*ended.ended_by)})
                    .put("task_id", ended.id)
                    .done());
      },
      atom::update_v, x->caller(), conflict_resolution{*id, *choice});
}

void show_status(const exchange_ptr& x) {
  x->ask<sync_status>(
      x->server().sync(),
      [x](const sync_status& found) {
        auto never = found.source == sync_source::unknown;
        auto last = never ? std::nullopt : std::optional{found.last_sync};
        x->send(200, json_object{}
                         .put("last_sync_timestamp", last)
                         .put("total_tasks", found.total_tasks)
                         .put("pending_conflicts", found.pending_conflicts)
                         .put("sync_source", found.source)
                         .done());
      },
      atom::status_v, x->caller());
}

std::string reason_json(const sync_conflict& x) {
  return json_object{}
      .put("task_id", x.id)
      .put("reason", x.conflict_reason)
      .done();
}

/// 409 with the conflicts; its `detail` is an object.
void refuse_conflicts(const exchange_ptr& x, const sync_report& found) {
  auto detail
      = json_object{}
            .put("message", "Sync detected "
                                + std::to_string(found.conflicts.size())
                                + " conflicts")
            .put_raw("conflicts", json_array(found.conflicts, reason_json))
            .done();
  auto status = info(errc::conflict).status;
  x->send(status, json_object{}
                      .put_raw("detail", detail)
                      .put("error_id", x->caller().request_id)
                      .put("timestamp", found.at)
                      .put("status_code", static_cast<int64_t>(status))
                      .done());
}

void trigger_sync(const exchange_ptr& x) {
  auto body = x->read<trigger_body>(&rules::create);
  if (!body)
    return;
  auto direction = choose(x, "direction", body->values.direction,
                          sync_direction::bidirectional,
                          "'yaml_to_db', 'db_to_yaml' or 'bidirectional'");
  if (!direction)
    return;
  sync_order wanted{*direction, body->values.force};
  x->ask<sync_report>(
      x->server().sync(),
      [x, wanted](const sync_report& done) {
        if (!done.conflicts.empty() && !wanted.force)
          return refuse_conflicts(x, done);
        x->send(200, json_object{}
                         .put("status", "success")
                         .put("direction", name_of(wanted.direction))
                         .put("conflicts_detected",
                              static_cast<int64_t>(done.conflicts.size()))
                         .put("timestamp", done.at)
                         .done());
      },
      atom::run_v, x->caller(), wanted);
}

constexpr schema conflict_schema{"SyncConflict", [](schema_book&) {
                                   return object_schema{}
                                       .put("conflict_id", a_text)
                                       .put("task_id", an_integer)
                                       .put("yaml_updated_at", an_instant)
                                       .put("db_updated_at", an_instant)
                                       .put("conflict_reason", a_text)
                                       .put("yaml_data", an_object)
                                       .put("db_data", an_object)
                                       .done();
                                 }};
constexpr schema conflicts_schema{"SyncConflicts",
                                  array_schema<conflict_schema>};
constexpr schema cleared_schema{"SyncConflictsCleared", [](schema_book&) {
                                  return object_schema{}
                                      .put("status", choice_of({"success"}))
                                      .put("conflicts_cleared", a_count)
                                      .done();
                                }};
constexpr schema resolved_schema{"SyncConflictResolved", [](schema_book&) {
                                   return object_schema{}
                                       .put("status", choice_of({"success"}))
                                       .put("message", a_text)
                                       .put("task_id", an_integer)
                                       .done();
                                 }};
constexpr schema status_schema{
    "SyncStatus", [](schema_book&) {
      return object_schema{}
          .put("last_sync_timestamp", or_null(an_instant))
          .put("total_tasks", a_count)
          .put("pending_conflicts", a_count)
          .put("sync_source", "{\"type\":\"string\",\"enum\":["
                                  + quoted_names<sync_source>() + "]}")
          .done();
    }};
constexpr schema triggered_schema{"SyncDone", [](schema_book&) {
                                    return object_schema{}
                                        .put("status", choice_of({"success"}))
                                        .put("direction", a_text)
                                        .put("conflicts_detected", a_count)
                                        .put("timestamp", an_instant)
                                        .done();
                                  }};
constexpr schema stopped_schema{"SyncStopped", [](schema_book&) {
                                  auto reason = object_schema{}
                                                    .put("task_id", an_integer)
                                                    .put("reason", a_text)
                                                    .done();
                                  auto detail
                                      = object_schema{}
                                            .put("message", a_text)
                                            .put("conflicts", array_of(reason))
                                            .done();
                                  return object_schema{}
                                      .put("detail", detail)
                                      .put("error_id", a_text)
                                      .put("timestamp", an_instant)
                                      .put("status_code", an_integer)
                                      .done();
                                }};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/sync/conflicts",
     .handle = list_conflicts,
     .who = access::admin,
     .id = "listSyncConflicts",
     .about = "Lists the open conflicts between the YAML file and the database",
     .gives = {{200, &conflicts_schema}}},
    {.method = verb::del,
     .pattern = "/api/sync/conflicts",
     .handle = clear_conflicts,
     .who = access::admin,
     .id = "clearSyncConflicts",
     .about = "Forgets all open conflicts",
     .gives = {{200, &cleared_schema}}},
    {.method = verb::post,
     .pattern = "/api/sync/conflicts/{conflict_id}/resolve",
     .handle = resolve_conflict,
     .who = access::admin,
     .id = "resolveSyncConflict",
     .about = "Ends a conflict: keep_yaml, keep_db or merge",
     .text_ids = true,
     .body = takes<resolve_body, &rules::create>("SyncResolve"),
     .gives = {{200, &resolved_schema}},
     .fails = {errc::bad_request, errc::not_found, errc::conflict}},
    {.method = verb::get,
     .pattern = "/api/sync/status",
     .handle = show_status,
     .who = access::admin,
     .id = "getSyncStatus",
     .about = "Tells when the YAML file and the database last met",
     .gives = {{200, &status_schema}}},
    {.method = verb::post,
     .pattern = "/api/sync/trigger",
     .handle = trigger_sync,
     .who = access::admin,
     .id = "triggerSync",
     .about = "Syncs now: yaml_to_db, db_to_yaml or bidirectional",
     .body = takes<trigger_body, &rules::create>("SyncTrigger"),
     .gives = {{200, &triggered_schema}, {409, &stopped_schema}},
     .fails = {errc::bad_request}},
};

} // namespace

std::span<const route> sync_routes() { return table; }

} // namespace callboard::net
