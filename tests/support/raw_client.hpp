// Bytes to a port of this machine and back, for what no client would send.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace callboard::test {

class raw_client {
public:
  /// `receive_buffer`: [bytes] of the kernel's, 0 for its default.
  explicit raw_client(uint16_t port, int receive_buffer = 0);
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  /// False once the server has closed.
  bool send(std::string_view bytes) const;

  /// As much as the server takes without being waited for.
  void send_some(std::string_view bytes) const;

  /// All that comes until the server closes, or for `limit`.
  std::string read_all(std::chrono::milliseconds limit);

  /// True if the server closed the connection during `read_all`.
  bool closed() const { return closed_; }

private:
  int fd_ = -1;
  bool closed_ = false;
};

/// How many answers are in `text`.
size_t count_answers(std::string_view text);

} // namespace callboard::test
