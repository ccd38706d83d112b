#include "tests/support/ws_crowd.hpp"

#include "protocols/realtime.hpp"
#include "tests/support/ws_client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cmath>
#include <unistd.h>

namespace callboard::test {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

enum class stage : uint8_t { away, connecting, asking, greeting, live };

uint64_t next_random(uint64_t& x) {
  x ^= x << 13;
  x ^= x >> 7;
  return x ^= x << 17;
}

} // namespace

struct ws_crowd::member {
  std::string token;
  stage at = stage::away;
  int fd = -1;
  clock::time_point due; ///< away: to come; live: to leave
  std::string head;
  std::unique_ptr<ws_frame_reader> reader;
  ws_request asked;
  std::string epoch;
  stream_check check;
  std::atomic<int64_t> last{-1};
};

ws_crowd::ws_crowd(crowd_options options)
    : options_(std::move(options)), epoll_(epoll_create1(EPOLL_CLOEXEC)),
      random_(options_.seed * 0x9e3779b97f4a7c15 + 1) {
  for (size_t i = 0; i < options_.clients; ++i) {
    auto& x = *members_.emplace_back(std::make_unique<member>());
    x.token = options_.tokens[i % options_.tokens.size()];
    x.due = clock::now() + std::chrono::milliseconds{i}; // one after another
  }
  thread_ = std::thread{[this] { run(); }};
}

ws_crowd::~ws_crowd() {
  finish();
  ::close(epoll_);
}

void ws_crowd::finish() {
  stop_ = true;
  if (thread_.joinable())
    thread_.join();
}

size_t ws_crowd::behind(int64_t position) const {
  size_t out = 0;
  for (auto& x : members_)
    out += x->last < position ? 1 : 0;
  return out;
}

const stream_check& ws_crowd::check(size_t i) const {
  return members_[i]->check;
}

std::chrono::milliseconds ws_crowd::lifetime() {
  auto u = static_cast<double>(next_random(random_) >> 11) * 0x1p-53;
  auto mean = static_cast<double>(options_.life.count());
  return std::chrono::milliseconds{
      static_cast<int64_t>(-std::log(1 - u) * mean)};
}

void ws_crowd::run() {
  std::vector<epoll_event> events(1024);
  auto round = clock::now();
  while (!stop_) {
    auto n = epoll_wait(epoll_, events.data(), 1024, 10);
    for (int i = 0; i < n; ++i)
      ready(*static_cast<member*>(events[static_cast<size_t>(i)].data.ptr),
            events[static_cast<size_t>(i)].events);
    if (clock::now() < round)
      continue;
    round = clock::now() + 10ms;
    for (auto& x : members_)
      turn(*x);
  }
  for (auto& x : members_)
    gone(*x);
}

void ws_crowd::turn(member& x) {
  if (clock::now() < x.due)
    return;
  if (x.at == stage::away && port_ != 0)
    open(x);
  else if (x.at == stage::live && !calm_)
    leave(x);
}

void ws_crowd::open(member& x) {
  x.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1;
  setsockopt(x.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(x.fd, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  x.at = stage::connecting;
  x.head.clear();
  x.reader = std::make_unique<ws_frame_reader>();
  epoll_event what{EPOLLIN | EPOLLOUT, {&x}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, x.fd, &what);
}

void ws_crowd::ready(member& x, uint32_t events) {
  if (x.at == stage::connecting && (events & EPOLLOUT) != 0) {
    x.asked = with_token(x.token);
    if (x.check.last() >= 0)
      x.asked.query += "&last_event_id=" + to_text({x.epoch, x.check.last()});
    auto text = x.asked.text();
    if (::send(x.fd, text.data(), text.size(), MSG_NOSIGNAL)
        != static_cast<ssize_t>(text.size()))
      return gone(x);
    x.at = stage::asking;
    epoll_event what{EPOLLIN, {&x}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, x.fd, &what);
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && x.fd >= 0)
    read(x);
}

void ws_crowd::read(member& x) {
  char block[16'384];
  auto n = recv(x.fd, block, sizeof(block), 0);
  if (n <= 0)
    return gone(x);
  std::string_view bytes{block, static_cast<size_t>(n)};
  if (x.at != stage::asking) {
    x.reader->add(bytes);
    return frames(x);
  }
  x.head += bytes;
  auto got = take_head(x.head);
  if (got.status == 0)
    return;
  if (got.status != 101) {
    ++refused;
    return gone(x);
  }
  if (auto why = upgrade_problem(x.asked, got); !why.empty())
    x.check.fail(why);
  x.at = stage::greeting;
  x.reader->add(x.head);
  frames(x);
}

void ws_crowd::frames(member& x) {
  try {
    while (auto got = x.fd >= 0 ? x.reader->next() : std::nullopt) {
      if (got->opcode == ws_opcode::text) {
        message(x, got->payload);
      } else if (got->opcode == ws_opcode::ping) {
        auto pong = client_frame(ws_opcode::pong, got->payload);
        ::send(x.fd, pong.data(), pong.size(), MSG_NOSIGNAL);
      } else if (got->opcode == ws_opcode::close) {
        ++closes[got->close_code()];
        gone(x);
      }
    }
  } catch (const std::exception& e) {
    x.check.fail(e.what());
    gone(x);
  }
}

void ws_crowd::message(member& x, const std::string& text) {
  auto type = quoted_behind(text, "\"type\":\"");
  auto place = read_stream_position(quoted_behind(text, "\"event_id\":\""));
  if (type == "ack" && x.at == stage::greeting)
    return greeted(x, text);
  if (type == "error" || !place || place->epoch != x.epoch)
    x.check.fail(text);
  else if (type == "ping" || type == "pong" || type == "ack")
    x.check.mark(place->position);
  else
    x.check.hear(place->position);
  x.last = x.check.last();
}

void ws_crowd::greeted(member& x, const std::string& text) {
  auto got = parse_json(text);
  auto place = read_stream_position(quoted_behind(text, "\"event_id\":\""));
  if (!got || !place || !got->IsObject() || !got->HasMember("data"))
    return x.check.fail(text);
  auto& data = (*got)["data"];
  auto resumes = data.HasMember("resumed") && data["resumed"].IsTrue();
  auto first = x.check.last() < 0;
  if (resumes && first)
    x.check.fail("resumed what never was: " + text);
  if (resumes)
    x.check.mark(place->position);
  else
    x.check.begin(place->position);
  resumed += resumes ? 1 : 0;
  gaps += !resumes && !first ? 1 : 0;
  ++opened;
  ++present_;
  x.epoch = place->epoch;
  x.last = x.check.last();
  x.at = stage::live;
  x.due = clock::now() + lifetime();
}

void ws_crowd::leave(member& x) {
  if (next_random(random_) % 2 == 0) {
    auto bye = client_frame(ws_opcode::close, close_payload(1000));
    ::send(x.fd, bye.data(), bye.size(), MSG_NOSIGNAL);
  } else {
    linger now{1, 0};
    setsockopt(x.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  }
  gone(x);
}

void ws_crowd::gone(member& x) {
  if (x.fd < 0)
    return;
  ::close(x.fd);
  x.fd = -1;
  if (x.at == stage::live)
    --present_;
  x.at = stage::away;
  x.due = clock::now() + 50ms
          + std::chrono::milliseconds{next_random(random_) % 200};
}

} // namespace callboard::test
