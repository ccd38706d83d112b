#define CAF_SUITE sqlite_faults
#include "tests/support/small_disk.hpp"
#include "tests/support/until.hpp"
#include "tests/support/writer.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>
#include <fstream>
#include <sqlite3.h>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto task = R"({"skill_name":"x","schedule_cron":"0 9 * * *"})";

fs::path file_of(const served& x) {
  return x.folder.path() / "data/callboard.db";
}

/// Another program on the file, such as the `sqlite3` shell.
class intruder {
public:
  explicit intruder(const fs::path& file) {
    sqlite3_open_v2(file.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr);
    sqlite3_busy_timeout(db_, 5000);
  }

  ~intruder() { sqlite3_close(db_); }

  intruder(const intruder&) = delete;
  intruder& operator=(const intruder&) = delete;

  bool run(const char* text) {
    return sqlite3_exec(db_, text, nullptr, nullptr, nullptr) == SQLITE_OK;
  }

private:
  sqlite3* db_ = nullptr;
};

/// Starts on the scene's data, which it must refuse; what it said.
std::string refused_start(const served& x) {
  auto options = x.options();
  options.wait_for_port = false;
  server_process server{options};
  auto status = server.wait(30s);
  CAF_CHECK(status.has_value());
  CAF_CHECK(status.value_or(0) != 0);
  CAF_CHECK(status.value_or(0) < 128);
  return server.output();
}

} // namespace

CAF_TEST(a file locked by another program is 503 for writers until it is free) {
  auto x = serve_sqlite({{"DB_DEADLINE_MS", "1000"}});
  x->client.sign_up("ann");
  auto id = x->client.post("/api/v1/tasks", task).text("id");
  intruder other{file_of(*x)};
  CAF_REQUIRE(other.run("BEGIN IMMEDIATE"));
  auto begin = std::chrono::steady_clock::now();
  auto got = x->client.post("/api/v1/tasks", task);
  CAF_CHECK_EQUAL(got.status, 503);
  CAF_CHECK(!got.fields["retry-after"].empty());
  CAF_CHECK(std::chrono::steady_clock::now() - begin < 3s);
  CAF_CHECK_EQUAL(x->client.get("/api/v1/tasks/" + id).status, 200);
  CAF_REQUIRE(other.run("ROLLBACK"));
  auto end = std::chrono::steady_clock::now() + 5s;
  while (got.status != 201 && std::chrono::steady_clock::now() < end)
    got = x->client.post("/api/v1/tasks", task);
  CAF_CHECK_EQUAL(got.status, 201);
  CAF_CHECK_EQUAL(x->count("SELECT count(*) FROM scheduled_tasks"), 2);
}

CAF_TEST(a full disk refuses writes and nothing that was promised is lost) {
  temporary_folder folder;
  small_disk disk{folder.path() / "disk", 4 << 20};
  if (!disk.mounted()) {
    CAF_CHECK(!small_disk::allowed());
    CAF_MESSAGE("left out: no right to mount a file system here");
    return;
  }
  auto url = "sqlite:///" + (folder.path() / "disk/callboard.db").string();
  served x{"", {{"DATABASE_URL", url}}};
  x.client.sign_up("ann");
  std::vector<int64_t> acknowledged;
  auto create = [&] {
    auto got = x.client.post("/api/v1/tasks", task);
    if (got.status == 201)
      acknowledged.push_back(got.number("id"));
    return got;
  };
  create();
  auto filler = folder.path() / "disk/filler";
  std::ofstream{filler} << std::string(4 << 20, 'x');
  auto got = create();
  for (int i = 0; i < 2000 && got.status == 201; ++i)
    got = create(); // into what the files still have
  CAF_CHECK_EQUAL(got.status, 503);
  CAF_CHECK(!got.fields["retry-after"].empty());
  CAF_CHECK_EQUAL(x.client.get("/api/v1/tasks").status, 200);
  CAF_CHECK_EQUAL(x.client.get("/api/v1/liveness").status, 200);
  fs::remove(filler);
  auto end = std::chrono::steady_clock::now() + 5s;
  while ((got = create()).status != 201
         && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(20ms); // the disk has room again
  CAF_CHECK_EQUAL(got.status, 201);
  for (auto id : acknowledged)
    CAF_CHECK_EQUAL(x.client.get("/api/v1/tasks/" + std::to_string(id)).status,
                    200);
  CAF_CHECK_EQUAL(x.client.get("/api/v1/tasks").number("total"),
                  static_cast<int64_t>(acknowledged.size()));
}

CAF_TEST(a read only disk ends the start with a sentence) {
  temporary_folder folder;
  small_disk disk{folder.path() / "disk", 4 << 20};
  if (!disk.mounted()) {
    CAF_CHECK(!small_disk::allowed());
    CAF_MESSAGE("left out: no right to mount a file system here");
    return;
  }
  auto url = "sqlite:///" + (folder.path() / "disk/callboard.db").string();
  {
    served x{"", {{"DATABASE_URL", url}}};
    x.client.sign_up("ann");
    x.server.signal(SIGTERM);
    CAF_REQUIRE_EQUAL(x.server.wait(30s).value_or(-1), 0);
  }
  CAF_REQUIRE(disk.make_read_only());
  server_options options{folder.path() / "data", {{"DATABASE_URL", url}}};
  options.wait_for_port = false;
  server_process server{options};
  auto status = server.wait(30s);
  CAF_CHECK_EQUAL(status.value_or(-1), 1);
  CAF_MESSAGE(server.output());
  CAF_CHECK(server.output().find("read-only") != std::string::npos
            || server.output().find("Read-only") != std::string::npos);
}

CAF_TEST(a truncated file ends the start with a sentence) {
  for (auto part : {2, 4, 10}) {
    auto x = serve_sqlite();
    x->client.sign_up("ann");
    for (int i = 0; i < 50; ++i)
      x->client.post("/api/v1/tasks", task);
    x->server.signal(SIGTERM);
    CAF_REQUIRE_EQUAL(x->server.wait(30s).value_or(-1), 0);
    auto size = fs::file_size(file_of(*x));
    fs::resize_file(file_of(*x), size / static_cast<size_t>(part));
    auto said = refused_start(*x);
    CAF_MESSAGE(said);
    CAF_CHECK(said.find("callboard.db") != std::string::npos);
  }
}

CAF_TEST(a file truncated under the running server is told and survived) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  for (int i = 0; i < 200; ++i)
    x->client.post("/api/v1/tasks", task);
  intruder{file_of(*x)}.run("PRAGMA wal_checkpoint(TRUNCATE)");
  fs::resize_file(file_of(*x), 8192);
  for (int i = 0; i < 20; ++i) {
    auto got = x->client.get("/api/v1/tasks?limit=100");
    CAF_CHECK(got.status == 200 || got.status == 500 || got.status == 503);
    auto made = x->client.post("/api/v1/tasks", task);
    CAF_CHECK(made.status != 0);
  }
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").status, 200);
}
