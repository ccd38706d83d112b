#define CAF_SUITE sync_file
#include "actors/schedule_disk.hpp"
#include "protocols/digest.hpp"
#include "tests/support/small_disk.hpp"
#include "tests/support/synced.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto new_task
    = R"({"skill_name":"from-api","schedule_cron":"0 8 * * *"})";
constexpr auto pending = R"({"status":"pending"})";
constexpr auto disabled = R"({"status":"disabled"})";

int64_t tasks(const served& x) {
  return x.count("SELECT count(*) FROM scheduled_tasks WHERE status <> "
                 "'deleted'");
}

/// Every task that lives is in the file, and nothing else.
bool is_whole(const served& x, const fs::path& file) {
  auto all = entries_of(file);
  auto active = std::count_if(all.begin(), all.end(), [](auto& e) {
    return e.values.status == task_status::pending;
  });
  return static_cast<int64_t>(all.size()) == tasks(x)
         && active
                == x.count("SELECT count(*) FROM scheduled_tasks WHERE status "
                           "= 'pending'");
}

} // namespace

CAF_TEST(an edit is picked up by the watch and an own write is not ) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        auto file = schedule_of(x);
        CAF_CHECK(eventually([&] { return logged(x, "file written") == 1; }));
        // The first write of all: the watch looks, and leaves it.
        CAF_CHECK(eventually([&] { return logged(x, "own write") == 1; }));
        CAF_CHECK_EQUAL(logged(x, "file read"), 0);
        edit(file, "tasks:\n" + task_line(7));
        CAF_CHECK(eventually([&] { return tasks(x) == 1; }));
        CAF_CHECK(eventually([&] { return logged(x, "file read") == 1; }));
        // What the API changes is read under the lock, written, and seen.
        x.client.put("/api/v1/tasks/7", R"({"status":"disabled"})");
        CAF_CHECK(eventually([&] { return logged(x, "file written") == 2; }));
        CAF_CHECK(eventually([&] { return logged(x, "own write") == 2; }));
        CAF_CHECK_EQUAL(logged(x, "file read"), 2);
        CAF_CHECK_EQUAL(logged(x, "file written"), 2);
      },
      sync_on());
}

CAF_TEST(a bad file changes nothing and is not overwritten) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        CAF_CHECK(eventually([&] { return logged(x, "file written") == 1; }));
        auto file = schedule_of(x);
        auto bad = "tasks:\n" + task_line(7) + task_line(8, ", status: done");
        edit(file, bad);
        auto got = trigger(x, "yaml_to_db");
        CAF_CHECK_EQUAL(got.status, 400);
        CAF_CHECK_EQUAL(got.detail(),
                        file.string()
                            + ": line 3: tasks[1].status: Input should be "
                              "'pending', 'running', 'completed', 'failed', "
                              "'disabled' or 'deleted'");
        CAF_CHECK_EQUAL(tasks(x), 0);
        x.client.post("/api/v1/tasks", new_task);
        CAF_CHECK_EQUAL(trigger(x, "bidirectional").status, 400);
        CAF_CHECK_EQUAL(bytes_of(file), bad);
        fs::resize_file(file, 100 << 20);
        got = trigger(x, "yaml_to_db");
        CAF_CHECK_EQUAL(got.status, 400);
        CAF_CHECK(got.detail().find("104857600 bytes") != std::string::npos);
        edit(file, bad);
        CAF_CHECK_EQUAL(trigger(x, "db_to_yaml").status, 200); // an order
        CAF_CHECK(is_whole(x, file));
        CAF_CHECK_EQUAL(bytes_of(file.string() + ".bak"), bad);
        fs::remove(file);
        CAF_CHECK_EQUAL(trigger(x, "yaml_to_db").status, 400);
        CAF_CHECK_EQUAL(trigger(x, "bidirectional").status, 200);
        CAF_CHECK(is_whole(x, file));
      },
      sync_on());
}

CAF_TEST(who has the lock keeps the others out) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        CAF_CHECK(eventually([&] { return logged(x, "file written") == 1; }));
        auto file = schedule_of(x);
        auto lock = actors::schedule_lock::attempt(file);
        CAF_REQUIRE(eventually([&] { // the server may not be through with it
          if (!lock || !*lock)
            lock = actors::schedule_lock::attempt(file);
          return lock && *lock;
        }));
        CAF_CHECK_EQUAL(x.client.post("/api/v1/tasks", new_task).status, 201);
        for (int i = 0; i < 2; ++i) { // the task's own sync makes way
          auto got = trigger(x, "bidirectional");
          CAF_CHECK_EQUAL(got.status, 503);
          CAF_CHECK_EQUAL(got.detail(),
                          file.string() + " is locked by another process");
        }
        CAF_CHECK_EQUAL(x.client.get("/api/sync/status").status, 200);
        CAF_CHECK(entries_of(file).empty());
        lock->reset();
        CAF_CHECK_EQUAL(trigger(x, "bidirectional").status, 200);
        CAF_CHECK_EQUAL(entries_of(file).size(), 1u);
        CAF_CHECK(fs::exists(file.string() + ".lock"));
      },
      sync_on({{"DB_DEADLINE_MS", "2000"}}));
}

