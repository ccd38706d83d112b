// A request and its answer as handlers know them: no library's types.
#pragma once

#include <caf/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard::net {

enum class verb : uint8_t { get, head, post, put, patch, del, options, other };

/// Views stay valid until the reply was called.
struct request {
  verb method = verb::other;
  std::string_view method_text;
  std::string_view path;  ///< of the target, as sent
  std::string_view query; ///< without the `?`
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  std::string_view body;
  std::string_view peer; ///< address without port
  bool secure = false;   ///< came over TLS
  unsigned version = 11; ///< HTTP/1.1, or 10
  /// Set: the request was refused before it was complete; the handler only
  /// renders the error, and the connection closes.
  caf::error refusal;

  /// The value of the first field of that name (lower case), or empty.
  std::string_view find(std::string_view name) const;

  /// How many fields have that name (lower case).
  size_t count(std::string_view name) const;

  /// The values of all of them as one list (RFC 9110 section 5.3); nothing if
  /// there is none.
  std::optional<std::string> list(std::string_view name) const;
};

/// Header fields of an answer; the names are constants.
using field_list = std::vector<std::pair<std::string_view, std::string>>;

/// A body that is read piece by piece while it is sent.
class body_source {
public:
  virtual ~body_source() = default;
  /// What is not read yet [bytes].
  virtual size_t left() const = 0;
  /// Replaces `into` by the next piece; false if it is gone.
  virtual bool read(std::string& into) = 0;
};

/// What a page may load; of all answers but those that are pages.
inline constexpr std::string_view strict_policy = "default-src 'self'";

/// A connection that is no longer HTTP's (`net/http_session.hpp`).
struct taken_connection;

struct response {
  unsigned status = 500; ///< 204, 304: without body and content type
  field_list fields;
  std::string_view content_type = "application/json"; ///< a constant
  std::string_view policy = strict_policy;            ///< a constant
  std::string body;
  std::shared_ptr<body_source> source = nullptr; ///< in place of `body`
  bool close = false;
  /// Of a 101: gets the connection once the head is out.
  std::function<void(taken_connection&&)> take = nullptr;
};

/// Equal but for the case of ASCII letters, as names in HTTP are.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Called exactly once, on the loop of the connection; the client may be gone.
using reply = std::function<void(response&&)>;

/// What stands behind the sessions of one loop.
class http_handler {
public:
  virtual ~http_handler() = default;
  virtual void handle(request in, reply out) = 0;
};

/// Limits of one connection (behaviour.md section 5).
struct http_limits {
  size_t request_line = 4094;                       ///< [bytes]
  size_t fields = 100;                              ///< [count]
  size_t field = 8190;                              ///< [bytes]
  size_t head = 65'536;                             ///< the whole head [bytes]
  size_t body = 1'048'576;                          ///< [bytes]
  std::chrono::milliseconds header_timeout{10'000}; ///< from the first byte
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds keep_alive{5'000};
  std::chrono::milliseconds request_timeout{120'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds handshake_timeout{10'000};
};

} // namespace callboard::net
