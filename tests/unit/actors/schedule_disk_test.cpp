#define CAF_SUITE schedule_disk
#include "actors/folder_watch.hpp"
#include "actors/schedule_disk.hpp"
#include "protocols/error.hpp"
#include "tests/support/small_disk.hpp"
#include "tests/support/temporary_folder.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <sys/stat.h>
#include <sys/wait.h>

#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <unistd.h>

using namespace callboard;
using namespace callboard::actors;
using namespace callboard::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

struct fixture {
  temporary_folder folder;
  fs::path file = folder.path() / "schedule.yml";

  fs::path beside(const char* ending) const { return file.string() + ending; }

  void put(std::string_view bytes) const {
    std::ofstream{file, std::ios::binary} << bytes;
  }

  schedule_content read() const {
    auto got = read_schedule(file);
    if (!got)
      CAF_FAIL(detail(got.error()));
    return std::move(*got);
  }

  caf::error write(std::string_view bytes) const {
    return write_schedule(file, read(), bytes);
  }

  std::string refusal() const {
    auto got = read_schedule(file);
    return got ? "accepted" : detail(got.error());
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(schedule_disk_tests, fixture)

CAF_TEST(a file that is not there is no error) {
  auto got = read();
  CAF_CHECK(!got.there);
  CAF_CHECK(got.bytes.empty());
}

CAF_TEST(a write leaves the former bytes in the backup) {
  CAF_CHECK(!write("one"));
  CAF_CHECK(!fs::exists(beside(".bak")));
  CAF_CHECK(!write("two"));
  CAF_CHECK_EQUAL(content(file), "two");
  CAF_CHECK_EQUAL(content(beside(".bak")), "one");
  CAF_CHECK(!fs::exists(beside(".tmp")));
  CAF_CHECK_EQUAL(read().bytes, "two");
  CAF_CHECK(std::chrono::abs(read().modified - now()) < 1min);
}

CAF_TEST(a write keeps the permissions of the file) {
  put("one");
  fs::permissions(file, fs::perms{0640});
  CAF_CHECK(!write("two"));
  CAF_CHECK(fs::status(file).permissions() == fs::perms{0640});
}

CAF_TEST(a file of 100 MB is refused before it is read) {
  put("x");
  fs::resize_file(file, 100 << 20);
  CAF_CHECK_EQUAL(refusal(), file.string()
                                 + ": 104857600 bytes, more than the 4194304 "
                                   "that are accepted");
  fs::resize_file(file, max_schedule_bytes);
  CAF_CHECK_EQUAL(refusal(), "accepted");
  fs::resize_file(file, max_schedule_bytes + 1);
  CAF_CHECK_EQUAL(refusal().find("4194305 bytes"), file.string().size() + 2);
}

CAF_TEST(only regular files are read) {
  fs::create_directory(file);
  CAF_CHECK_EQUAL(refusal(), file.string() + ": not a regular file");
  fs::remove(file);
  CAF_REQUIRE_EQUAL(::mkfifo(file.c_str(), 0600), 0);
  CAF_CHECK_EQUAL(refusal(), file.string() + ": not a regular file");
  fs::remove(file);
  fs::create_symlink("/dev/zero", file);
  CAF_CHECK_EQUAL(refusal(), file.string() + ": not a regular file");
}

CAF_TEST(too much is not written and the old file stays) {
  CAF_CHECK(!write("one"));
  auto err = write(std::string(max_schedule_bytes + 1, 'x'));
  CAF_CHECK(classify(err) == errc::bad_request);
  CAF_CHECK_EQUAL(content(file), "one");
}

CAF_TEST(a full disk is a clear error and leaves the old file) {
  small_disk disk{folder.path() / "disk", 256 << 10};
  if (!disk.mounted()) {
    CAF_CHECK(!small_disk::allowed());
    CAF_MESSAGE("left out: no right to mount a file system here");
    return;
  }
  file = folder.path() / "disk/schedule.yml";
  CAF_CHECK(!write("one"));
  auto err = write(std::string(1 << 20, 'x'));
  CAF_CHECK(classify(err) == errc::unavailable);
  CAF_CHECK_EQUAL(detail(err), file.string() + ": No space left on device");
  CAF_CHECK_EQUAL(content(file), "one");
  CAF_CHECK(!fs::exists(beside(".tmp")));
  CAF_CHECK(!write("two"));
}

CAF_TEST(a folder that refuses is a clear error) {
  file = folder.path() / "absent/schedule.yml";
  CAF_CHECK_EQUAL(detail(write("x")),
                  beside(".tmp").string() + ": No such file or directory");
  auto lock = schedule_lock::attempt(file);
  CAF_REQUIRE(!lock);
  CAF_CHECK(classify(lock.error()) == errc::unavailable);
}

CAF_TEST(a lock excludes every other holder and its file stays) {
  auto first = schedule_lock::attempt(file);
  CAF_REQUIRE(first && *first);
  auto second = schedule_lock::attempt(file);
  CAF_REQUIRE(second);
  CAF_CHECK(!*second);
  auto moved = std::move(**first);
  first->reset();
  CAF_CHECK(!*schedule_lock::attempt(file));
  { auto gone = std::move(moved); }
  CAF_CHECK(*schedule_lock::attempt(file));
  CAF_CHECK(fs::exists(beside(".lock")));
}

CAF_TEST(the mark of a sync comes back and a broken one is none) {
  CAF_CHECK_EQUAL(read_mark(file).about.version, 0);
  schedule_mark mark{
      {timestamp{1'762'603'200'123}, sync_source::manual, 42}, "abc", "def"};
  CAF_CHECK(!write_mark(file, mark));
  auto got = read_mark(file);
  CAF_CHECK(got.about.last_sync == mark.about.last_sync);
  CAF_CHECK(got.about.source == sync_source::manual);
  CAF_CHECK_EQUAL(got.about.version, 42);
  CAF_CHECK_EQUAL(got.checksum, "abc");
  CAF_CHECK(got.knows("abc") && got.knows("def") && !got.knows(""));
  for (auto text : {"", "[]", "{", "{\"version\":\"x\",\"sync_source\":7}"}) {
    std::ofstream{beside(".meta")} << text;
    CAF_CHECK_EQUAL(read_mark(file).about.version, 0);
    CAF_CHECK(read_mark(file).about.source == sync_source::unknown);
  }
}

// Killed at any point of it, a writer leaves one of its texts, never a part.
CAF_TEST(a killed writer leaves a whole file and a whole backup) {
  const std::string a(300'000, 'a');
  const std::string b(200'000, 'b');
  CAF_REQUIRE(!write(a));
  CAF_REQUIRE(!write(b));
  std::minstd_rand random{7};
  for (int i = 0; i < 60; ++i) {
    auto child = ::fork();
    if (child == 0)
      for (bool turn = false;; turn = !turn)
        if (write_schedule(file, *read_schedule(file), turn ? a : b))
          ::_exit(1);
    ::usleep(static_cast<useconds_t>(random() % 20'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    CAF_CHECK(WIFSIGNALED(status));
    for (auto& path : {file, beside(".bak")}) {
      auto found = content(path);
      CAF_CHECK(found == a || found == b);
    }
  }
  CAF_CHECK(!write("after")); // what was left beside is in nobody's way
}

CAF_TEST(a watch hears of writes and renames of the file alone) {
  std::mutex mutex;
  std::condition_variable heard;
  int calls = 0;
  auto watch = folder_watch::start(
      folder.path(), [](std::string_view name) { return name == "x"; },
      [&] {
        std::lock_guard guard{mutex};
        ++calls;
        heard.notify_all();
      });
  CAF_REQUIRE(watch);
  auto wait_for = [&](int n) {
    std::unique_lock guard{mutex};
    return heard.wait_for(guard, 10s, [&] { return calls >= n; });
  };
  std::ofstream{folder.path() / "x"} << 1;
  CAF_CHECK(wait_for(1));
  std::ofstream{folder.path() / "y"} << 1;
  fs::rename(folder.path() / "y", folder.path() / "z");
  fs::rename(folder.path() / "z", folder.path() / "x");
  CAF_CHECK(wait_for(2));
  watch->reset(); // ends its thread
  std::ofstream{folder.path() / "x"} << 2;
  CAF_CHECK_EQUAL(calls, 2);
  CAF_CHECK(!folder_watch::start(folder.path() / "absent", {}, {}));
}

CAF_TEST_FIXTURE_SCOPE_END()
