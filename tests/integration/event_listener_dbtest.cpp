#define CAF_SUITE event_listener
#include "protocols/error.hpp"
#include "protocols/system_config.hpp"
#include "storage/event_listener.hpp"
#include "tests/support/postgres_session.hpp"
#include "tests/support/temporary_postgres.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// What a listener heard, and a place to wait for it.
class ear {
public:
  void hear(int64_t position) {
    std::lock_guard guard{mutex_};
    heard_.push_back(position);
    changed_.notify_all();
  }

  /// True as soon as the last one is `position`, within 10 s.
  bool hears(int64_t position) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, 10s, [&] {
      return !heard_.empty() && heard_.back() == position;
    });
  }

  std::vector<int64_t> all() {
    std::lock_guard guard{mutex_};
    return heard_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int64_t> heard_;
};

/// A process on the database, as far as its channel goes.
struct process {
  explicit process(const std::string& url,
                   std::chrono::milliseconds pause = 5ms,
                   std::chrono::milliseconds retry = 10ms)
      : channel({url, [this](int64_t x) { heard.hear(x); }, pause, retry,
                 std::max<std::chrono::milliseconds>(retry, 100ms)}) {
    CAF_REQUIRE(eventually([&] { return channel.listening(); }));
  }

  ear heard;
  commit_channel channel;
};

} // namespace

CAF_TEST(a process hears of the commits of others and not of its own) {
  auto url = temporary_postgres::shared().new_database();
  process a{url};
  process b{url};
  a.channel.tell(7);
  CAF_CHECK(b.heard.hears(7));
  b.channel.tell(8);
  CAF_CHECK(a.heard.hears(8));
  CAF_CHECK(a.heard.all() == std::vector<int64_t>{8});
  CAF_CHECK(b.heard.all() == std::vector<int64_t>{7});
}

CAF_TEST(another database hears nothing) {
  auto& server = temporary_postgres::shared();
  auto url = server.new_database();
  process a{url};
  process b{url};
  process stranger{server.new_database()};
  a.channel.tell(1);
  CAF_CHECK(b.heard.hears(1));
  b.channel.tell(2);
  CAF_CHECK(a.heard.hears(2));
  CAF_CHECK(stranger.heard.all().empty());
}

CAF_TEST(commits that follow one another closely share a notification) {
  auto url = temporary_postgres::shared().new_database();
  process a{url, 50ms};
  process b{url};
  for (int64_t i = 1; i <= 1000; ++i)
    a.channel.tell(i);
  CAF_CHECK(b.heard.hears(1000));
  CAF_CHECK(b.heard.all().size() <= 3);
  a.channel.tell(999); // nothing new
  a.channel.tell(1001);
  CAF_CHECK(b.heard.hears(1001));
  auto all = b.heard.all();
  CAF_CHECK(std::is_sorted(all.begin(), all.end()));
}

CAF_TEST(what is no position is not heard) {
  auto url = temporary_postgres::shared().new_database();
  process a{url};
  postgres_session other{url};
  for (auto* text : {"", "x", "-1", "0", "1 ", " 1", "0x10", "1;2", "1e3",
                     "99999999999999999999", "9223372036854775808"})
    other.run(std::string{"NOTIFY callboard_events, '"} + text + '\'');
  other.run("NOTIFY callboard_events");
  other.run("NOTIFY callboard_other, '5'");
  other.run("NOTIFY callboard_events, '6'");
  CAF_CHECK(a.heard.hears(6));
  CAF_CHECK(a.heard.all() == std::vector<int64_t>{6});
}

CAF_TEST(after a loss it connects again) {
  auto url = temporary_postgres::shared().new_database();
  process a{url};
  process b{url};
  int64_t position = 0;
  for (int round = 0; round < 3; ++round) {
    postgres_session{url}.end_the_others();
    auto lost = position + 1000; // what is told meanwhile may reach nobody
    position = lost;
    CAF_CHECK(eventually([&] {
      a.channel.tell(++position);
      auto all = b.heard.all();
      return !all.empty() && all.back() > lost;
    }));
  }
}

CAF_TEST(what was committed just before a loss is told after it) {
  auto& server = temporary_postgres::shared();
  auto url = server.new_database();
  process quick{url};
  process slow{url, 5ms, 3s};
  server.stop();
  CAF_REQUIRE(eventually(
      [&] { return !quick.channel.listening() && !slow.channel.listening(); }));
  slow.channel.tell(5);
  server.start();
  CAF_CHECK(eventually([&] { return quick.channel.listening(); }));
  CAF_CHECK(quick.heard.hears(5));
}

CAF_TEST(it waits for a server that is away and ends meanwhile) {
  auto& server = temporary_postgres::shared();
  auto url = server.new_database();
  server.stop();
  ear heard;
  auto begin = std::chrono::steady_clock::now();
  {
    commit_channel away{
        {url, [&](int64_t x) { heard.hear(x); }, 5ms, 10s, 10s}};
    away.tell(1);
  }
  CAF_CHECK(std::chrono::steady_clock::now() - begin < 5s);
  commit_channel patient{
      {url, [&](int64_t x) { heard.hear(x); }, 5ms, 10ms, 100ms}};
  server.start();
  CAF_CHECK(eventually([&] { return patient.listening(); }));
  process other{url};
  other.channel.tell(3);
  CAF_CHECK(heard.hears(3));
}

CAF_TEST(a frozen server does not hold up the end) {
  auto& server = temporary_postgres::shared();
  auto url = server.new_database();
  auto a = std::make_unique<process>(url);
  server.freeze();
  a->channel.tell(1);
  auto begin = std::chrono::steady_clock::now();
  a.reset();
  CAF_CHECK(std::chrono::steady_clock::now() - begin < 3s);
  server.thaw();
}

CAF_TEST(under supervision it tells what it is told) {
  auto url = temporary_postgres::shared().new_database();
  system_config cfg;
  caf::actor_system sys{cfg};
  process b{url};
  auto a
      = sys.spawn(event_listener, event_listener_settings{url, [](int64_t) {}});
  caf::anon_send(a, atom::notice_v, int64_t{5});
  CAF_CHECK(b.heard.hears(5));
  caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
}