CAF_TEST(two processes keep one file whole) {
  auto x = serve_postgres(sync_on());
  auto file = schedule_of(*x);
  auto other_options = x->options();
  other_options.data = x->folder.path() / "other";
  other_options.env["SCHEDULE_CONFIG_PATH"] = file.string();
  server_process other{other_options};
  api second{other.port()};
  x->log_in_admin();
  second.log_in("admin", "Adm1nPassw0rd");
  CAF_CHECK(eventually([&] { return fs::exists(file); }));
  for (int i = 0; i < 20; ++i) {
    CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", new_task).status, 201);
    CAF_CHECK_EQUAL(second.post("/api/v1/tasks", new_task).status, 201);
    entries_of(file); // throws if it is a part of one
  }
  CAF_CHECK(eventually([&] { return is_whole(*x, file); }));
  CAF_CHECK_EQUAL(tasks(*x), 40);
  edit(file, bytes_of(file) + task_line(1'000));
  CAF_CHECK(eventually([&] { return tasks(*x) == 41; }));
  CAF_CHECK(eventually([&] { // by the one that did not read the edit
    return logged(*x, "own write") + logged(other, "own write") > 0;
  }));
  CAF_CHECK_EQUAL(x->count("SELECT count(*) FROM audit_logs WHERE operation = "
                           "'CREATE' AND record_id = 1000"),
                  1);
  CAF_CHECK_EQUAL(x->client.get("/api/sync/conflicts").body, "[]");
}

CAF_TEST(killed at any time it leaves a whole file and loses no task) {
  for_each_database(
      [](served& x) {
        auto file = schedule_of(x);
        std::minstd_rand random{11};
        for (int i = 0; i < rounds(6, 60); ++i) {
          std::optional<server_process> again;
          if (i > 0)
            again.emplace(x.options());
          auto& server = i > 0 ? *again : x.server;
          api client{server.port()};
          client.log_in("admin", "Adm1nPassw0rd");
          if (i > 0) // what was unfinished is made up for
            CAF_CHECK(eventually([&] { return is_whole(x, file); }));
          CAF_CHECK_EQUAL(client.post("/api/v1/tasks", new_task).status, 201);
          std::thread load{[&] {
            for (auto turn = false;; turn = !turn)
              if (client.put("/api/v1/tasks/1", turn ? pending : disabled)
                      .status
                  != 200)
                return;
          }};
          std::this_thread::sleep_for(
              std::chrono::milliseconds{200 + random() % 800});
          server.signal(SIGKILL);
          server.wait(10s);
          load.join();
          entries_of(file); // throws if it is a part of one
        }
      },
      sync_on({{"LOG_LEVEL", "INFO"}}));
}

CAF_TEST(killed between the file and its mark it knows its own write) {
  auto x = serve_sqlite(sync_on());
  auto file = schedule_of(*x);
  auto mark = file.string() + ".meta";
  x->log_in_admin();
  auto id = x->client.post("/api/v1/tasks", new_task).text("id");
  CAF_CHECK(eventually([&] { return is_whole(*x, file); }));
  CAF_CHECK(eventually([&] { return logged(*x, "own write") > 0; }));
  auto before = bytes_of(mark);
  x->client.put("/api/v1/tasks/" + id, disabled);
  CAF_CHECK(eventually([&] { return is_whole(*x, file); }));
  x->server.signal(SIGKILL);
  x->server.wait(10s);
  { // the mark as it stood when the file was renamed; and the rows go on
    auto none = before.find("\"next\":\"\"");
    CAF_REQUIRE(none != before.npos);
    before.insert(none + 8, sha256_hex(bytes_of(file)));
    edit(mark, before);
    auto without_sync = x->options();
    without_sync.env.erase("SCHEDULE_SYNC_ENABLED");
    server_process between{without_sync};
    api client{between.port()};
    client.log_in("admin", "Adm1nPassw0rd");
    CAF_CHECK_EQUAL(client.put("/api/v1/tasks/" + id, pending).status, 200);
  }
  server_process again{x->options()};
  CAF_CHECK(eventually([&] { return is_whole(*x, file); }));
  api client{again.port()};
  client.log_in("admin", "Adm1nPassw0rd");
  CAF_CHECK_EQUAL(client.get("/api/sync/conflicts").body, "[]");
}

CAF_TEST(at the start the file is read) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        CAF_CHECK(eventually([&] { return logged(x, "file written") == 1; }));
        x.server.signal(SIGTERM);
        CAF_CHECK(x.server.wait(30s) == 0);
        edit(schedule_of(x), "tasks:\n" + task_line(7));
        server_process again{x.options()};
        CAF_CHECK(eventually([&] { return tasks(x) == 1; }));
      },
      sync_on());
}

CAF_TEST(a full disk is told and the old file stays) {
  temporary_folder folder;
  small_disk disk{folder.path() / "disk", 64 << 10};
  if (!disk.mounted()) {
    CAF_CHECK(!small_disk::allowed());
    CAF_MESSAGE("left out: no right to mount a file system here");
    return;
  }
  auto file = folder.path() / "disk/schedule.yml";
  auto x = serve_sqlite(sync_on({{"SCHEDULE_CONFIG_PATH", file.string()}}));
  x->log_in_admin();
  CAF_CHECK(eventually([&] { return logged(*x, "file written") == 1; }));
  auto filler = folder.path() / "disk/filler";
  std::ofstream{filler} << std::string(64 << 10, 'x');
  auto large
      = R"({"skill_name":"x","schedule_cron":"0 8 * * *","params":{"a":")"
        + std::string(50'000, 'x') + "\"}}";
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", large).status, 201);
  auto old = bytes_of(file);
  auto got = trigger(*x, "db_to_yaml");
  CAF_CHECK_EQUAL(got.status, 503);
  CAF_CHECK(got.detail().ends_with(": No space left on device"));
  CAF_CHECK_EQUAL(bytes_of(file), old);
  fs::remove(filler);
  CAF_CHECK(eventually([&] { return entries_of(file).size() == 1; }));
}
