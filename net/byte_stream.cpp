#include "net/byte_stream.hpp"

#include <boost/asio/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace callboard::net {

namespace asio = boost::asio;

namespace {

using buffer_list = std::span<const asio::const_buffer>;

constexpr size_t record_size = 16'384;

/// The bytes of one record in one piece; what does not fit stays away.
asio::const_buffer one_record(buffer_list from) {
  auto whole = [](const asio::const_buffer& x) {
    return asio::buffer(x, record_size);
  };
  if (from.size() == 1 || from.front().size() >= record_size)
    return whole(from.front());
  thread_local std::array<char, record_size> together;
  size_t n = 0;
  for (auto& x : from) {
    auto part = std::min(x.size(), record_size - n);
    std::memcpy(together.data() + n, x.data(), part);
    n += part;
    if (n == record_size)
      break;
  }
  return asio::buffer(together.data(), n);
}

} // namespace

void byte_stream::free_ssl::operator()(SSL* x) const { SSL_free(x); }

byte_stream::byte_stream(tcp::socket socket,
                         std::shared_ptr<asio::ssl::context> tls)
    : socket_(std::move(socket)), tls_(std::move(tls)) {
  error_code ignored; // a socket that is gone says so when it is used
  socket_.non_blocking(true, ignored);
  if (!tls_)
    return;
  ssl_.reset(SSL_new(tls_->native_handle()));
  if (!ssl_)
    throw std::bad_alloc{};
  SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS
                               | SSL_MODE_ENABLE_PARTIAL_WRITE
                               | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_fd(ssl_.get(), socket_.native_handle());
  SSL_set_accept_state(ssl_.get());
}

byte_stream::~byte_stream() = default;

bool byte_stream::has_more() const {
  return ssl_ != nullptr && SSL_pending(ssl_.get()) > 0;
}

byte_stream::step byte_stream::handshake() {
  if (!ssl_)
    return {};
  ERR_clear_error();
  errno = 0;
  return outcome(SSL_do_handshake(ssl_.get()), 0);
}

byte_stream::step byte_stream::read(asio::mutable_buffer into) {
  if (ssl_) {
    ERR_clear_error();
    errno = 0;
    return outcome(
        SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())), 0);
  }
  step out;
  out.size = socket_.read_some(into, out.error);
  if (out.error == asio::error::would_block)
    return {0, {}, wants::read};
  return out;
}

byte_stream::step byte_stream::write(buffer_list from) {
  if (ssl_) {
    auto bytes = one_record(from);
    if (bytes.size() == 0)
      return {};
    ERR_clear_error();
    errno = 0;
    return outcome(
        SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())),
        bytes.size());
  }
  step out;
  if (from.size() == 1) // send() costs less than sendmsg()
    out.size = socket_.write_some(from.front(), out.error);
  else
    out.size = socket_.write_some(from, out.error);
  if (out.error == asio::error::would_block)
    return {0, {}, wants::write};
  return out;
}

byte_stream::step byte_stream::finish() {
  step out;
  if (ssl_ && !broken_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    errno = 0;
    auto result = SSL_shutdown(ssl_.get());
    if (result < 0) // 0: theirs is still to come, and is not waited for
      out = outcome(result, 0);
    if (out.next != wants::nothing)
      return out;
  }
  socket_.shutdown(tcp::socket::shutdown_send, out.error);
  return out;
}

/// `result`: of OpenSSL's function; `offered`: of a write.
byte_stream::step byte_stream::outcome(int result, size_t offered) {
  auto system = errno;
  owed_ = 0;
  if (result > 0)
    return {static_cast<size_t>(result), {}, wants::nothing};
  switch (SSL_get_error(ssl_.get(), result)) {
  case SSL_ERROR_WANT_READ:
    owed_ = offered;
    return {0, {}, wants::read};
  case SSL_ERROR_WANT_WRITE:
    owed_ = offered;
    return {0, {}, wants::write};
  case SSL_ERROR_ZERO_RETURN:
    return {0, asio::error::eof, wants::nothing};
  case SSL_ERROR_SYSCALL:
    broken_ = true;
    if (system != 0)
      return {0, error_code{system, asio::error::get_system_category()},
              wants::nothing};
    return {0, asio::error::eof, wants::nothing};
  default:
    broken_ = true;
    return {0, asio::error::connection_aborted, wants::nothing};
  }
}

} // namespace callboard::net
