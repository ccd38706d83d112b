#include "storage/event_listener.hpp"

#include "protocols/log.hpp"
#include "storage/postgres.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <libpq-fe.h>
#include <poll.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace callboard::storage {

namespace {

using namespace std::chrono_literals;

constexpr auto answer_limit = 5s; ///< of a connect, and of a statement

/// Nothing for what is no position of ours: anybody may notify.
int64_t position_in(std::string_view text) {
  int64_t out = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  auto good = ec == std::errc{} && end == text.data() + text.size();
  return good ? std::max<int64_t>(out, 0) : 0;
}

struct result_end {
  void operator()(PGresult* x) const { PQclear(x); }
};
using result = std::unique_ptr<PGresult, result_end>;

} // namespace

commit_channel::commit_channel(event_listener_settings settings)
    : settings_(std::move(settings)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      session_(nullptr, PQfinish) {
  if (wake_ < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
  settings_.uri = postgres_uri(settings_.uri);
  thread_ = std::thread{[this] { run(); }};
}

commit_channel::~commit_channel() {
  stopping_ = true;
  wake();
  thread_.join();
  session_.reset();
  ::close(wake_);
}

void commit_channel::tell(int64_t position) {
  auto known = told_.load();
  while (known < position && !told_.compare_exchange_weak(known, position))
    ;
  if (known < position)
    wake();
}

void commit_channel::run() {
  auto retry = settings_.first_retry;
  while (!stopping_) {
    if (connect() && execute("LISTEN callboard_events")) {
      log::info("event_listener", "hears of commits");
      retry = settings_.first_retry;
      listening_ = true;
      while (!stopping_ && serve())
        ;
      listening_ = false;
    }
    if (stopping_)
      return;
    std::string why = session_ ? PQerrorMessage(session_.get()) : "";
    log::warning("event_listener", "hears of no commits", {{"error", why}});
    session_.reset();
    pause_for(retry);
    retry = std::min(retry * 2, settings_.last_retry);
  }
}

bool commit_channel::connect() {
  session_.reset(PQconnectStart(settings_.uri.c_str()));
  if (!session_)
    return false;
  auto end = clock::now() + answer_limit;
  auto state = PGRES_POLLING_WRITING;
  while (PQstatus(session_.get()) != CONNECTION_BAD) {
    if (!wait_for(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, end))
      return false;
    state = PQconnectPoll(session_.get());
    if (state == PGRES_POLLING_FAILED)
      return false;
    if (state == PGRES_POLLING_OK)
      return PQsetnonblocking(session_.get(), 1) == 0;
  }
  return false;
}

/// Waits for the next thing to do, and does it. False when the session is lost.
bool commit_channel::serve() {
  auto limit = clock::now() + 1min;
  if (told_ > sent_)
    limit = next_send_;
  auto left
      = std::chrono::ceil<std::chrono::milliseconds>(limit - clock::now());
  pollfd both[]{{PQsocket(session_.get()), POLLIN, 0}, {wake_, POLLIN, 0}};
  auto n
      = ::poll(both, 2, static_cast<int>(std::max<int64_t>(left.count(), 0)));
  if (n < 0 && errno != EINTR)
    return false;
  if (both[1].revents != 0)
    drain();
  if (both[0].revents != 0 && PQconsumeInput(session_.get()) == 0)
    return false;
  return take_notices() && send_due();
}

bool commit_channel::send_due() {
  auto told = told_.load();
  if (stopping_ || told <= sent_ || clock::now() < next_send_)
    return true;
  if (!execute("NOTIFY callboard_events, '" + std::to_string(told) + '\''))
    return false;
  sent_ = told;
  next_send_ = clock::now() + settings_.pause;
  return take_notices();
}

/// True if the statement succeeded; false too when we are to end.
bool commit_channel::execute(const std::string& text) {
  auto* db = session_.get();
  if (PQsendQuery(db, text.c_str()) == 0)
    return false;
  auto end = clock::now() + answer_limit;
  bool good = true;
  while (true) {
    auto unsent = PQflush(db);
    if (unsent < 0)
      return false;
    if (unsent == 0 && PQisBusy(db) == 0) {
      result one{PQgetResult(db)};
      if (!one)
        return good;
      good = good && PQresultStatus(one.get()) == PGRES_COMMAND_OK;
      continue;
    }
    short wanted = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
    if (!wait_for(wanted, end) || PQconsumeInput(db) == 0)
      return false;
  }
}

/// False after `until`, and when we are to end.
bool commit_channel::wait_for(short events, clock::time_point until) {
  while (!stopping_) {
    auto left
        = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    if (left <= 0ms)
      return false;
    pollfd both[]{{PQsocket(session_.get()), events, 0}, {wake_, POLLIN, 0}};
    auto n = ::poll(both, 2, static_cast<int>(left.count()));
    if (n < 0 && errno != EINTR)
      return false;
    if (n > 0 && both[1].revents != 0)
      drain();
    if (n > 0 && both[0].revents != 0)
      return true;
  }
  return false;
}

void commit_channel::pause_for(std::chrono::milliseconds time) {
  auto end = clock::now() + time;
  while (!stopping_) {
    auto left
        = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now());
    if (left <= 0ms)
      return;
    pollfd one{wake_, POLLIN, 0};
    if (::poll(&one, 1, static_cast<int>(left.count())) > 0)
      drain(); // told something, which can wait
  }
}

/// False when the session is lost.
bool commit_channel::take_notices() {
  auto* db = session_.get();
  while (auto* x = PQnotifies(db)) {
    auto position = x->be_pid == PQbackendPID(db) ? 0 : position_in(x->extra);
    PQfreemem(x);
    if (position > 0)
      settings_.heard(position);
  }
  return PQstatus(db) == CONNECTION_OK;
}

void commit_channel::wake() const {
  uint64_t one = 1;
  static_cast<void>(!::write(wake_, &one, sizeof one));
}

void commit_channel::drain() const {
  uint64_t n = 0;
  static_cast<void>(!::read(wake_, &n, sizeof n));
}

event_listener_actor::behavior_type event_listener(
    event_listener_actor::stateful_pointer<event_listener_state> self,
    event_listener_settings settings) {
  self->state.channel = std::make_unique<commit_channel>(std::move(settings));
  return {
      [=](atom::notice, int64_t position) {
        self->state.channel->tell(position);
      },
  };
}

} // namespace callboard::storage
