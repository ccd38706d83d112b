// A client of the REST API for tests: one request after another.
#pragma once

#include "protocols/json.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace callboard::test {

struct answer {
  int status = 0;    ///< 0: no answer, the connection failed
  bool sent = false; ///< at least in part
  std::map<std::string, std::string> fields; ///< names in lower case
  std::string body;

  /// The body as JSON; null if it is none.
  json_document json() const;
  /// A member of the body as text; empty if absent. Numbers in decimal.
  std::string text(const char* name) const;
  int64_t number(const char* name) const;
  /// `detail` when it is text, else the type of its first violation.
  std::string detail() const;
};

/// Keeps its connection while the server does; opens another when needed. Never
/// sends a request twice. An answer that the API document does not allow is a
/// `std::runtime_error`.
class api {
public:
  explicit api(uint16_t port) : port_(port) {}
  ~api() { close(); }
  api(const api&) = delete;
  api& operator=(const api&) = delete;

  std::string token;              ///< sent as bearer token when not empty
  std::vector<std::string> extra; ///< more header lines
  std::string content_type = "application/json"; ///< of bodies
  bool documented = true; ///< false: answers are not compared with the document

  answer get(const std::string& path) { return send("GET", path); }
  answer post(const std::string& path, const std::string& body) {
    return send("POST", path, body);
  }
  answer put(const std::string& path, const std::string& body) {
    return send("PUT", path, body);
  }
  answer del(const std::string& path) { return send("DELETE", path); }
  answer send(std::string_view method, const std::string& path,
              const std::string& body = "");

  /// Registers `name` with a good password, logs in, keeps the token.
  void sign_up(const std::string& name);
  answer log_in(const std::string& name,
                const std::string& password = "Passw0rd!");

  void close();

private:
  bool connect();
  bool read_answer(bool head_only, answer& out);

  uint16_t port_;
  int fd_ = -1;
  std::string buffer_;
};

} // namespace callboard::test
