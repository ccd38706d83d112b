// Many clients of `/ws` that come and go, on one thread.
#pragma once

#include "tests/support/stream_check.hpp"
#include "tests/support/ws_frames.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace callboard::test {

struct crowd_options {
  size_t clients = 1000;
  std::vector<std::string> tokens; ///< client i is the owner of token i % n
  std::chrono::milliseconds life{5000}; ///< mean of a connection's
  uint64_t seed = 1;
};

/// Each client connects with its token in the query, reads, disconnects at
/// random (with a farewell or without), and resumes from the last position that
/// it heard of. Wherever the server is: it may be away, and elsewhere
/// afterwards.
class ws_crowd {
public:
  explicit ws_crowd(crowd_options options);
  ~ws_crowd();
  ws_crowd(const ws_crowd&) = delete;
  ws_crowd& operator=(const ws_crowd&) = delete;

  /// Where the server is from now on; 0: nowhere.
  void serve(uint16_t port) { port_ = port; }

  /// From now on nobody disconnects by itself.
  void calm() { calm_ = true; }

  /// How many have been greeted and still are connected.
  size_t present() const { return present_; }

  /// How many have not heard of this position.
  size_t behind(int64_t position) const;

  /// Ends all; what follows may be read afterwards.
  void finish();

  /// One client's; its owner is that of token i % n.
  const stream_check& check(size_t i) const;

  size_t opened = 0;  ///< connections that were greeted
  size_t resumed = 0; ///< of them, told that nothing was lost
  size_t gaps = 0;    ///< of them, told that something may be
  size_t refused = 0; ///< handshakes that were not answered with 101
  std::map<uint16_t, size_t> closes; ///< by code, the server's

private:
  struct member;

  void run();
  void turn(member& x);
  void open(member& x);
  void ready(member& x, uint32_t events);
  void read(member& x);
  void frames(member& x);
  void message(member& x, const std::string& text);
  void greeted(member& x, const std::string& text);
  void leave(member& x);
  void gone(member& x);
  std::chrono::milliseconds lifetime();

  crowd_options options_;
  std::atomic<uint16_t> port_{0};
  std::atomic<bool> calm_{false};
  std::atomic<bool> stop_{false};
  std::atomic<size_t> present_{0};
  std::vector<std::unique_ptr<member>> members_;
  int epoll_ = -1;
  uint64_t random_;
  std::thread thread_;
};

} // namespace callboard::test
