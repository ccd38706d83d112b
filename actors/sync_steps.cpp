#include "actors/sync_steps.hpp"

#include "actors/sync_rules.hpp"
#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "protocols/system_call.hpp"

#include <algorithm>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = schedule_sync_pointer;

constexpr auto lock_interval = 50ms;
constexpr auto status_limit = 5s; ///< of an event that nobody waits for

/// What the job says of file and database; empty: nothing.
std::string_view status_after(const sync_job& job,
                              const caf::expected<sync_report>& result) {
  if (!result)
    return job.resolution ? std::string_view{} : failing;
  if (!job.imports || !job.file.there || result->at == timestamp{})
    return {};
  return result->conflicts.empty() ? synced : disputed;
}

/// Tells admins what is new; again after the next sync if that failed.
void tell_status(self_pointer self, std::string_view status) {
  auto& state = self->state;
  if (status.empty() || status == state.told || !state.settings.events)
    return;
  auto before = std::exchange(state.told, status);
  self->request(state.settings.events(), caf::infinite, atom::create_v,
                system_call(status_limit),
                events{sync_status_changed(status, now())})
      .then([](int64_t) {},
            [self, before](caf::error&) { self->state.told = before; });
}

void finish(self_pointer self, caf::expected<sync_report> result) {
  auto job = std::exchange(self->state.running, nullptr);
  tell_status(self, status_after(*job, result));
  job->lock.reset();
  job->done(std::move(result));
  start_next(self);
}

void fail(self_pointer self, caf::error why) {
  finish(self, caf::expected<sync_report>{std::move(why)});
}

caf::error about_file(self_pointer self, const caf::error& why) {
  return caf::make_error(errc::bad_request, self->state.settings.file.string()
                                                + ": " + detail(why));
}

/// Asks a repository for the running job; an error ends the job.
template <class Answer, class Handle, class F, class... Ts>
void ask(self_pointer self, const Handle& whom, F on_answer, Ts... message) {
  self->request(whom, remaining(self->state.running->ctx), message...)
      .then([=](Answer& x) { on_answer(std::move(x)); },
            [self](caf::error& why) { fail(self, std::move(why)); });
}

// -- the steps, last to first -------------------------------------------------

void conclude(self_pointer self) {
  auto& job = *self->state.running;
  auto& about = job.mark.about;
  about.last_sync = job.report.at = now();
  ++about.version;
  if (job.resolution)
    about.source = sync_source::manual;
  else if (job.wrote)
    about.source = sync_source::database;
  else if (job.mark.checksum != job.checksum || !job.exports
           || about.source == sync_source::unknown)
    about.source = sync_source::yaml;
  job.mark.checksum = job.checksum;
  job.mark.next.clear();
  if (auto err = write_mark(self->state.settings.file, job.mark))
    return fail(self, std::move(err));
  finish(self, std::move(job.report));
}

void write_file(self_pointer self, const std::vector<task>& rows) {
  auto& job = *self->state.running;
  if (rows.size() > schedule_import::max_tasks)
    return fail(self,
                caf::make_error(errc::bad_request,
                                "more than "
                                    + std::to_string(schedule_import::max_tasks)
                                    + " tasks do not fit into the YAML file"));
  std::set<int64_t> disputed;
  if (!job.whole)
    for (auto& x : job.report.conflicts)
      disputed.insert(x.id);
  static const std::vector<schedule_entry> nothing;
  auto next = next_entries(job.file.there && !job.whole ? job.entries : nothing,
                           rows, disputed);
  if (!next && job.file.there && !job.whole)
    return conclude(self); // it says so already
  auto source = job.resolution ? sync_source::manual : sync_source::database;
  auto bytes = render_schedule(next.value_or(nothing),
                               {now(), source, job.mark.about.version + 1});
  auto& path = self->state.settings.file;
  job.mark.next = sha256_hex(bytes);
  if (auto err = write_mark(path, job.mark))
    return fail(self, std::move(err));
  if (auto err = write_schedule(path, job.file, bytes))
    return fail(self, std::move(err));
  job.wrote = true;
  job.checksum = job.mark.next;
  log::info("schedule_sync", "file written",
            {{"tasks", static_cast<int64_t>(rows.size())}});
  conclude(self);
}

