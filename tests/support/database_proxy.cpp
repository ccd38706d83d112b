#include "tests/support/database_proxy.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

namespace callboard::test {

namespace {

/// As a whole statement: BEGIN says `READ COMMITTED`.
constexpr std::string_view commit{"COMMIT\0", 7};

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return; // the other end is noticed at its next read
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

int connect_to(const std::string& path) {
  auto fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, path.c_str(), sizeof(to.sun_path) - 1);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0)
    return fd;
  ::close(fd);
  return -1;
}

} // namespace

database_proxy::database_proxy(std::string socket)
    : socket_(std::move(socket)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0
      || ::listen(listener_, 64) != 0
      || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error{"the proxy cannot listen"};
  port_ = ntohs(at.sin_port);
  thread_ = std::thread{[this] { run(); }};
}

database_proxy::~database_proxy() {
  stop_ = true;
  thread_.join();
  for (auto& x : links_)
    end(x, false);
  ::close(listener_);
}

void database_proxy::run() {
  while (!stop_) {
    std::vector<pollfd> watched{{listener_, POLLIN, 0}};
    for (auto& x : links_) {
      watched.push_back({x.client, POLLIN, 0});
      watched.push_back({x.server, POLLIN, 0});
    }
    if (::poll(watched.data(), watched.size(), 20) <= 0)
      continue;
    for (size_t i = 0; i < links_.size(); ++i) {
      auto& x = links_[i];
      auto alive = true;
      if (watched[1 + 2 * i].revents != 0)
        alive = pass(x, true);
      if (alive && watched[2 + 2 * i].revents != 0)
        alive = pass(x, false);
      if (!alive)
        x.client = -1;
    }
    std::erase_if(links_, [](auto& x) { return x.client < 0; });
    if (watched[0].revents != 0)
      accept_one();
  }
}

void database_proxy::accept_one() {
  auto client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  auto server = connect_to(socket_);
  if (client < 0 || server < 0) {
    ::close(client);
    ::close(server);
    return;
  }
  links_.push_back({client, server});
}

/// False when the link has ended.
bool database_proxy::pass(link& x, bool from_client) {
  char block[65'536];
  auto n = ::recv(from_client ? x.client : x.server, block, sizeof(block), 0);
  if (n <= 0 || reset_.exchange(false)) {
    end(x, n > 0);
    return false;
  }
  std::string_view bytes{block, static_cast<size_t>(n)};
  if (from_client && bytes.find(commit) != bytes.npos && lose_.exchange(false))
    x.losing = true;
  if (!from_client && x.losing) { // it is committed, and nobody hears of it
    end(x, true);
    return false;
  }
  send_all(from_client ? x.server : x.client, bytes);
  return true;
}

void database_proxy::end(link& x, bool abruptly) {
  linger now{1, 0};
  if (abruptly)
    ::setsockopt(x.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  ::close(x.client);
  ::close(x.server);
}

} // namespace callboard::test
