// Kills every kind of actor of the tree, again and again, one at a time, while
// requests wait for it; the next one when the database answers. Back-off is
// off. Prints a table, beside it how long a mere hop to a loop and back takes,
// and the resident memory of ten rounds. Usage: crashes [count] [database URL]
// Without a URL: SQLite in a new folder
#include "net/ask.hpp"
#include "protocols/log.hpp"
#include "protocols/system_config.hpp"
#include "storage/migrate.hpp"
#include "supervision/application.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>

using namespace callboard;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr int waiting_requests = 4; ///< for each killed actor

double resident_mb() {
  std::ifstream in{"/proc/self/status"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:"))
      return std::stod(line.substr(6)) / 1024;
  return 0;
}

/// A killed actor stays until the last timer that it set is due: waits for
/// the longest of them.
void settle() { std::this_thread::sleep_for(65s); }

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             clock_type::now().time_since_epoch())
      .count();
}

struct tally {
  std::vector<int64_t> ready_us; ///< from the kill to the next incarnation
  std::atomic<int64_t> asked{0};
  std::atomic<int64_t> served{0};
  std::atomic<int64_t> refused{0};

  bool all_answered() const { return asked == served + refused; }
};

/// Polls as long as anything here is polled. False if it took too long.
template <class F>
bool wait_until(F done, std::chrono::milliseconds limit) {
  for (auto end = clock_type::now() + limit; !done();) {
    if (clock_type::now() > end)
      return false;
    std::this_thread::sleep_for(10us);
  }
  return true;
}

/// The system under test, without its edge.
class scene {
public:
  scene(const config& settings, std::shared_ptr<storage::database> database)
      : loops_({2, false}),
        app_(settings, std::move(database), std::make_shared<stream_mark>(),
             {strategy::one_for_one, SIZE_MAX, 1ms, 0ms, 0ms}) {
    loops_.configure(cfg_);
    system_ = std::make_unique<caf::actor_system>(cfg_);
    system_->await_actors_before_shutdown(false);
    loops_.start();
    root_ = app_.start(*system_, loops_);
    app_.connect(services_);
    port_ = std::make_unique<net::port_handle>(*system_, loops_.loop(0));
  }

  ~scene() {
    end_tree();
    app_.ended();
    root_ = nullptr;
    loops_.stop();
    port_.reset();
    system_.reset();
  }

  const child_ptr& root() const { return app_.root(); }

  /// Sends what the kind of actor understands; every answer is counted.
  void ask_for(const std::string& kind, tally& x) {
    boost::asio::post(loops_.loop(0).io(), [this, kind, &x] {
      call ctx;
      ctx.user_id = 1;
      ctx.as = role::admin;
      ctx.deadline = deadline_in(30s);
      if (kind == "user_repository")
        ask<user>(services_.users(), x, atom::fetch_v, ctx, int64_t{1});
      else if (kind == "token_repository")
        ask<std::vector<refresh_token>>(services_.tokens(), x, atom::list_v,
                                        ctx);
      else if (kind == "passwords")
        ask<bool>(services_.passwords(), x, atom::verify_v, ctx,
                  std::string{"Passw0rd!"}, std::string{});
      else if (kind == "rate_limits" || kind == "bucket" || kind == "limits"
               || kind == "buckets")
        ask<quota>(services_.limits(), x, atom::take_v,
                   bucket_key{"standard", "127.0.0.1"});
      else
        ask<task_detail>(services_.tasks(), x, atom::fetch_v, ctx, int64_t{1});
    });
  }

  /// How many wait for a job of the store.
  int64_t idle_workers() {
    auto found = std::make_shared<std::atomic<int64_t>>(-1);
    boost::asio::post(loops_.loop(0).io(), [this, found] {
      net::ask<database_status>(
          **port_, services_.database(), 1s,
          [found](const caf::expected<database_status>& x) {
            *found = x ? x->connections - x->busy : 0;
          },
          atom::status_v);
    });
    wait_until([&] { return *found >= 0; }, 2s);
    return *found;
  }

  /// To a loop and back, polled as the actors are.
  int64_t hop_us() {
    std::atomic<bool> there{false};
    auto begin = now_us();
    boost::asio::post(loops_.loop(1).io(), [&] { there = true; });
    wait_until([&] { return there.load(); }, 10s);
    return now_us() - begin;
  }

private:
  void end_tree() {
    caf::scoped_actor self{*system_};
    self->monitor(root_);
    caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
    self->receive([](const caf::down_msg&) {}, caf::after(20s) >> [] {});
  }

  template <class R, class Handle, class... Ts>
  void ask(const Handle& to, tally& x, Ts&&... message) {
    x.asked.fetch_add(1);
    net::ask<R>(
        **port_, to, 30s,
        [&x](const caf::expected<R>& answer) {
          auto late
              = !answer && classify(answer.error()) == errc::deadline_exceeded;
          if (answer)
            x.served.fetch_add(1);
          else if (!late) // late: nobody answered
            x.refused.fetch_add(1);
        },
        std::forward<Ts>(message)...);
  }

  net::services services_;
  net::runtime loops_;
  application app_;
  system_config cfg_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<net::port_handle> port_;
  caf::actor root_;
};

/// Every place of the tree but the root, by the kind of its actor.
void collect(const child_ptr& x, std::map<std::string, child_ptr>& out) {
  for (auto& below : x->children(100)) {
    auto kind = below->id();
    if (kind.find('|') != std::string::npos)
      kind = "bucket";
    else if (auto dash = kind.find('-'); dash != std::string::npos)
      kind.resize(dash);
    out[kind] = below;
    collect(below, out);
  }
}

