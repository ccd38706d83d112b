#include "net/http_session.hpp"

#include "net/request_reader.hpp"
#include "net/response_head.hpp"
#include "protocols/error.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace callboard::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr size_t small_body = 16'384;
constexpr auto linger_time = std::chrono::seconds{2};
constexpr size_t linger_bytes = 4 << 20;
constexpr auto drain_grace = std::chrono::milliseconds{500};

class session final : public connection,
                      public expirable,
                      public std::enable_shared_from_this<session> {
public:
  session(std::shared_ptr<session_host> host, byte_stream stream)
      : own_(std::move(host)), host_(*own_), stream_(std::move(stream)),
        reader_(host_.limits), draining_(host_.draining) {
    error_code ec;
    peer_ = socket().remote_endpoint(ec).address().to_string();
    socket().set_option(tcp::no_delay{true}, ec);
    host_.connections.insert(this);
    host_.loop.deadlines().add(*this);
  }

  ~session() override {
    host_.connections.erase(this);
    host_.open->fetch_sub(1);
  }

  void start() {
    if (!stream_.secure())
      return next_request();
    state_ = state::handshake;
    expire_after(host_.limits.handshake_timeout);
    stream_.async_handshake([self = shared_from_this()](error_code ec) {
      if (!ec && self->state_ != state::closed)
        self->next_request();
    });
  }

  void drain() override {
    draining_ = true;
    if (state_ == state::idle) // a request may be on its way: it is answered
      expire_after(drain_grace);
  }

  void abort() override {
    state_ = state::closed;
    expire_never();
    error_code ec;
    socket().close(ec);
  }

  /// The time of the present state is over.
  void expired() override {
    error_code ec;
    switch (state_) {
    case state::head:
    case state::body:
      late_ = true; // the read that waits refuses the request
      socket().cancel(ec);
      break;
    default: // idle, silent, or the client does not read its answer
      abort();
    }
  }

private:
  enum class state : uint8_t {
    handshake,
    idle, ///< nothing of a request is there
    head,
    body,
    handling, ///< the handler has it
    writing,
    lingering, ///< ours is said; the client may still be sending
    closed,
  };

  tcp::socket& socket() { return stream_.socket(); }

  // -- request --

  void next_request() {
    reader_.next();
    wait_in(reader_.empty() ? state::idle : state::head);
    if (draining_ && state_ == state::idle)
      expire_after(drain_grace); // its answer will say that it closes
    advance();
  }

  /// Enters a state of reading, with its time limit.
  void wait_in(state next) {
    state_ = next;
    expire_after(next == state::idle   ? host_.limits.keep_alive
                 : next == state::head ? host_.limits.header_timeout
                                       : host_.limits.body_timeout);
  }

  void advance() {
    switch (reader_.advance()) {
    case request_reader::step::complete:
      return dispatch();
    case request_reader::step::expects_continue:
      wait_in(state::body);
      return send_continue();
    case request_reader::step::body:
      if (state_ != state::body)
        wait_in(state::body);
      return read_some();
    case request_reader::step::head:
      return read_some();
    }
  }

  void send_continue() {
    asio::async_write(stream_, asio::buffer(continue_line),
                      [self = shared_from_this()](error_code ec, size_t) {
                        if (!ec && self->state_ == state::body)
                          self->advance();
                      });
  }

  void read_some() {
    stream_.async_read_some(reader_.prepare(), [self = shared_from_this()](
                                                   error_code ec, size_t n) {
      self->reader_.commit(n);
      self->on_bytes(ec);
    });
  }

  void on_bytes(error_code ec) {
    busy_scope busy{host_.loop, "request"};
    if (state_ == state::closed)
      return;
    if (late_) {
      reader_.refuse(caf::make_error(errc::request_timeout));
      return dispatch();
    }
    if (ec)
      return; // the client left
    if (state_ == state::idle)
      wait_in(state::head);
    advance();
  }

  void dispatch() {
    state_ = state::handling;
    expire_after(host_.limits.request_timeout);
    auto in = reader_.take();
    keep_alive_ = !in.refusal && reader_.keep_alive();
    head_only_ = in.method == verb::head;
    in.peer = peer_;
    in.secure = stream_.secure();
    host_.handler.handle(std::move(in),
                         [self = shared_from_this()](response&& x) {
                           self->write(std::move(x));
                         });
  }

  // -- answer --

  void write(response&& x) {
    if (state_ == state::closed)
      return;
    state_ = state::writing;
    expire_after(host_.limits.write_timeout);
    take_ = std::move(x.take);
    keep_alive_
        = take_ || (keep_alive_ && !x.close && !draining_ && !host_.draining);
    body_ = std::move(x.body);
    source_ = std::move(x.source);
    head_.clear();
    write_head(head_, x, source_ ? source_->left() : body_.size(), keep_alive_);
    if (head_only_) {
      body_.clear();
      source_ = nullptr;
    }
    if (source_ || body_.size() > small_body)
      return send(std::array{asio::buffer(std::as_const(head_)),
                             asio::buffer(std::as_const(body_))});
    head_ += body_; // one buffer goes out faster than two
    send_now();
  }

  /// Most answers go out without a wait: nothing is queued for them.
  void send_now() {
    auto bytes = asio::buffer(std::as_const(head_));
    auto done = stream_.write(std::span{&bytes, 1});
    if (done.error || done.size == bytes.size())
      return sent(done.error);
    send(bytes + done.size);
  }

  template <class Buffers>
  void send(const Buffers& bytes) {
    asio::async_write(stream_, bytes,
                      [self = shared_from_this()](error_code ec, size_t) {
                        busy_scope busy{self->host_.loop, "answer"};
                        self->sent(ec);
                      });
  }

  void sent(error_code ec) {
    if (ec || state_ == state::closed)
      return abort();
    if (source_ && source_->left() > 0)
      return send_piece();
    source_ = nullptr;
    if (take_)
      return hand_over();
    if (!keep_alive_)
      return linger();
    if (reader_.rest().empty())
      return next_request();
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      busy_scope busy{self->host_.loop, "request"};
      if (self->state_ != state::closed)
        self->next_request();
    });
  }

  void hand_over() {
    state_ = state::closed;
    expire_never();
    std::exchange(take_, nullptr)(
        {own_, std::move(stream_), std::string{reader_.rest()}});
  }

  /// Its length was announced: one that is gone ends the connection.
  void send_piece() {
    if (!source_->read(body_))
      return abort();
    expire_after(host_.limits.write_timeout);
    send(asio::buffer(std::as_const(body_)));
  }

  /// Closing while the client still sends would reset the connection, and the
  /// answer with it.
  void linger() {
    state_ = state::lingering;
    expire_after(linger_time);
    stream_.async_finish([self = shared_from_this()](error_code ec) {
      if (ec || self->state_ == state::closed)
        return self->abort();
      self->discard(0);
    });
  }

  void discard(size_t total) {
    stream_.async_read_some(
        reader_.prepare(), // and not committed
        [self = shared_from_this(), total](error_code ec, size_t n) {
          if (ec || total + n > linger_bytes)
            return self->abort();
          self->discard(total + n);
        });
  }

  static constexpr std::string_view continue_line
      = "HTTP/1.1 100 Continue\r\n\r\n";

  std::shared_ptr<session_host> own_; // the last session may outlive all else
  session_host& host_;
  byte_stream stream_;
  request_reader reader_;
  std::string peer_;
  std::string head_;
  std::string body_;
  std::shared_ptr<body_source> source_;          ///< what follows `body_`
  std::function<void(taken_connection&&)> take_; ///< who gets the connection
  state state_ = state::idle;
  bool late_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool draining_;
};

} // namespace

void start_session(std::shared_ptr<session_host> host, tcp::socket socket,
                   std::shared_ptr<asio::ssl::context> tls) {
  std::make_shared<session>(std::move(host),
                            byte_stream{std::move(socket), std::move(tls)})
      ->start();
}

} // namespace callboard::net
