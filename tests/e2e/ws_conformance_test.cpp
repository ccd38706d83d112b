#define CAF_SUITE ws_conformance
#include "tests/support/certificate.hpp"
#include "tests/support/served.hpp"
#include "tests/support/until.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// What a client sends, and how the server takes it.
struct vector_of_bytes {
  const char* name;
  std::string bytes;
  int code; ///< of the close that follows; 0: it lives and answers a ping
  std::string pong = ""; ///< the payload of a pong frame that comes
};

std::string frame(int opcode, std::string_view payload, bool fin = true) {
  ws_form form;
  form.fin = fin;
  return client_frame(static_cast<uint8_t>(opcode), payload, form);
}

std::string formed(int opcode, std::string_view payload, const ws_form& form) {
  return client_frame(static_cast<uint8_t>(opcode), payload, form);
}

using codes = std::vector<uint16_t>;

std::string closing(uint16_t code, std::string_view reason = "") {
  return frame(8, close_payload(code, reason));
}

/// A message that the server takes in silence.
constexpr auto quiet = R"({"type":"pong","a":"\u00e9é"})";

std::vector<vector_of_bytes> good() {
  std::string text = quiet;
  std::string in_parts;
  for (size_t i = 0; i < text.size(); ++i) // within a character as well
    in_parts += frame(i == 0 ? 1 : 0, text.substr(i, 1), i + 1 == text.size());
  ws_form zero;
  zero.mask = 0;
  return {
      {"one frame", frame(1, text), 0},
      {"a mask of zero", formed(1, text, zero), 0},
      {"two frames",
       frame(1, text.substr(0, 9), false) + frame(0, text.substr(9)), 0},
      {"a frame per byte", in_parts, 0},
      {"empty fragments",
       frame(1, "", false) + frame(0, "", false) + frame(0, text), 0},
      {"a ping", frame(9, ""), 0, ""},
      {"a ping with a payload", frame(9, "hello"), 0, "hello"},
      {"the largest ping", frame(9, std::string(125, 'p')), 0,
       std::string(125, 'p')},
      {"a ping within a message",
       frame(1, text.substr(0, 9), false) + frame(9, "in")
           + frame(0, text.substr(9)),
       0, "in"},
      {"a pong that nobody asked for", frame(10, "x"), 0},
      {"two messages at once", frame(1, text) + frame(1, text), 0},
  };
}

