#include "tests/bench/ws_session.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <unistd.h>

namespace callboard::bench {

namespace {

constexpr size_t per_address = 20'000; ///< ports are fewer than clients
/// What comes after a longer gap Linux acknowledges at once, and some of it a
/// second time when it is read. The default is 200 ms: in a stream of 5 events
/// a second it was now so and now so.
constexpr int retransmission_us = 100'000;
constexpr int tcp_rto_min_us = 45; // TCP_RTO_MIN_US, since Linux 6.15

} // namespace

int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool ws_session::start(const ws_target& to, size_t number) {
  fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return false;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, IPPROTO_TCP, tcp_rto_min_us, &retransmission_us,
             sizeof(retransmission_us));
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1
                               + static_cast<uint32_t>(number / per_address));
  bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof(from));
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(to.port);
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(fd, reinterpret_cast<sockaddr*>(&there), sizeof(there));
  at = stage::connecting;
  if (to.tls != nullptr) {
    ssl_.reset(SSL_new(to.tls));
    SSL_set_fd(ssl_.get(), fd);
    SSL_set_connect_state(ssl_.get());
  }
  head_.clear();
  waits_ = false;
  reader_ = std::make_unique<test::ws_frame_reader>();
  return true;
}

void ws_session::stop() {
  ssl_.reset();
  if (fd >= 0)
    ::close(fd);
  fd = -1;
  at = stage::closed;
}

bool ws_session::secure(const ws_target& to) {
  at = stage::securing;
  auto result = SSL_do_handshake(ssl_.get());
  if (result == 1)
    return ask(to);
  auto why = SSL_get_error(ssl_.get(), result);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

/// Messages are small: they go out at once, or the session is lost.
bool ws_session::send_all(std::string_view bytes) const {
  if (ssl_)
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
           == static_cast<int>(bytes.size());
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL)
         == static_cast<ssize_t>(bytes.size());
}

bool ws_session::ask(const ws_target& to) {
  asked_.path = to.path;
  asked_.query = to.query;
  if (!last_event_id_.empty())
    asked_.query.append(asked_.query.empty() ? "" : "&")
        .append("last_event_id=")
        .append(last_event_id_.data(), last_event_id_.size());
  at = stage::asking;
  return send_all(asked_.text());
}

bool ws_session::read(const std::function<void(std::string_view)>& take) {
  static thread_local char block[65'536];
  while (!ssl_) {
    auto n = recv(fd, block, sizeof(block), 0);
    if (n <= 0)
      return n < 0 && errno == EAGAIN;
    take({block, static_cast<size_t>(n)});
    if (static_cast<size_t>(n) < sizeof(block)) // that was all
      return true;
  }
  for (;;) { // what OpenSSL has read the socket shows no more
    auto n = SSL_read(ssl_.get(), block, sizeof(block));
    if (n <= 0)
      return SSL_get_error(ssl_.get(), n) == SSL_ERROR_WANT_READ;
    take({block, static_cast<size_t>(n)});
  }
}

std::optional<std::string_view> cut_text(std::string_view& frames) {
  constexpr char whole_text = '\x81';
  constexpr size_t head = 4; // of 126 to 65,535 bytes
  if (frames.size() < head || frames[0] != whole_text || frames[1] != 126)
    return std::nullopt;
  auto size = size_t{static_cast<uint8_t>(frames[2])} << 8
              | static_cast<uint8_t>(frames[3]);
  if (frames.size() < head + size)
    return std::nullopt;
  auto out = frames.substr(head, size);
  frames.remove_prefix(head + size);
  return out;
}

void ws_session::took(std::string_view bytes) {
  if (at == stage::asking) {
    head_ += bytes;
    return;
  }
  reader_->add(bytes);
  waits_ = true;
}

bool ws_session::take_handshake(const ws_target& to) {
  auto got = test::take_head(head_);
  if (got.status == 0)
    return true;
  got.fields.erase("content-length"); // nginx has one: it harms nobody
  if (got.status != 101 || !test::upgrade_problem(asked_, got).empty())
    return false;
  reader_->add(head_);
  waits_ = true;
  head_.clear();
  head_.shrink_to_fit();
  at = to.greeted ? stage::greeting : stage::open;
  return true;
}

void ws_session::note(std::string_view text) {
  auto id = test::quoted_behind(text, "\"event_id\":\"");
  if (!id.empty() && id.size() <= event_id::static_capacity)
    last_event_id_.assign(id.data(), id.size());
}

bool ws_session::answer(const test::ws_frame& x) const {
  if (x.opcode == test::ws_opcode::ping)
    return send_all(test::client_frame(test::ws_opcode::pong, x.payload));
  return x.opcode != test::ws_opcode::close;
}

bool ws_session::send_text(std::string_view text) const {
  return send_all(test::client_frame(test::ws_opcode::text, text));
}

} // namespace callboard::bench
