#define CAF_SUITE tls
#include "net/http_get.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/served.hpp"
#include "tests/support/until.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

settings_map env_of(const certificate& x) {
  return {{"SSL_CERTFILE", x.cert()}, {"SSL_KEYFILE", x.key()}};
}

/// What openssl's own client says of the port.
bool connects(const certificate& x, uint16_t port, const std::string& options) {
  return std::system(("echo | timeout 10 openssl s_client -connect 127.0.0.1:"
                      + std::to_string(port) + " -CAfile " + x.cert()
                      + " -verify_return_error " + options + " >/dev/null 2>&1")
                         .c_str())
         == 0;
}

std::unique_ptr<ws_client> socket_of(const served& x, const certificate& whom) {
  link_options link;
  link.trusted = whom.cert();
  return std::make_unique<ws_client>(x.server.port(), ws_request{}, link);
}

/// Whether a new connection is shown this certificate.
bool shows(const served& x, const certificate& expected) {
  try {
    return socket_of(x, expected)->is_open();
  } catch (const std::runtime_error&) {
    return false; // by its client, who does not trust it
  }
}

/// How often the log says this.
size_t told(const served& x, std::string_view message) {
  auto text = x.server.output();
  size_t out = 0;
  for (auto at = text.find(message); at != text.npos;
       at = text.find(message, at + 1))
    ++out;
  return out;
}

/// The files of `to` become those of `from`, in place.
void replace(const certificate& to, const certificate& from) {
  constexpr auto over = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(from.cert(), to.cert(), over);
  std::filesystem::copy_file(from.key(), to.key(), over);
}

} // namespace

CAF_TEST(the port speaks TLS 1.2 and 1.3 and nothing else) {
  certificate x;
  auto server = serve_sqlite(env_of(x));
  auto port = server->server.port();
  CAF_CHECK(connects(x, port, "-tls1_3"));
  CAF_CHECK(connects(x, port, "-tls1_2"));
  CAF_CHECK(!connects(x, port, "-tls1_1 -cipher DEFAULT@SECLEVEL=0"));
  raw_client plain{port};
  plain.send("GET /api/v1/liveness HTTP/1.1\r\nHost: a\r\n\r\n");
  auto text = plain.read_all(5s);
  CAF_CHECK(text.find("HTTP/1.1") == std::string::npos);
  CAF_CHECK(plain.closed());
}

CAF_TEST(requests are served over TLS by a certificate that is checked) {
  certificate x;
  auto server = serve_sqlite(env_of(x));
  auto url = "https://127.0.0.1:" + std::to_string(server->server.port())
             + "/api/v1/liveness";
  auto distrusted = net::http_get(url, "");
  CAF_CHECK(!distrusted); // nobody vouches for it
  ::setenv("SSL_CERT_FILE", x.cert().c_str(), 1);
  auto trusted = net::http_get(url, "");
  ::unsetenv("SSL_CERT_FILE");
  CAF_REQUIRE(trusted);
  CAF_CHECK_EQUAL(trusted->status, 200u);
  CAF_CHECK(trusted->body.find("\"alive\":true") != std::string::npos);
}

CAF_TEST(a missing file or a foreign key ends the start with a sentence) {
  certificate a;
  certificate b;
  auto status = [](settings_map env) {
    temporary_folder folder;
    server_process x{
        {folder.path() / "data", std::move(env), {"serve"}, false}};
    auto code = x.wait(60s).value_or(-1);
    return std::pair{code, x.output()};
  };
  auto foreign = status({{"SSL_CERTFILE", a.cert()}, {"SSL_KEYFILE", b.key()}});
  CAF_CHECK_EQUAL(foreign.first, 1);
  CAF_CHECK(foreign.second.find("key") != std::string::npos);
  auto missing
      = status({{"SSL_CERTFILE", a.cert()}, {"SSL_KEYFILE", "/nowhere"}});
  CAF_CHECK(missing.first == 1 || missing.first == 2);
  CAF_CHECK(missing.second.find("/nowhere") != std::string::npos);
  auto half = status({{"SSL_CERTFILE", a.cert()}});
  CAF_CHECK_EQUAL(half.first, 2);
}

CAF_TEST(a hangup reads the certificate anew and open connections live on) {
  certificate old;
  certificate next;
  certificate used;
  replace(used, old);
  auto env = env_of(used);
  env["WS_ALLOW_ANONYMOUS"] = "true";
  auto x = serve_sqlite(env);
  auto first = socket_of(*x, old);
  first->expect("ack");
  replace(used, next);
  CAF_CHECK(shows(*x, old)); // it was not asked to look
  x->server.signal(SIGHUP);
  CAF_CHECK(eventually([&] { return shows(*x, next); }));
  CAF_CHECK(!shows(*x, old));
  CAF_CHECK(eventually(
      [&] { return told(*x, "the certificate was read anew") == 1; }));
  auto second = socket_of(*x, next);
  second->expect("ack");
  for (auto& socket : {first.get(), second.get()})
    CAF_CHECK(socket->ask(R"({"type":"ping"})", "pong").position() >= 0);
}

CAF_TEST(a certificate that is broken changes nothing and is told) {
  certificate old;
  certificate other;
  certificate used;
  replace(used, old);
  auto env = env_of(used);
  env["WS_ALLOW_ANONYMOUS"] = "true";
  auto x = serve_sqlite(env);
  auto first = socket_of(*x, old);
  first->expect("ack");
  const std::function<void()> harms[] = {
      [&] { std::ofstream{used.cert()} << "no certificate"; },
      [&] { std::filesystem::remove(used.cert()); },
      [&] { // without its key
        replace(used, old);
        std::filesystem::copy_file(
            other.cert(), used.cert(),
            std::filesystem::copy_options::overwrite_existing);
      },
  };
  size_t times = 0;
  for (auto& harm : harms) {
    harm();
    x->server.signal(SIGHUP);
    ++times;
    CAF_CHECK(eventually(
        [&] { return told(*x, "the certificate was not replaced") == times; }));
    CAF_CHECK(shows(*x, old));
    CAF_CHECK(first->ask(R"({"type":"ping"})", "pong").position() >= 0);
  }
  replace(used, other); // and it can be mended
  x->server.signal(SIGHUP);
  CAF_CHECK(eventually([&] { return shows(*x, other); }));
  CAF_CHECK(first->ask(R"({"type":"ping"})", "pong").position() >= 0);
}

CAF_TEST(a hangup without TLS ends the program as ever) {
  auto x = serve_sqlite();
  x->server.signal(SIGHUP);
  CAF_CHECK_EQUAL(x->server.wait(20s).value_or(-1), 128 + SIGHUP);
}
