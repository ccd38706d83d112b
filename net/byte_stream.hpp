// One connection's bytes, plain or TLS. OpenSSL works on the socket itself: a
// stream that waits keeps no buffer.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>

#include <array>
#include <memory>
#include <span>
#include <utility>

namespace callboard::net {

/// Its loop's thread alone. Steps do what goes without a wait; the functions
/// `async_...` are what Asio's composed operations ask for. One read and one
/// write at a time.
class byte_stream {
public:
  using error_code = boost::system::error_code;
  using tcp = boost::asio::ip::tcp;
  using executor_type = tcp::socket::executor_type;

  /// What has to happen before a step can go on.
  enum class wants : uint8_t { nothing, read, write };

  struct step {
    size_t size = 0;             ///< [bytes] done
    error_code error = {};       ///< `eof`: the other side has finished
    wants next = wants::nothing; ///< else: nothing was done
  };

  /// `tls` null: plain.
  byte_stream(tcp::socket socket,
              std::shared_ptr<boost::asio::ssl::context> tls);
  byte_stream(byte_stream&&) noexcept = default;
  byte_stream& operator=(byte_stream&&) = delete;
  ~byte_stream();

  tcp::socket& socket() { return socket_; }
  bool secure() const { return ssl_ != nullptr; }
  executor_type get_executor() { return socket_.get_executor(); }

  // -- steps ------------------------------------------------------------------

  step handshake();
  step read(boost::asio::mutable_buffer into);

  /// As much as one call to the system takes; of TLS one record. After `wants`
  /// the next write begins with the same bytes (`owed`).
  step write(std::span<const boost::asio::const_buffer> from);

  /// Says that nothing more is sent.
  step finish();

  /// Of bytes that the last write was given, how many the next must repeat.
  size_t owed() const { return owed_; }

  /// Bytes were read that nobody asked for yet: no wait for reading.
  bool has_more() const;

  // -- waits ------------------------------------------------------------------

  /// Calls `f(error_code)` when the socket is ready for it.
  template <class F>
  void wait(wants what, F f) {
    socket_.async_wait(what == wants::write ? tcp::socket::wait_write
                                            : tcp::socket::wait_read,
                       std::move(f));
  }

  /// Calls `f(error_code)`.
  template <class F>
  void async_handshake(F f) {
    run([this] { return handshake(); },
        [f = std::move(f)](error_code ec, size_t) mutable { f(ec); });
  }

  /// Calls `f(error_code)`.
  template <class F>
  void async_finish(F f) {
    run([this] { return finish(); },
        [f = std::move(f)](error_code ec, size_t) mutable { f(ec); });
  }

  template <class F>
  void async_read_some(boost::asio::mutable_buffer into, F f) {
    if (!secure())
      return socket_.async_read_some(into, std::move(f));
    run([this, into] { return read(into); }, std::move(f));
  }

  template <class Buffers, class F>
  void async_write_some(const Buffers& from, F f) {
    if (!secure())
      return socket_.async_write_some(from, std::move(f));
    std::array<boost::asio::const_buffer, 16> list;
    size_t n = 0;
    auto end = boost::asio::buffer_sequence_end(from);
    for (auto i = boost::asio::buffer_sequence_begin(from);
         i != end && n < list.size(); ++i)
      list[n++] = *i;
    run([this, list, n] { return write(std::span{list}.first(n)); },
        std::move(f));
  }

private:
  struct free_ssl {
    void operator()(SSL* x) const;
  };

  /// Steps and waits until it is done; never calls `f` from within.
  template <class Op, class F>
  void run(Op op, F f) {
    auto done = op();
    if (done.next == wants::nothing)
      return boost::asio::post(
          get_executor(),
          [done, f = std::move(f)]() mutable { f(done.error, done.size); });
    go_on(done.next, std::move(op), std::move(f));
  }

  template <class Op, class F>
  void go_on(wants what, Op op, F f) {
    wait(what,
         [this, op = std::move(op), f = std::move(f)](error_code ec) mutable {
           if (ec)
             return f(ec, 0);
           auto done = op();
           if (done.next == wants::nothing)
             return f(done.error, done.size);
           go_on(done.next, std::move(op), std::move(f));
         });
  }

  step outcome(int result, size_t offered);

  tcp::socket socket_;
  std::shared_ptr<boost::asio::ssl::context> tls_; // outlives `ssl_`
  std::unique_ptr<SSL, free_ssl> ssl_;             ///< null: plain
  size_t owed_ = 0;
  bool broken_ = false; ///< no goodbye is possible any more
};

} // namespace callboard::net
