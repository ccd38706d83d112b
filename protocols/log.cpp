#include "protocols/log.hpp"

#include "protocols/log_line.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <mutex>
#include <poll.h>
#include <signal.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace callboard::log {

namespace {

using clock = std::chrono::steady_clock;

constexpr size_t capacity = 4 << 20;       // [bytes] that may wait
constexpr size_t worth_writing = 64 << 10; // [bytes] that end the wait
constexpr size_t large_line = 64 << 10;    // [bytes] a thread need not keep
constexpr std::chrono::milliseconds patience{50};
constexpr std::chrono::seconds grace{2}; // for a reader that takes nothing

uint64_t lines_in(std::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Takes lines from any thread and writes them on its own.
class writer {
public:
  void start(level minimum, format how, int fd) {
    stop();
    std::unique_lock guard{mutex_};
    format_ = how;
    fd_ = fd;
    stopping_ = false;
    lost_ = 0;
    reported_ = 0;
    torn_ = false;
    chunk_ = chunk_of(fd);
    threshold_ = minimum;
    running_ = true;
    thread_ = std::thread{[this] { run(); }};
  }

  void stop() {
    std::unique_lock guard{mutex_};
    if (!running_)
      return;
    running_ = false;
    stopping_ = true;
    give_up_ = clock::now() + grace;
    threshold_ = level::warning;
    guard.unlock();
    wake_.notify_one();
    thread_.join();
  }

  void take(level severity, const std::string& line) {
    std::unique_lock guard{mutex_};
    if (!running_) {
      guard.unlock();
      // Nobody is left to tell if standard error fails.
      [[maybe_unused]] auto n = ::write(2, line.data(), line.size());
      return;
    }
    if (waiting_.size() + leaving_ + line.size() > capacity) {
      ++lost_;
      return;
    }
    auto before = waiting_.size();
    waiting_ += line;
    bool hurry = severity >= level::warning && !urgent_;
    urgent_ |= hurry;
    bool enough = before < worth_writing && waiting_.size() >= worth_writing;
    guard.unlock();
    if (before == 0 || hurry || enough)
      wake_.notify_one();
  }

  format how() const { return format_; }
  level threshold() const { return threshold_; }
  void threshold(level x) { threshold_ = x; }
  uint64_t lost() const { return lost_; }

private:
  /// A pipe that polls writable takes `PIPE_BUF` without blocking.
  static size_t chunk_of(int fd) {
    struct stat info {};
    bool file = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    return file ? capacity : PIPE_BUF;
  }

  void run() {
    block_signals();
    std::string batch;
    std::unique_lock guard{mutex_};
    for (;;) {
      wake_.wait(guard, [this] { return stopping_ || !waiting_.empty(); });
      wake_.wait_for(guard, patience, [this] {
        return stopping_ || urgent_ || waiting_.size() >= worth_writing;
      });
      batch.clear();
      batch.swap(waiting_);
      urgent_ = false;
      leaving_ = batch.size();
      bool last = stopping_;
      guard.unlock();
      flush(batch);
      report_losses();
      guard.lock();
      leaving_ = 0;
      if (last)
        return;
    }
  }

  /// SIGTERM is for the main thread; SIGPIPE becomes EPIPE.
  static void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
  }

  /// Writes all of it, or counts the lines that could not be written.
  void flush(std::string_view text) {
    if (torn_ && !text.empty() && put("\n"))
      torn_ = false;
    while (!text.empty()) {
      auto n = put_some(text);
      if (n == 0) {
        lost_ += lines_in(text);
        return;
      }
      torn_ = text[n - 1] != '\n';
      text.remove_prefix(n);
    }
  }

  bool put(std::string_view text) { return put_some(text) == text.size(); }

  /// @returns how many bytes went out; 0 if it failed or nobody reads.
  size_t put_some(std::string_view text) {
    auto size = std::min(text.size(), chunk_);
    while (wait_until_writable()) {
      auto n = ::write(fd_, text.data(), size);
      if (n > 0)
        return static_cast<size_t>(n);
      if (errno != EINTR && errno != EAGAIN)
        return 0;
    }
    return 0;
  }

  /// A reader that stalls stalls only this thread, and `stop` not for ever.
  bool wait_until_writable() {
    for (;;) {
      pollfd item{fd_, POLLOUT, 0};
      auto n = ::poll(&item, 1, 200);
      if (n > 0)
        return (item.revents & POLLNVAL) == 0;
      if (n < 0 && errno != EINTR)
        return false;
      std::unique_lock guard{mutex_};
      if (stopping_ && clock::now() >= give_up_)
        return false;
    }
  }

  void report_losses() {
    uint64_t total = lost_;
    if (total == reported_)
      return;
    std::string line;
    append(line, format_,
           record{now(),
                  level::warning,
                  "log",
                  "lines were lost",
                  {{"lost", static_cast<int64_t>(total - reported_)}}});
    if (torn_)
      line.insert(line.begin(), '\n');
    if (!put(line))
      return;
    torn_ = false;
    reported_ = total;
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_;
  size_t leaving_ = 0; ///< [bytes] the thread is writing
  bool urgent_ = false;
  bool stopping_ = false;
  bool running_ = false;
  clock::time_point give_up_;
  std::thread thread_;
  std::atomic<format> format_{format::text};
  std::atomic<level> threshold_{level::warning};
  std::atomic<uint64_t> lost_{0};
  // The thread's own.
  int fd_ = 2;
  size_t chunk_ = PIPE_BUF; ///< [bytes] to write at once
  uint64_t reported_ = 0;
  bool torn_ = false; ///< the last byte written was not a newline
};

/// Never destroyed: other threads may log while the process ends.
writer& the_writer() {
  static auto* instance = new writer;
  return *instance;
}

} // namespace

void start(level minimum, format how, int fd) {
  the_writer().start(minimum, how, fd);
}

void stop() { the_writer().stop(); }

void set_level(level minimum) { the_writer().threshold(minimum); }

bool enabled(level x) { return x >= the_writer().threshold(); }

void write(level x, std::string_view logger, std::string_view message,
           std::initializer_list<field> fields) {
  if (!enabled(x))
    return;
  thread_local std::string line; // keeps its memory from call to call
  line.clear();
  append(line, the_writer().how(), record{now(), x, logger, message, fields});
  the_writer().take(x, line);
  if (line.capacity() > large_line)
    std::string{}.swap(line);
}

uint64_t lost() { return the_writer().lost(); }

} // namespace callboard::log
