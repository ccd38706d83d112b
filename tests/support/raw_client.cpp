#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <poll.h>
#include <stdexcept>
#include <unistd.h>

namespace callboard::test {

raw_client::raw_client(uint16_t port, int receive_buffer)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0)
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
               sizeof(receive_buffer));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0)
    throw std::runtime_error{"cannot connect"};
}

raw_client::~raw_client() { ::close(fd_); }

bool raw_client::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void raw_client::send_some(std::string_view bytes) const {
  while (!bytes.empty()) {
    auto n
        = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0)
      return;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

std::string raw_client::read_all(std::chrono::milliseconds limit) {
  std::string out;
  auto end = std::chrono::steady_clock::now() + limit;
  while (!closed_) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd wait{fd_, POLLIN, 0};
    if (left.count() <= 0
        || poll(&wait, 1, static_cast<int>(left.count())) == 0)
      break;
    char block[4096];
    auto n = recv(fd_, block, sizeof(block), 0);
    closed_ = n <= 0;
    if (n > 0)
      out.append(block, static_cast<size_t>(n));
  }
  return out;
}

size_t count_answers(std::string_view text) {
  size_t n = 0;
  for (auto at = text.find("HTTP/1.1 "); at != text.npos;
       at = text.find("HTTP/1.1 ", at + 1))
    ++n;
  return n;
}

} // namespace callboard::test
