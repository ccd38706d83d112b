#include "net/http_session.hpp"

#include "net/request_validator.hpp"
#include "net/response_head.hpp"
#include "protocols/error.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <optional>

namespace callboard::net {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::flat_buffer;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using tls_stream = asio::ssl::stream<tcp::socket>;

constexpr size_t read_size = 8192;
constexpr auto linger_time = std::chrono::seconds{2};
constexpr size_t linger_bytes = 4 << 20;
constexpr auto drain_grace = std::chrono::milliseconds{500};

verb verb_of(http::verb x) {
  switch (x) {
  case http::verb::get:
    return verb::get;
  case http::verb::head:
    return verb::head;
  case http::verb::post:
    return verb::post;
  case http::verb::put:
    return verb::put;
  case http::verb::patch:
    return verb::patch;
  case http::verb::delete_:
    return verb::del;
  case http::verb::options:
    return verb::options;
  default:
    return verb::other;
  }
}

std::string_view view(boost::beast::string_view x) {
  return {x.data(), x.size()};
}

template <class Stream>
constexpr bool is_tls = std::is_same_v<Stream, tls_stream>;

template <class Stream>
class session final : public http_connection,
                      public expirable,
                      public std::enable_shared_from_this<session<Stream>> {
public:
  session(session_host& host, Stream stream,
          std::shared_ptr<asio::ssl::context> tls)
      : host_(host), tls_(std::move(tls)), stream_(std::move(stream)) {
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
    if constexpr (is_tls<Stream>) {
      state_ = state::handshake;
      expire_after(host_.limits.handshake_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code ec) {
                                if (!ec)
                                  self->next_request();
                              });
    } else {
      next_request();
    }
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

  tcp::socket& socket() {
    if constexpr (is_tls<Stream>)
      return stream_.next_layer();
    else
      return stream_;
  }

  template <class F>
  void read_some(F on_read) {
    stream_.async_read_some(
        buffer_.prepare(read_size),
        [self = this->shared_from_this(), on_read](error_code ec, size_t n) {
          self->buffer_.commit(n);
          (self.get()->*on_read)(ec);
        });
  }

  // -- head
  // ---------------------------------------------------------------------

  void next_request() {
    if (draining_)
      return abort();
    parser_.reset();
    scanned_ = 0;
    state_ = buffer_.size() == 0 ? state::idle : state::head;
    expire_after(buffer_.size() == 0 ? host_.limits.keep_alive
                                     : host_.limits.header_timeout);
    look_for_head();
  }

  std::string_view buffered() const {
    auto data = buffer_.data();
    return {static_cast<const char*>(data.data()), data.size()};
  }

  void look_for_head() {
    auto end = buffered().find("\r\n\r\n", scanned_);
    if (end != std::string_view::npos)
      return take_head(end + 4);
    // A request that is malformed for sure need not be waited for.
    if (buffer_.size() > 0)
      if (auto err = check_prefix(buffered()))
        return refuse(err);
    scanned_ = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    if (buffer_.size() > host_.limits.head)
      return refuse(caf::make_error(errc::headers_too_large));
    read_some(&session::on_head_bytes);
  }

  void on_head_bytes(error_code ec) {
    if (state_ == state::closed)
      return;
    if (late_)
      return refuse(caf::make_error(errc::request_timeout));
    if (ec)
      return; // the client left
    if (state_ == state::idle) {
      state_ = state::head;
      expire_after(host_.limits.header_timeout);
    }
    look_for_head();
  }

  /// Over-long lines are refused before they end.
  caf::error check_prefix(std::string_view text) const {
    auto line_end = text.find('\n');
    if (line_end == text.npos && text.size() > host_.limits.request_line)
      return caf::make_error(errc::uri_too_long);
    auto last = text.rfind('\n');
    if (last != text.npos && text.size() - last > host_.limits.field + 2)
      return caf::make_error(errc::headers_too_large);
    return caf::none;
  }

  void take_head(size_t size) {
    auto head = buffered().substr(0, size);
    if (auto err = check_head(head, host_.limits))
      return refuse(err);
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(host_.limits.head + 1));
    parser_->body_limit(host_.limits.body);
    error_code ec;
    auto used = parser_->put(asio::const_buffer{head.data(), head.size()}, ec);
    if ((ec && ec != http::error::need_more && ec != http::error::body_limit)
        || (!ec && !parser_->is_header_done()))
      return refuse(
          caf::make_error(errc::bad_request, std::string{"Malformed request"}));
    read_fields();
    if (auto err = check_fields(request_.fields, parser_->get().version()))
      return refuse(err);
    if (ec == http::error::body_limit)
      return refuse(caf::make_error(errc::too_large));
    buffer_.consume(used);
    fields_in_head_ = request_.fields.size();
    if (parser_->is_done())
      return dispatch();
    begin_body();
  }

  void read_fields() {
    auto& message = parser_->get();
    request_ = {};
    request_.method = verb_of(message.method());
    request_.method_text = view(message.method_string());
    auto target = view(message.target());
    auto mark = target.find('?');
    request_.path = target.substr(0, mark);
    if (mark != target.npos)
      request_.query = target.substr(mark + 1);
    for (auto& field : message)
      request_.fields.emplace_back(view(field.name_string()),
                                   view(field.value()));
  }

