// The baseline of fan-out: a bare epoll server that does nothing but the
// handshake, and one `send()` per frame and client. For each line
// `<frames> [pause ms]` on standard input it sends that many frames to all,
// each by as many threads as asked for, with an equal part of the clients each.
// Usage: bare_send <port> [threads]
#include "protocols/realtime.hpp"
#include "tests/bench/ws_session.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <iostream>
#include <sstream>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace callboard;
using namespace callboard::bench;

/// As Callboard's event of a task.
std::string message() {
  auto stamp = std::to_string(monotonic_ns());
  return R"({"type":"task_status_update","event_id":)"
         R"("8c5c6be4-2a54-4f0e-8a4c-000000000000-123456","timestamp":)"
         R"("2026-11-28T10:30:00.000Z","data":{"assignee":")"
         + stamp
         + R"(","error":null,"output":null,"project_id":null,"skill_name":)"
           R"("report","status":"running","task_id":1,"timestamp":)"
           R"("2026-11-28T10:30:00.000Z","updated_at":)"
           R"("2026-11-28T10:30:00.000Z","user_id":"2"},"payload":)"
           R"({"assignee":")"
         + stamp
         + R"(","error":null,"output":null,"projectId":null,"status":)"
           R"("running","taskId":"1","updatedAt":"2026-11-28T10:30:00.000Z"}})";
}

int listen_on(uint16_t port) {
  auto fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0)
    throw std::runtime_error{"the port is taken"};
  listen(fd, 4096);
  return fd;
}

class server {
public:
  server(uint16_t port, size_t threads)
      : threads_(threads), listener_(listen_on(port)) {
    watch(listener_);
    watch(0);
  }

  void run() {
    for (;;) {
      epoll_event events[512];
      auto n = epoll_wait(epoll_, events, 512, -1);
      for (int i = 0; i < n; ++i) {
        auto fd = events[i].data.fd;
        if (fd == listener_)
          accept_one();
        else if (fd != 0)
          read(fd);
        else if (!obey())
          return;
      }
    }
  }

private:
  void watch(int fd) const {
    epoll_event what{EPOLLIN, {}};
    what.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &what);
  }

  void accept_one() {
    auto fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0)
      return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    watch(fd);
  }

  /// The request of a new client comes whole; of others nothing matters.
  void read(int fd) {
    char block[4096];
    auto n = recv(fd, block, sizeof(block), 0);
    if (n <= 0) {
      std::erase(clients_, fd);
      ::close(fd);
      return;
    }
    std::string_view text{block, static_cast<size_t>(n)};
    constexpr std::string_view key = "Sec-WebSocket-Key: ";
    auto at = text.find(key);
    if (at == text.npos)
      return;
    text.remove_prefix(at + key.size());
    send_to(fd, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Accept: "
                    + test::accept_value(text.substr(0, text.find('\r')))
                    + "\r\n\r\n" + make_frame(R"({"type":"ack"})")->bytes);
    clients_.push_back(fd);
  }

  static void send_to(int fd, std::string_view bytes) {
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  void send_part(size_t part, std::string_view bytes) const {
    auto last = clients_.size() * (part + 1) / threads_;
    for (auto i = clients_.size() * part / threads_; i < last; ++i)
      send_to(clients_[i], bytes);
  }

  void send_all(std::string_view bytes) const {
    std::vector<std::jthread> others; // a thread costs little beside its sends
    for (size_t part = 1; part < threads_; ++part)
      others.emplace_back([=, this] { send_part(part, bytes); });
    send_part(0, bytes);
  }

  bool obey() {
    char block[256];
    auto n = ::read(0, block, sizeof(block));
    if (n <= 0)
      return false;
    std::istringstream words{std::string{block, static_cast<size_t>(n)}};
    int frames = 0;
    int pause = 0;
    words >> frames >> pause;
    for (int i = 0; i < frames; ++i) {
      auto next = make_frame(message());
      send_all(next->bytes);
      std::this_thread::sleep_for(std::chrono::milliseconds{pause});
    }
    return true;
  }

  size_t threads_;
  int listener_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::vector<int> clients_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: bare_send <port> [threads]\n";
    return 2;
  }
  server{static_cast<uint16_t>(std::stoi(argv[1])),
         argc > 2 ? std::stoul(argv[2]) : 1}
      .run();
}
