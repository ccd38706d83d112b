#include "actors/folder_watch.hpp"

#include "protocols/error.hpp"

#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace callboard::actors {

namespace {

caf::error refused(const std::filesystem::path& folder) {
  return caf::make_error(errc::unavailable,
                         folder.string() + ": " + std::strerror(errno));
}

/// True if one of the events of a read is wanted. An overflow is: what was
/// lost may have been.
bool any_wanted(const char* at, const char* end,
                const folder_watch::filter& wanted) {
  bool out = false;
  while (at < end) {
    inotify_event event{};
    std::memcpy(&event, at, sizeof event);
    if ((event.mask & IN_Q_OVERFLOW) != 0)
      out = true;
    else if (event.len > 0)
      out = wanted(at + sizeof event) || out; // ends with a NUL
    at += sizeof event + event.len;
  }
  return out;
}

} // namespace

caf::expected<std::unique_ptr<folder_watch>>
folder_watch::start(const std::filesystem::path& folder, filter wanted,
                    callback changed) {
  auto events = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (events < 0)
    return refused(folder);
  auto stop = ::eventfd(0, EFD_CLOEXEC);
  constexpr uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO;
  if (stop < 0 || ::inotify_add_watch(events, folder.c_str(), mask) < 0) {
    auto err = refused(folder);
    ::close(events);
    if (stop >= 0)
      ::close(stop);
    return err;
  }
  return std::unique_ptr<folder_watch>{
      new folder_watch{events, stop, std::move(wanted), std::move(changed)}};
}

folder_watch::folder_watch(int events, int stop, filter wanted,
                           callback changed)
    : events_(events), stop_(stop), wanted_(std::move(wanted)),
      changed_(std::move(changed)), thread_([this] { run(); }) {}

folder_watch::~folder_watch() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(events_);
  ::close(stop_);
}

void folder_watch::run() const {
  alignas(inotify_event) char buffer[16 * 1024];
  pollfd ready[] = {{events_, POLLIN, 0}, {stop_, POLLIN, 0}};
  while (true) {
    if (::poll(ready, 2, -1) < 0 && errno != EINTR)
      return;
    if (ready[1].revents != 0)
      return;
    auto n = ::read(events_, buffer, sizeof buffer);
    if (n > 0 && any_wanted(buffer, buffer + n, wanted_))
      changed_();
  }
}

} // namespace callboard::actors
