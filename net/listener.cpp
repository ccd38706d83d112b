#include "net/listener.hpp"

#include "protocols/error.hpp"
#include "protocols/log.hpp"

#include <boost/asio/post.hpp>

namespace callboard::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr int backlog = 2048;
constexpr auto accept_pause = std::chrono::milliseconds{100};

constexpr std::string_view full
    = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
      "Content-Length: 0\r\nConnection: close\r\n\r\n";

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
    hosts_.push_back(std::make_unique<session_host>(loops.loop(i), *handlers[i],
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
  if (ec == asio::error::operation_aborted || !acceptor_.is_open())
    return;
  if (ec) {
    if (!std::exchange(failing_, true))
      log::error("listener", "cannot accept", {{"error", ec.message()}});
    return retry_later();
  }
  failing_ = false;
  if (open_->load() >= settings_.max_connections) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    if (!settings_.tls)
      socket.write_some(asio::buffer(full), ignored);
  } else {
    open_->fetch_add(1);
    asio::post(loops_.loop(index).io(),
               [this, index, socket = std::move(socket)]() mutable {
                 auto& host = *hosts_[index];
                 if (host.draining)
                   open_->fetch_sub(1);
                 else
                   start_session(host, std::move(socket), settings_.tls);
               });
  }
  accept();
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
    asio::post(host->loop.io(), [host = host.get(), f] {
      // An end takes the connection out of the set.
      std::vector<http_connection*> all{host->connections.begin(),
                                        host->connections.end()};
      for (auto* x : all)
        if (host->connections.count(x) > 0)
          f(*x);
    });
}

void listener::drain() {
  asio::post(loops_.loop(0).io(), [this] {
    error_code ec;
    acceptor_.close(ec);
    pause_.cancel();
  });
  for (auto& host : hosts_)
    asio::post(host->loop.io(), [host = host.get()] { host->draining = true; });
  on_each_loop([](http_connection& x) { x.drain(); });
}

void listener::abort() {
  on_each_loop([](http_connection& x) { x.abort(); });
}

} // namespace callboard::net
