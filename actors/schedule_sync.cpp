#include "actors/schedule_sync.hpp"

#include "actors/sync_decisions.hpp"
#include "actors/sync_steps.hpp"
#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "protocols/owed.hpp"
#include "protocols/system_call.hpp"

#include <algorithm>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = schedule_sync_pointer;

constexpr auto retry_interval = 1s; ///< after an outage
constexpr auto own_deadline = 30s;  ///< of syncs that nobody waits for
constexpr size_t max_waiting = 64;

// -- whose wish it is ---------------------------------------------------------

void add(self_pointer self, sync_job job) {
  self->state.waiting.push_back(std::make_shared<sync_job>(std::move(job)));
  start_next(self);
}

/// A sync that nobody waits for: both directions, and nothing that an admin has
/// to decide upon is overwritten.
void add_own(self_pointer self, bool only_foreign) {
  auto& waiting = self->state.waiting;
  if (std::any_of(waiting.begin(), waiting.end(), [&](auto& x) {
        return x->own && (only_foreign || !x->only_foreign);
      }))
    return;
  sync_job job;
  job.own = true;
  job.ctx.deadline = deadline_in(own_deadline);
  job.only_foreign = only_foreign;
  job.done = [self](const caf::expected<sync_report>& x) {
    if (x)
      return;
    log::warning("schedule_sync", "sync failed", {{"why", detail(x.error())}});
    auto code = classify(x.error());
    if (code == errc::unavailable || code == errc::deadline_exceeded)
      self->delayed_send(self, retry_interval, atom::notice_v);
  };
  add(self, std::move(job));
}

caf::error refusal(const schedule_sync_state& state) {
  if (!state.settings.enabled)
    return caf::make_error(
        errc::unavailable,
        std::string{"YAML sync is off (SCHEDULE_SYNC_ENABLED)"});
  if (state.waiting.size() >= max_waiting)
    return caf::make_error(errc::unavailable,
                           std::string{"Too many syncs are waiting"});
  return caf::none;
}

sync_job ordered(const call& ctx, const sync_order& wanted) {
  sync_job out;
  out.ctx = ctx;
  out.imports = wanted.direction != sync_direction::db_to_yaml;
  out.exports = wanted.direction != sync_direction::yaml_to_db;
  out.whole = out.exports && (!out.imports || wanted.force);
  out.careful = out.imports && !wanted.force;
  return out;
}

caf::result<sync_report> run(self_pointer self, const call& ctx,
                             const sync_order& wanted) {
  if (auto err = refusal(self->state))
    return err;
  auto promise = self->make_response_promise<sync_report>();
  auto job = ordered(ctx, wanted);
  job.done = [to = owed{promise}](caf::expected<sync_report> x) {
    if (x)
      to.deliver(std::move(*x));
    else
      to.deliver(std::move(x.error()));
  };
  add(self, std::move(job));
  return promise;
}

caf::result<sync_conflict> decide(self_pointer self, const call& ctx,
                                  const conflict_resolution& wanted) {
  if (auto err = refusal(self->state))
    return err;
  auto promise = self->make_response_promise<sync_conflict>();
  sync_job job;
  job.ctx = ctx;
  job.resolution = wanted;
  job.done = [to = owed{promise}, wanted](const caf::expected<sync_report>& x) {
    if (!x)
      return to.deliver(x.error());
    sync_conflict out;
    out.id = task_of_conflict(wanted.conflict_id);
    out.conflict_id = wanted.conflict_id;
    out.ended_by = wanted.choice;
    to.deliver(std::move(out));
  };
  add(self, std::move(job));
  return promise;
}

caf::result<sync_status> status(self_pointer self, const call& ctx) {
  auto& settings = self->state.settings;
  auto promise = self->make_response_promise<sync_status>();
  owed to{promise};
  auto failed = [to](caf::error& why) { to.deliver(std::move(why)); };
  auto about = read_mark(settings.file).about;
  task_query all;
  all.limit = 1;
  conflict_query open;
  open.limit = 1;
  self->request(settings.tasks(), remaining(ctx), atom::list_v,
                system_call(ctx), all)
      .then(
          [=](const page<task>& tasks) {
            auto total = tasks.total;
            self->request(self->state.settings.conflicts(), remaining(ctx),
                          atom::list_v, system_call(ctx), open)
                .then(
                    [=](const page<sync_conflict>& found) {
                      to.deliver(sync_status{about.source, about.last_sync,
                                             total, found.total});
                    },
                    failed);
          },
          failed);
  return promise;
}

// -- the file's folder --------------------------------------------------------

/// What we write ourselves has the file's name in front: no reason to look.
bool is_wanted(std::string_view name, std::string_view file) {
  return !name.starts_with(file) || name == file;
}

void watch(self_pointer self) {
  auto& state = self->state;
  auto& file = state.settings.file;
  auto me = caf::actor_cast<schedule_sync_actor>(self);
  auto started = folder_watch::start(
      file.parent_path(),
      [name = file.filename().string()](std::string_view x) {
        return is_wanted(x, name);
      },
      [me] { caf::anon_send(me, atom::touch_v); });
  if (started)
    state.watch = std::move(*started);
  else
    log::warning("schedule_sync", "the file is not watched",
                 {{"why", detail(started.error())}});
}

/// The file that a link stands for is the one to replace.
std::filesystem::path settled(const std::filesystem::path& file) {
  std::error_code failed;
  auto out = std::filesystem::weakly_canonical(std::filesystem::absolute(file),
                                               failed);
  return failed ? std::filesystem::absolute(file) : out;
}

void begin(self_pointer self) {
  auto& settings = self->state.settings;
  std::error_code failed; // shows at the first sync
  std::filesystem::create_directories(settings.file.parent_path(), failed);
  watch(self);
  self->state.noticed = true; // the repositories are about to start as well
  self->delayed_send(self, settings.settle, atom::notice_v, true);
  self->delayed_send(self, settings.interval, atom::sweep_v);
}

} // namespace

schedule_sync_actor::behavior_type
schedule_sync(self_pointer self, schedule_sync_settings settings) {
  self->state.settings = std::move(settings);
  self->state.settings.file = settled(self->state.settings.file);
  if (self->state.settings.enabled)
    begin(self);
  return {
      [=](atom::run, const call& ctx, const sync_order& wanted) {
        return run(self, ctx, wanted);
      },
      [=](atom::update, const call& ctx, const conflict_resolution& wanted) {
        return decide(self, ctx, wanted);
      },
      [=](atom::status, const call& ctx) { return status(self, ctx); },
      [=](atom::notice) {
        auto& state = self->state;
        if (state.settings.enabled && !std::exchange(state.noticed, true))
          self->delayed_send(self, state.settings.settle, atom::notice_v, true);
      },
      [=](atom::notice, bool) {
        self->state.noticed = false;
        add_own(self, false);
      },
      [=](atom::touch) {
        auto& state = self->state;
        self->delayed_send(self, state.settings.debounce, atom::touch_v,
                           ++state.touches);
      },
      [=](atom::touch, int64_t number) {
        if (number == self->state.touches)
          add_own(self, true);
      },
      [=](atom::retry) { take_lock(self); },
      [=](atom::sweep) {
        add_own(self, false);
        self->delayed_send(self, self->state.settings.interval, atom::sweep_v);
      },
  };
}

} // namespace callboard::actors
