#define CAF_SUITE schedule_sync
#include "actors/schedule_sync.hpp"
#include "protocols/error.hpp"
#include "protocols/system_config.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <atomic>
#include <fstream>
#include <mutex>

using namespace callboard;
using namespace callboard::actors;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// What the repositories were asked, and whether they answer.
struct counts {
  std::atomic<int> imports{0};
  std::atomic<int> lists{0};
  std::atomic<int> outages{0};       ///< of imports, still to come
  std::atomic<bool> system{true};    ///< every import came from the system
  std::atomic<bool> disputes{false}; ///< each import finds a conflict
  std::atomic<bool> deaf{false};     ///< no event is taken
  std::mutex mutex;                  // guards what follows
  std::string told;                  ///< statuses, in order

  std::string statuses() {
    std::lock_guard guard{mutex};
    return told;
  }
};
using counts_ptr = std::shared_ptr<counts>;

task_repository_actor::behavior_type tasks(counts_ptr seen) {
  auto refuse = [] { return caf::make_error(errc::internal); };
  return {
      [=](atom::create, const call&, const patch<task>&)
          -> caf::result<changed<task>> { return refuse(); },
      [=](atom::update, const call&, int64_t, const patch<task>&)
          -> caf::result<changed<task>> { return refuse(); },
      [=](atom::remove, const call&, int64_t) -> caf::result<changed<task>> {
        return refuse();
      },
      [=](atom::fetch, const call&, int64_t) -> caf::result<task_detail> {
        return refuse();
      },
      [=](atom::list, const call&,
          const task_query&) -> caf::result<page<task>> {
        ++seen->lists;
        return page<task>{};
      },
      [=](atom::reorder, const call&, int64_t, const task_ordering&)
          -> caf::result<changed<task>> { return refuse(); },
      [=](atom::update, const call&, const task_status_change&)
          -> caf::result<changed<task>> { return refuse(); },
      [=](atom::list, const call&,
          const summary_query&) -> caf::result<summary> { return refuse(); },
      [](atom::sweep) {},
  };
}

conflict_repository_actor::behavior_type conflicts(counts_ptr seen) {
  return {
      [=](atom::update, const call& ctx,
          const schedule_import&) -> caf::result<changed<sync_conflict>> {
        ++seen->imports;
        if (ctx.user_id != 0 || !ctx.is_admin())
          seen->system = false;
        if (seen->outages > 0) {
          --seen->outages;
          return caf::make_error(errc::unavailable);
        }
        changed<sync_conflict> out;
        if (seen->disputes)
          out.rows.emplace_back().id = 1;
        return out;
      },
      [](atom::update, const call&,
         const conflict_resolution&) -> caf::result<changed<sync_conflict>> {
        return caf::make_error(errc::internal);
      },
      [](atom::remove, const call&) -> caf::result<int64_t> { return 0; },
      [](atom::list, const call&, const conflict_query&)
          -> caf::result<page<sync_conflict>> { return page<sync_conflict>{}; },
      [](atom::sweep) {},
  };
}

event_repository_actor::behavior_type admins(counts_ptr seen) {
  return {
      [](atom::list, const call&, const event_query&)
          -> caf::result<event_page> { return event_page{}; },
      [=](atom::create, const call&,
          const events& list) -> caf::result<int64_t> {
        if (seen->deaf)
          return caf::make_error(errc::unavailable);
        std::lock_guard guard{seen->mutex};
        for (auto& x : list)
          seen->told += x.type + '/' + x.status.value_or("") + ' ';
        return 1;
      },
  };
}

struct fixture {
  fixture() {
    settings.enabled = true;
    settings.file = folder.path() / "config/schedule.yml";
    settings.tasks = [x = sys.spawn(tasks, seen)] { return x; };
    settings.conflicts = [x = sys.spawn(conflicts, seen)] { return x; };
    settings.events = [x = sys.spawn(admins, seen)] { return x; };
    settings.settle = 1ms;
    settings.debounce = 1ms;
  }

  ~fixture() { caf::anon_send_exit(aut, caf::exit_reason::user_shutdown); }