  // -- body
  // ---------------------------------------------------------------------

  void begin_body() {
    state_ = state::body;
    expire_after(host_.limits.body_timeout);
    parser_->eager(true);
    auto expect = request_.find("expect");
    if (expect.empty() || parser_->get().version() == 10)
      return parse_body();
    if (expect != "100-continue")
      return refuse(caf::make_error(errc::bad_request,
                                    std::string{"Unknown expectation"}));
    asio::async_write(stream_, asio::buffer(continue_line),
                      [self = this->shared_from_this()](error_code ec, size_t) {
                        if (!ec && self->state_ == state::body)
                          self->parse_body();
                      });
  }

  void parse_body() {
    error_code ec;
    while (buffer_.size() > 0 && !parser_->is_done()) {
      auto used = parser_->put(buffer_.data(), ec);
      buffer_.consume(used);
      if (ec == http::error::need_more && used > 0) {
        ec = {};
        continue;
      }
      if (ec)
        break;
    }
    if (ec == http::error::body_limit)
      return refuse(caf::make_error(errc::too_large));
    if (ec && ec != http::error::need_more)
      return refuse(
          caf::make_error(errc::bad_request, std::string{"Malformed body"}));
    if (!parser_->is_done()) {
      if (buffer_.size() > read_size) // a chunk head without an end
        return refuse(
            caf::make_error(errc::bad_request, std::string{"Malformed body"}));
      return read_some(&session::on_body_bytes);
    }
    // A trailer could say what the head did not: none is taken.
    auto& fields = parser_->get();
    if (static_cast<size_t>(std::distance(fields.begin(), fields.end()))
        != fields_in_head_)
      return refuse(caf::make_error(errc::bad_request,
                                    std::string{"Trailers are not allowed"}));
    dispatch();
  }

  void on_body_bytes(error_code ec) {
    if (state_ == state::closed)
      return;
    if (late_)
      return refuse(caf::make_error(errc::request_timeout));
    if (!ec)
      parse_body();
  }

  // -- answer
  // -------------------------------------------------------------------

  void refuse(caf::error why) {
    request_.refusal = std::move(why);
    dispatch();
  }

  void dispatch() {
    state_ = state::handling;
    expire_after(host_.limits.request_timeout);
    keep_alive_ = !request_.refusal && parser_ && parser_->keep_alive();
    head_only_ = request_.method == verb::head;
    if (parser_)
      request_.body = parser_->get().body();
    request_.peer = peer_;
    request_.secure = is_tls<Stream>;
    host_.handler.handle(std::move(request_),
                         [self = this->shared_from_this()](response&& x) {
                           self->write(std::move(x));
                         });
  }

  void write(response&& x) {
    if (state_ == state::closed)
      return;
    state_ = state::writing;
    expire_after(host_.limits.write_timeout);
    keep_alive_ = keep_alive_ && !x.close && !draining_ && !host_.draining;
    body_ = std::move(x.body);
    head_.clear();
    write_head(head_, x, body_.size(), keep_alive_);
    std::array<asio::const_buffer, 2> out{asio::buffer(head_),
                                          head_only_ ? asio::const_buffer{}
                                                     : asio::buffer(body_)};
    asio::async_write(stream_, out,
                      [self = this->shared_from_this()](error_code ec, size_t) {
                        self->written(ec);
                      });
  }

  void written(error_code ec) {
    if (ec || state_ == state::closed)
      return abort();
    request_ = {};
    if (keep_alive_)
      return next_request();
    linger();
  }

  /// Closing while the client still sends would reset the connection, and the
  /// answer with it.
  void linger() {
    state_ = state::lingering;
    expire_after(linger_time);
    error_code ec;
    if constexpr (is_tls<Stream>) {
      stream_.async_shutdown(
          [self = this->shared_from_this()](error_code) { self->abort(); });
    } else {
      socket().shutdown(tcp::socket::shutdown_send, ec);
      buffer_.clear();
      discard(0);
    }
  }

  void discard(size_t total) {
    stream_.async_read_some(
        buffer_.prepare(read_size),
        [self = this->shared_from_this(), total](error_code ec, size_t n) {
          if (ec || total + n > linger_bytes)
            return self->abort();
          self->discard(total + n);
        });
  }

  static constexpr std::string_view continue_line
      = "HTTP/1.1 100 Continue\r\n\r\n";

  session_host& host_;
  std::shared_ptr<asio::ssl::context> tls_; // outlives the stream
  Stream stream_;
  flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  request request_;
  std::string peer_;
  std::string head_;
  std::string body_;
  size_t scanned_ = 0;
  size_t fields_in_head_ = 0;
  state state_ = state::idle;
  bool late_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool draining_ = false;
};

} // namespace

void start_session(session_host& host, tcp::socket socket,
                   const std::shared_ptr<asio::ssl::context>& tls) {
  if (tls)
    std::make_shared<session<tls_stream>>(
        host, tls_stream{std::move(socket), *tls}, tls)
        ->start();
  else
    std::make_shared<session<tcp::socket>>(host, std::move(socket), nullptr)
        ->start();
}

} // namespace callboard::net
