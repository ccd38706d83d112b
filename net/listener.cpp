#include "net/listener.hpp"

#include "net/error_body.hpp"
#include "net/response_head.hpp"
#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/log.hpp"

#include <boost/asio/post.hpp>

namespace callboard::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr size_t accepts_at_once = 64;
constexpr int backlog = 2048;
constexpr auto accept_pause = std::chrono::milliseconds{100};

caf::error unavailable(const listener_settings& settings, error_code ec) {
  return caf::make_error(errc::unavailable, "cannot listen on " + settings.host
                                                + ':'
                                                + std::to_string(settings.port)
                                                + ": " + ec.message());
}

} // namespace

listener::listener(runtime& loops, listener_settings settings,
                   const std::vector<http_handler*>& handlers,
                   std::shared_ptr<std::atomic<int64_t>> open)
    : loops_(loops), settings_(std::move(settings)),
      acceptor_(loops.loop(0).io()), pause_(loops.loop(0).io()),
      open_(std::move(open)) {
  for (size_t i = 0; i < handlers.size(); ++i)
    hosts_.push_back(std::make_shared<session_host>(loops.loop(i), *handlers[i],
                                                    settings_.limits, open_));
}

listener::~listener() = default;

caf::expected<uint16_t> listener::start() {
  error_code ec;
  auto host = settings_.host == "localhost" ? "127.0.0.1" : settings_.host;
  auto address = asio::ip::make_address(host, ec);
  if (ec)
    return unavailable(settings_, ec);
  tcp::endpoint where{address, settings_.port};
  acceptor_.open(where.protocol(), ec);
  if (!ec)
    acceptor_.set_option(tcp::acceptor::reuse_address{true}, ec);
  if (!ec)
    acceptor_.bind(where, ec);
  if (!ec)
    acceptor_.listen(backlog, ec);
  if (!ec)
    acceptor_.non_blocking(true, ec);
  if (ec)
    return unavailable(settings_, ec);
  auto port = acceptor_.local_endpoint(ec).port();
  asio::post(loops_.loop(0).io(), [this] { accept(); });
  return port;
}

void listener::accept() {
  auto index = next_++ % hosts_.size();
  acceptor_.async_accept(loops_.loop(index).io(),
                         [this, index](error_code ec, tcp::socket socket) {
                           accepted(ec, std::move(socket), index);
                         });
}

void listener::accepted(error_code ec, tcp::socket socket, size_t index) {
  if (ec == asio::error::operation_aborted)
    return;
  if (ec) {
    if (!std::exchange(failing_, true))
      log::error("listener", "cannot accept", {{"error", ec.message()}});
    return retry_later();
  }
  failing_ = false;
  hand_over(std::move(socket), index);
  for (size_t i = 1; i < accepts_at_once && accept_waiting(); ++i)
    ;
  if (acceptor_.is_open())
    accept();
}

/// One that the kernel has accepted already; false if there is none. In a crowd
/// each would wait for a turn of the loop of its own, and others behind them.
bool listener::accept_waiting() {
  error_code ec;
  auto index = next_ % hosts_.size();
  auto socket = acceptor_.accept(loops_.loop(index).io(), ec);
  if (ec)
    return false;
  ++next_;
  hand_over(std::move(socket), index);
  return true;
}

/// To its loop; one that drains still answers what was on its way.
void listener::hand_over(tcp::socket socket, size_t index) {
  if (open_->load() >= settings_.max_connections)
    return refuse(std::move(socket));
  open_->fetch_add(1);
  asio::post(loops_.loop(index).io(), [host = hosts_[index],
                                       tls = settings_.tls,
                                       socket = std::move(socket)]() mutable {
    start_session(std::move(host), std::move(socket), std::move(tls));
  });
}

/// Says so as far as the socket takes it without a wait.
void listener::refuse(tcp::socket socket) {
  refused_.fetch_add(1);
  if (settings_.tls)
    return;
  auto id = uuid4();
  auto body = render_error(
      caf::make_error(errc::unavailable, std::string{"Too many connections"}),
      id);
  response answer;
  answer.status = body.status;
  answer.fields = {{"Retry-After", "1"}, {"X-Request-ID", id}};
  std::string bytes;
  write_head(bytes, answer, body.json.size(), false);
  bytes += body.json;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(bytes), ignored);
}

/// Out of descriptors: an accept at once would fail again.
void listener::retry_later() {
  pause_.expires_after(accept_pause);
  pause_.async_wait([this](error_code ec) {
    if (!ec)
      accept();
  });
}

template <class F>
void listener::on_each_loop(F f) {
  for (auto& host : hosts_)
    asio::post(host->loop.io(), [host, f] {
      // An end takes the connection out of the set.
      std::vector<connection*> all{host->connections.begin(),
                                   host->connections.end()};
      for (auto* x : all)
        if (host->connections.count(x) > 0)
          f(*x);
    });
}

/// Whom the kernel has accepted already would be reset: they are served.
void listener::close() {
  error_code ec;
  acceptor_.cancel(ec);
  while (accept_waiting())
    ;
  acceptor_.close(ec);
  pause_.cancel();
}

void listener::use(std::shared_ptr<asio::ssl::context> tls) {
  asio::post(loops_.loop(0).io(), [this, tls = std::move(tls)]() mutable {
    settings_.tls = std::move(tls);
  });
}

void listener::drain() {
  asio::post(loops_.loop(0).io(), [this] { close(); });
  for (auto& host : hosts_)
    asio::post(host->loop.io(), [host] { host->draining = true; });
  on_each_loop([](connection& x) { x.drain(); });
}

void listener::abort() {
  on_each_loop([](connection& x) { x.abort(); });
}

} // namespace callboard::net