/// The record of the kind's present child; buckets are another one each time.
child_ptr find(const scene& x, const std::string& kind) {
  std::map<std::string, child_ptr> all;
  collect(x.root(), all);
  return all[kind];
}

/// False if it took longer than ten seconds.
bool crash_once(scene& x, const std::string& kind, child_ptr place,
                tally& out) {
  auto bucket = kind == "bucket"; // is there while it is asked for
  auto look = [&] {
    if (bucket) {
      x.ask_for(kind, out);
      if (auto fresh = find(x, kind))
        place = fresh;
    }
    return place ? place->get() : nullptr;
  };
  caf::actor victim;
  if (!wait_until([&] { return bool(victim = look()); }, 10s))
    return false;
  for (int i = 0; i < waiting_requests; ++i)
    x.ask_for(kind, out);
  auto begin = now_us();
  caf::anon_send_exit(victim, caf::exit_reason::kill);
  auto back = [&] {
    auto next = look();
    return next && next != victim;
  };
  if (!wait_until(back, 10s))
    return false;
  out.ready_us.push_back(now_us() - begin);
  wait_until([&] { return out.all_answered(); }, 1s); // one crash at a time
  return true;
}

/// All workers are there and idle again, and a repository gets an answer.
bool is_whole(scene& x, int64_t workers) {
  static tally probe;
  auto before = probe.served.load();
  x.ask_for("token_repository", probe);
  return wait_until([] { return probe.all_answered(); }, 1s)
         && probe.served > before && x.idle_workers() == workers;
}

/// Memory that is resident from now on: our records are no growth of the tree.
void make_room(std::vector<int64_t>& of, size_t n) {
  of.assign(n + 1, 0);
  of.clear();
}

int64_t at(std::vector<int64_t>& sorted, double part) {
  return sorted.empty() ? 0
                        : sorted[static_cast<size_t>(
                            static_cast<double>(sorted.size() - 1) * part)];
}

void print_times(const std::string& what, std::vector<int64_t>& us) {
  std::sort(us.begin(), us.end());
  std::cout << "| " << what << " | " << us.size() << " | " << at(us, 0.5)
            << " | " << at(us, 0.99) << " | ";
}

void print(const std::string& kind, tally& x) {
  print_times(kind, x.ready_us);
  std::cout << x.asked << " | " << x.served << " | " << x.refused << " | "
            << x.asked - x.served - x.refused << " |\n";
}

int run(int count, const std::string& url, const std::string& folder) {
  config settings;
  settings.data_dir = folder;
  settings.password_cost = 4;
  settings.workers = 2; // as many as loops
  settings.rate_limit_per_minute = 1'000'000'000;
  auto opened = storage::database::open(url);
  if (!opened) {
    std::cerr << detail(opened.error()) << '\n';
    return 1;
  }
  auto database = std::make_shared<storage::database>(std::move(*opened));
  if (auto err = storage::migrate(*database->connect())) {
    std::cerr << detail(err) << '\n';
    return 1;
  }
  scene x{settings, database};
  std::map<std::string, child_ptr> kinds;
  while (kinds.find("bucket") == kinds.end()) { // the first one
    static tally warm;
    x.ask_for("bucket", warm);
    std::this_thread::sleep_for(10ms);
    collect(x.root(), kinds);
  }
  wait_until([&] { return x.idle_workers() > 2; }, 10s);
  auto workers = x.idle_workers();
  kinds.erase("overflow"); // has children under load alone
  std::map<std::string, tally> results;
  for (auto& [kind, place] : kinds)
    make_room(results[kind].ready_us,
              static_cast<size_t>(count) / kinds.size());
  std::vector<int64_t> hops;
  make_room(hops, static_cast<size_t>(count));
  std::vector<double> resident; // after each of ten rounds
  for (int i = 0; i < count;) {
    for (auto& [kind, place] : kinds) {
      auto target = kind == "bucket" ? find(x, kind) : place;
      if (!crash_once(x, kind, target, results[kind])) {
        std::cerr << kind << " did not come back\n";
        return 1;
      }
      if (!wait_until([&] { return is_whole(x, workers); }, 10s)) {
        std::cerr << "nobody answers after " << kind << '\n';
        return 1;
      }
      hops.push_back(x.hop_us());
      if (++i % (count / 10) == 0) {
        if (count >= 10'000) // a short run is for times
          settle();
        resident.push_back(resident_mb());
      }
    }
  }
  wait_until(
      [&] {
        return std::all_of(results.begin(), results.end(),
                           [](auto& r) { return r.second.all_answered(); });
      },
      40s);
  std::cout << "\n### " << count << " crashes over all kinds of actors\n\n"
            << "| actor | crashes | ready p50 us | ready p99 us | asked "
               "| served | refused | no answer |\n"
               "|---|---|---|---|---|---|---|---|\n";
  std::vector<int64_t> all;
  for (auto& [kind, result] : results) {
    print(kind, result);
    all.insert(all.end(), result.ready_us.begin(), result.ready_us.end());
  }
  print_times("all", all);
  std::cout << " | | | |\n";
  print_times("(a hop to a loop and back)", hops);
  std::cout << " | | | |\n\nResident MB after each tenth, once the timers of "
               "the killed are due:"
            << std::fixed << std::setprecision(1);
  for (auto mb : resident)
    std::cout << ' ' << mb;
  std::cout << std::endl;
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  auto count = argc > 1 ? std::stoi(argv[1]) : 100'000;
  auto folder = std::filesystem::temp_directory_path()
                / ("callboard-crashes-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  auto url = argc > 2 ? argv[2] : "sqlite:///" + (folder / "x.db").string();
  log::start(log::level::critical, log::format::json);
  auto status = run(count, url, folder.string());
  log::stop();
  std::filesystem::remove_all(folder);
  return status;
}
