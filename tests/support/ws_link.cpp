#include "tests/support/ws_link.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

namespace callboard::test {

namespace {

sockaddr_in address_of(uint16_t port, const char* host) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  inet_pton(AF_INET, host, &out.sin_addr);
  return out;
}

} // namespace

ws_link::ws_link(uint16_t port, const link_options& options)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (options.receive_buffer > 0)
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer,
               sizeof(options.receive_buffer));
  if (!options.source.empty()) {
    setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    auto from = address_of(0, options.source.c_str());
    bind(fd_, reinterpret_cast<sockaddr*>(&from), sizeof(from));
  }
  auto to = address_of(port, "127.0.0.1");
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) {
    std::string why = std::strerror(errno);
    ::close(fd_);
    throw std::runtime_error{"cannot connect: " + why};
  }
  if (!options.trusted.empty())
    start_tls(options.trusted);
}

ws_link::~ws_link() {
  if (fd_ >= 0)
    ::close(fd_);
}

void ws_link::start_tls(const std::string& trusted) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_load_verify_file(context_.get(), trusted.c_str());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  tls_.reset(SSL_new(context_.get()));
  SSL_set_fd(tls_.get(), fd_);
  if (SSL_connect(tls_.get()) != 1) {
    ::close(fd_);
    fd_ = -1;
    throw std::runtime_error{"no TLS handshake"};
  }
}

bool ws_link::wait(short events, clock::time_point end) const {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now());
  if (left.count() < 0)
    return false;
  pollfd x{fd_, events, 0};
  return poll(&x, 1, static_cast<int>(left.count())) > 0;
}

bool ws_link::send(std::string_view bytes) {
  while (fd_ >= 0 && !bytes.empty()) {
    auto n = tls_ ? SSL_write(tls_.get(), bytes.data(),
                              static_cast<int>(bytes.size()))
                  : static_cast<int>(
                      ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (n <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return fd_ >= 0;
}

bool ws_link::receive(std::string& out, clock::time_point end) {
  if (fd_ < 0)
    return false;
  auto pending = tls_ && SSL_pending(tls_.get()) > 0;
  if (!pending && !wait(POLLIN, end))
    return true;
  char block[65'536];
  auto n = tls_ ? SSL_read(tls_.get(), block, sizeof(block))
                : static_cast<int>(recv(fd_, block, sizeof(block), 0));
  if (n > 0)
    out.append(block, static_cast<size_t>(n));
  return n > 0;
}

void ws_link::reset() {
  linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  ::close(fd_);
  fd_ = -1;
}

} // namespace callboard::test