void export_tasks(self_pointer self) {
  auto& job = *self->state.running;
  if (!job.exports || (job.careful && !job.report.conflicts.empty()))
    return conclude(self);
  task_query all;
  all.descending = false;
  all.limit = static_cast<int64_t>(schedule_import::max_tasks) + 1;
  ask<page<task>>(
      self, self->state.settings.tasks(),
      [self](const page<task>& found) { write_file(self, found.rows); },
      atom::list_v, system_call(job.ctx), all);
}

void import_entries(self_pointer self) {
  auto& job = *self->state.running;
  if (!job.imports || !job.file.there)
    return export_tasks(self);
  schedule_import file{job.entries, job.checksum != job.mark.checksum};
  ask<changed<sync_conflict>>(
      self, self->state.settings.conflicts(),
      [self](changed<sync_conflict> found) {
        auto& conflicts = self->state.running->report.conflicts;
        for (auto& x : found.rows)
          if (x.open())
            conflicts.push_back(std::move(x));
        log::info("schedule_sync", "file read",
                  {{"conflicts", static_cast<int64_t>(conflicts.size())}});
        export_tasks(self);
      },
      atom::update_v, system_call(job.ctx), std::move(file));
}

void resolve(self_pointer self) {
  auto& job = *self->state.running;
  if (!job.resolution)
    return import_entries(self);
  ask<changed<sync_conflict>>(
      self, self->state.settings.conflicts(),
      [self](const changed<sync_conflict>&) { import_entries(self); },
      atom::update_v, job.ctx, *job.resolution);
}

/// The file under its lock, and what it says if that counts.
void read_file(self_pointer self) {
  auto& path = self->state.settings.file;
  auto& job = *self->state.running;
  auto file = read_schedule(path);
  if (!file)
    return fail(self, std::move(file.error()));
  job.mark = read_mark(path);
  job.file = std::move(*file);
  if (!job.file.there && !job.exports)
    return fail(self, about_file(self, caf::make_error(
                                           errc::bad_request,
                                           std::string{"there is no file"})));
  if (job.file.there)
    job.checksum = sha256_hex(job.file.bytes);
  if (job.mark.knows(job.checksum))
    job.mark.checksum = job.checksum;
  if (job.only_foreign && job.checksum == job.mark.checksum) {
    log::debug("schedule_sync", "own write");
    return finish(self, sync_report{});
  }
  if (job.imports && job.file.there) {
    auto entries = parse_schedule(job.file.bytes, job.file.modified, now());
    if (!entries)
      return fail(self, about_file(self, entries.error()));
    job.entries = std::move(*entries);
  }
  resolve(self);
}

/// While the file is locked, who waits for an answer goes before who does not.
void make_way(schedule_sync_state& state) {
  auto first = std::find_if(state.waiting.begin(), state.waiting.end(),
                            [](auto& x) { return !x->own; });
  if (state.running->own && first != state.waiting.end())
    std::swap(state.running, *first);
}

} // namespace

void take_lock(schedule_sync_pointer self) {
  auto& job = *self->state.running;
  auto got = schedule_lock::attempt(self->state.settings.file);
  if (!got)
    return fail(self, std::move(got.error()));
  if (*got) {
    job.lock = std::move(*got);
    return read_file(self);
  }
  if (remaining(job.ctx) < 2 * lock_interval)
    return fail(self, caf::make_error(errc::unavailable,
                                      self->state.settings.file.string()
                                          + " is locked by another process"));
  make_way(self->state);
  self->delayed_send(self, lock_interval, atom::retry_v);
}

void start_next(schedule_sync_pointer self) {
  auto& state = self->state;
  if (state.running || state.waiting.empty())
    return;
  state.running = std::move(state.waiting.front());
  state.waiting.pop_front();
  take_lock(self);
}

} // namespace callboard::actors
