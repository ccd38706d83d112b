// A byte stream to a port of this machine, plain or TLS, with a limit on every
// wait.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace callboard::test {

struct link_options {
  std::string source = {};  ///< address to come from; empty: the kernel's
  std::string trusted = {}; ///< certificate file: TLS; empty: plain
  int receive_buffer = 0;   ///< of the kernel's [bytes]; 0: its default
};

class ws_link {
public:
  using clock = std::chrono::steady_clock;

  /// Throws `std::runtime_error` if there is no connection.
  ws_link(uint16_t port, const link_options& options);
  ~ws_link();
  ws_link(const ws_link&) = delete;
  ws_link& operator=(const ws_link&) = delete;

  /// False once the server has closed.
  bool send(std::string_view bytes);

  /// Appends what comes first; false at the end of the stream. At `end`
  /// nothing was appended and it is true.
  bool receive(std::string& out, clock::time_point end);

  /// Ends it without any farewell, with a reset.
  void reset();

private:
  void start_tls(const std::string& trusted);
  bool wait(short events, clock::time_point end) const;

  int fd_ = -1;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr,
                                                             SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, SSL_free};
};

} // namespace callboard::test
