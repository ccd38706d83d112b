#include "net/request_reader.hpp"

#include "net/request_validator.hpp"
#include "protocols/error.hpp"

namespace callboard::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr size_t read_size = 8192;

/// No rest of a chunked body is shorter than `0 CRLF CRLF`. Beast 1.81 must not
/// see less: it asserts that when an empty body arrives byte by byte.
constexpr size_t shortest_chunk = 5;

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

} // namespace

boost::asio::mutable_buffer request_reader::prepare() {
  return buffer_.prepare(read_size);
}

request_reader::step request_reader::advance() {
  return parser_ ? read_body() : read_head();
}

request request_reader::take() {
  if (parser_)
    request_.body = parser_->get().body();
  return std::move(request_);
}

bool request_reader::keep_alive() const {
  // HTTP/1.0 clients would have to be told: their connection closes.
  return parser_ && parser_->is_done() && parser_->keep_alive()
         && parser_->get().version() == 11;
}

void request_reader::next() {
  parser_.reset();
  request_ = {};
  scanned_ = 0;
}

std::string_view request_reader::buffered() const {
  auto data = buffer_.data();
  return {static_cast<const char*>(data.data()), data.size()};
}

request_reader::step request_reader::refused(caf::error why) {
  refuse(std::move(why));
  return step::complete;
}

request_reader::step request_reader::malformed(const char* what) {
  return refused(caf::make_error(errc::bad_request, std::string{what}));
}

request_reader::step request_reader::read_head() {
  auto end = buffered().find("\r\n\r\n", scanned_);
  if (end != std::string_view::npos)
    return take_head(buffered().substr(0, end + 4));
  // What is malformed for sure need not be waited for.
  if (auto err = check_unfinished(buffered()))
    return refused(err);
  scanned_ = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
  return step::head;
}

/// Over-long lines are refused before they end.
caf::error request_reader::check_unfinished(std::string_view text) const {
  auto line_end = text.find('\n');
  if (line_end == text.npos && text.size() > limits_.request_line)
    return caf::make_error(errc::uri_too_long);
  auto last = text.rfind('\n');
  if (last != text.npos && text.size() - last > limits_.field + 2)
    return caf::make_error(errc::headers_too_large);
  if (text.size() > limits_.head)
    return caf::make_error(errc::headers_too_large);
  return caf::none;
}

request_reader::step request_reader::take_head(std::string_view head) {
  if (auto err = check_head(head, limits_))
    return refused(err);
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(limits_.head + 1));
  parser_->body_limit(limits_.body);
  error_code ec;
  auto used
      = parser_->put(boost::asio::const_buffer{head.data(), head.size()}, ec);
  if ((ec && ec != http::error::need_more && ec != http::error::body_limit)
      || (!ec && !parser_->is_header_done()))
    return malformed("Malformed request");
  read_fields();
  if (auto err = check_fields(request_.fields, parser_->get().version()))
    return refused(err);
  if (ec == http::error::body_limit)
    return refused(caf::make_error(errc::too_large));
  buffer_.consume(used);
  fields_in_head_ = request_.fields.size();
  return parser_->is_done() ? step::complete : begin_body();
}

void request_reader::read_fields() {
  auto& message = parser_->get();
  request_.method = verb_of(message.method());
  request_.version = message.version();
  request_.method_text = view(message.method_string());
  auto target = view(message.target());
  auto mark = target.find('?');
  request_.path = target.substr(0, mark);
  if (mark != target.npos)
    request_.query = target.substr(mark + 1);
  request_.fields.reserve(16);
  for (auto& field : message)
    request_.fields.emplace_back(view(field.name_string()),
                                 view(field.value()));
}

request_reader::step request_reader::begin_body() {
  parser_->eager(true);
  auto expect = request_.find("expect");
  if (expect.empty() || parser_->get().version() == 10)
    return read_body();
  if (!boost::beast::iequals(expect, "100-continue"))
    return malformed("Unknown expectation");
  return step::expects_continue;
}

request_reader::step request_reader::read_body() {
  error_code ec;
  size_t shortest = parser_->chunked() ? shortest_chunk : 1;
  while (buffer_.size() >= shortest && !parser_->is_done()) {
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
    return refused(caf::make_error(errc::too_large));
  if (ec && ec != http::error::need_more)
    return malformed("Malformed body");
  if (!parser_->is_done())
    // A chunk head without an end is malformed for sure.
    return buffer_.size() > read_size ? malformed("Malformed body")
                                      : step::body;
  // A trailer could say what the head did not: none is taken.
  auto& fields = parser_->get();
  if (static_cast<size_t>(std::distance(fields.begin(), fields.end()))
      != fields_in_head_)
    return malformed("Trailers are not allowed");
  return step::complete;
}

} // namespace callboard::net