std::vector<vector_of_bytes> bad() {
  std::vector<vector_of_bytes> out;
  for (auto bits : std::vector<uint8_t>{1, 2, 4, 7}) {
    ws_form form;
    form.reserved = bits;
    out.push_back({"a reserved bit", formed(1, quiet, form), 1002});
    out.push_back({"a reserved bit of a ping", formed(9, "", form), 1002});
  }
  for (int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
    out.push_back({"a reserved opcode", frame(opcode, "x"), 1002});
  ws_form bare;
  bare.masked = false;
  ws_form two;
  two.length_bytes = 2;
  ws_form eight;
  eight.length_bytes = 8;
  auto long_length
      = "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x01\x01\x02\x03\x04"s;
  for (auto& x : std::vector<vector_of_bytes>{
           {"no mask", formed(1, quiet, bare), 1002},
           {"a ping without a mask", formed(9, "", bare), 1002},
           {"a long form of a short length", formed(1, quiet, two), 1002},
           {"the longest form of a short length", formed(1, quiet, eight),
            1002},
           {"a length with its top bit", long_length, 1002},
           {"a ping in two parts", frame(9, "a", false), 1002},
           {"a ping of 126 bytes", frame(9, std::string(126, 'p')), 1002},
           {"a close of 126 bytes", closing(1000, std::string(124, 'r')), 1002},
           {"a continuation of nothing", frame(0, quiet), 1002},
           {"a continuation behind a whole message",
            frame(1, quiet) + frame(0, "x"), 1002},
           {"a message within a message", frame(1, "{", false) + frame(1, "}"),
            1002},
           {"a binary message", frame(2, "x"), 1003},
           {"a binary fragment", frame(2, "x", false), 1003},
           {"an overlong character", frame(1, "\"\xc0\xaf\""), 1007},
           {"a surrogate", frame(1, "\"\xed\xa0\x80\""), 1007},
           {"beyond the last character", frame(1, "\"\xf4\x90\x80\x80\""),
            1007},
           {"half a character", frame(1, "\xc3"), 1007},
           {"half a character in two parts",
            frame(1, "\xe2", false) + frame(0, "\x82"), 1007},
           {"a bad character in a part",
            frame(1, "a", false) + frame(0, "\xff"), 1007},
       })
    out.push_back(x);
  return out;
}

/// Closes of the client: what the server's close frame says.
std::vector<vector_of_bytes> goodbyes() {
  std::vector<vector_of_bytes> out{
      {"an empty close", frame(8, ""), 1005},
      {"half a code", frame(8, "\x03"), 1002},
      {"a reason that is no UTF-8", closing(1000, "\xff"), 1007},
      {"a reason", closing(1000, "bye"), 1000},
      {"something behind it", closing(1000) + frame(1, quiet), 1000},
      {"within a message", frame(1, "{", false) + closing(1001), 1001},
  };
  for (auto code : codes{1000, 1001, 1003, 1007, 1011, 3000, 4000, 4999})
    out.push_back({"a good code", closing(code), code});
  for (auto code : codes{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000})
    out.push_back({"a bad code", closing(code), 1002});
  return out;
}

/// Servers with and without TLS.
class scene {
public:
  explicit scene(bool tls) {
    // Anonymous: the REST client of tests speaks no TLS.
    settings_map env{{"WS_ALLOW_ANONYMOUS", "true"}};
    if (tls) {
      certificate_ = std::make_unique<certificate>();
      env["SSL_CERTFILE"] = certificate_->cert();
      env["SSL_KEYFILE"] = certificate_->key();
      link_.trusted = certificate_->cert();
    }
    server_ = serve_sqlite(env);
  }

  /// Sends the bytes up to `cut`, then the rest, and checks what comes.
  void check(const vector_of_bytes& x, size_t cut) const {
    try {
      ws_client client{server_->server.port(), {}, link_};
      client.expect("ack");
      std::string_view bytes{x.bytes};
      client.send_bytes(bytes.substr(0, cut));
      if (cut < bytes.size()) {
        auto early = client.next_frame(1ms); // a while for the first part
        if (early && x.code == 0 && early->opcode != ws_opcode::pong)
          CAF_ERROR(x.name << " cut at " << cut << ": " << early->to_text());
        if (early && early->opcode == ws_opcode::close)
          return check_code(x, cut, early->close_code());
        if (early && early->opcode == ws_opcode::pong)
          CAF_CHECK_EQUAL(early->payload, x.pong);
        client.send_bytes(bytes.substr(cut));
      }
      if (x.code != 0)
        return check_code(x, cut, client.end().code);
      if (cut == bytes.size() && !x.pong.empty()) {
        auto pong = client.next_frame();
        CAF_REQUIRE(pong && pong->opcode == ws_opcode::pong);
        CAF_CHECK_EQUAL(pong->payload, x.pong);
      }
      client.ask(R"({"type":"ping"})", "pong");
    } catch (const std::exception& e) {
      CAF_ERROR(x.name << " cut at " << cut << ": " << e.what());
    }
  }

  uint16_t port() const { return server_->server.port(); }
  const link_options& link() const { return link_; }

private:
  static void check_code(const vector_of_bytes& x, size_t cut, uint16_t got) {
    if (got != x.code)
      CAF_ERROR(x.name << " cut at " << cut << ": closed with " << got
                       << " instead of " << x.code);
  }

  std::unique_ptr<certificate> certificate_;
  link_options link_;
  std::unique_ptr<served> server_;
};

void check_all(const std::vector<vector_of_bytes>& table) {
  for (auto tls : {false, true}) {
    scene all{tls};
    for (auto& x : table) {
      all.check(x, x.bytes.size());
      // Every byte of short ones, of long ones what is around their heads.
      auto end = std::min(x.bytes.size(), static_cast<size_t>(rounds(24, 200)));
      for (size_t cut = 1; cut < end; ++cut)
        all.check(x, cut);
    }
  }
}

} // namespace

CAF_TEST(what is allowed is taken however it is cut) { check_all(good()); }

CAF_TEST(what is forbidden closes with its code however it is cut) {
  check_all(bad());
}

CAF_TEST(a goodbye is answered with its code) { check_all(goodbyes()); }

CAF_TEST(a message may have 1 MiB and not a byte more) {
  for (auto tls : {false, true}) {
    scene all{tls};
    auto text = [](size_t size) {
      std::string out = R"({"type":"pong","a":")";
      return out + std::string(size - out.size() - 2, 'a') + "\"}";
    };
    constexpr size_t most = 1 << 20;
    auto in_parts = [&](size_t size) {
      auto whole = text(size);
      std::string out;
      for (size_t at = 0; at < size; at += 65'536)
        out += frame(at == 0 ? 1 : 0, whole.substr(at, 65'536),
                     at + 65'536 >= size);
      return out;
    };
    for (auto& x : std::vector<vector_of_bytes>{
             {"the largest", frame(1, text(most)), 0},
             {"the largest in parts", in_parts(most), 0},
             {"a byte more", frame(1, text(most + 1)), 1009},
             {"a byte more in parts", in_parts(most + 1), 1009}})
      all.check(x, x.bytes.size());
    // It is refused by its head, before anything of it was kept.
    ws_client client{all.port(), {}, all.link()};
    client.expect("ack");
    client.send_bytes(
        "\x81\xff\x00\x00\x00\x10\x00\x00\x00\x00\x01\x02\x03\x04"s);
    CAF_CHECK_EQUAL(client.end().code, 1009);
  }
}

CAF_TEST(lengths of every form are read) {
  scene all{false};
  std::string text = quiet;
  for (size_t size : {125, 126, 127, 65'535, 65'536, 65'537}) {
    auto padded = text + std::string(size - text.size(), ' ');
    all.check({"a length", frame(1, padded), 0}, frame(1, padded).size());
    all.check({"a length", frame(1, padded), 0}, 5);
  }
}