  void start() { aut = sys.spawn<caf::detached>(schedule_sync, settings); }

  void edit(std::string_view text) const {
    std::filesystem::create_directories(settings.file.parent_path());
    std::ofstream{settings.file} << text;
  }

  caf::error run(sync_direction direction) {
    call ctx;
    ctx.user_id = 1;
    ctx.as = role::admin;
    ctx.deadline = deadline_in(5s);
    caf::error out;
    self->request(aut, 10s, atom::run_v, ctx, sync_order{direction, false})
        .receive([](const sync_report&) {},
                 [&](caf::error& err) { out = std::move(err); });
    return out;
  }

  system_config cfg;
  caf::actor_system sys{cfg};
  temporary_folder folder;
  counts_ptr seen = std::make_shared<counts>();
  schedule_sync_settings settings;
  schedule_sync_actor aut;
  caf::scoped_actor self{sys};
};

constexpr auto one_task
    = "tasks: [{id: 1, skill_name: x, schedule_cron: '0 9 * * *'}]";

} // namespace

CAF_TEST_FIXTURE_SCOPE(schedule_sync_tests, fixture)

CAF_TEST(it reads at the start and again after each interval) {
  settings.interval = 20ms;
  edit("tasks: []");
  start();
  CAF_CHECK(eventually([&] { return seen->imports >= 3; }));
  CAF_CHECK(seen->system);
}

CAF_TEST(an import that met an outage is tried again) {
  seen->outages = 2;
  edit("tasks: []");
  start();
  CAF_CHECK(eventually([&] { return seen->imports >= 3 && seen->lists > 0; }));
  CAF_CHECK_EQUAL(seen->outages, 0);
}

CAF_TEST(an edit is read and what it wrote itself is not ) {
  start();
  CAF_CHECK(
      eventually([&] { return read_mark(settings.file).about.version > 0; }));
  CAF_CHECK_EQUAL(seen->imports, 0); // there was no file
  edit(one_task);
  CAF_CHECK(eventually([&] { return seen->imports == 1; }));
}

CAF_TEST(a bad file is told and nobody is asked) {
  edit("tasks: [{id: x}]");
  start();
  auto why = run(sync_direction::yaml_to_db);
  CAF_CHECK(classify(why) == errc::bad_request);
  CAF_CHECK(detail(why).ends_with(
      "line 1: tasks[0].id: Input should be a valid integer"));
  CAF_CHECK_EQUAL(seen->imports, 0);
  CAF_CHECK_EQUAL(seen->lists, 0);
}

CAF_TEST(admins hear how file and database stand when that changes) {
  settings.interval = 10ms;
  edit(one_task);
  start();
  CAF_CHECK(eventually([&] { return seen->imports >= 3; }));
  CAF_CHECK_EQUAL(seen->statuses(), ""); // as it was
  std::string wanted = "sync_status_changed/conflicts ";
  seen->disputes = true;
  CAF_CHECK(eventually([&] { return seen->statuses() == wanted; }));
  auto before = seen->imports.load();
  CAF_CHECK(eventually([&] { return seen->imports >= before + 3; }));
  CAF_CHECK_EQUAL(seen->statuses(), wanted); // once
  seen->deaf = true;
  edit("tasks: [{id: x}]");
  CAF_CHECK(eventually([&] {
    return classify(run(sync_direction::yaml_to_db)) == errc::bad_request;
  }));
  seen->deaf = false; // told as soon as somebody listens
  wanted += "sync_status_changed/failed ";
  CAF_CHECK(eventually([&] { return seen->statuses() == wanted; }));
  seen->disputes = false;
  edit(one_task);
  wanted += "sync_status_changed/synced ";
  CAF_CHECK(eventually([&] { return seen->statuses() == wanted; }));
}

CAF_TEST(while it is off it refuses and touches nothing) {
  settings.enabled = false;
  start();
  CAF_CHECK_EQUAL(detail(run(sync_direction::bidirectional)),
                  "YAML sync is off (SCHEDULE_SYNC_ENABLED)");
  CAF_CHECK(!std::filesystem::exists(settings.file.parent_path()));
}

CAF_TEST_FIXTURE_SCOPE_END()
