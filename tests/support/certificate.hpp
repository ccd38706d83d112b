// A certificate of the test's own.
#pragma once

#include "tests/support/temporary_folder.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace callboard::test {

/// A self-signed certificate for one IP address, and its key.
class certificate {
public:
  explicit certificate(const std::string& address = "127.0.0.1") {
    auto made = std::system(
        ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
         "-days 2 -subj /CN=localhost -addext subjectAltName=IP:"
         + address + " -out " + cert() + " -keyout " + key() + " 2>/dev/null")
            .c_str());
    if (made != 0)
      throw std::runtime_error{"openssl made no certificate"};
  }

  std::string cert() const { return (folder_.path() / "cert.pem").string(); }
  std::string key() const { return (folder_.path() / "key.pem").string(); }

private:
  temporary_folder folder_;
};

} // namespace callboard::test
