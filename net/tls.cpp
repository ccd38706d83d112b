#include "net/tls.hpp"

#include "protocols/error.hpp"

#include <openssl/ssl.h>

#include <string_view>

namespace callboard::net {

namespace {

namespace ssl = boost::asio::ssl;

caf::error unusable(const std::string& file, const std::string& why) {
  return caf::make_error(errc::bad_request, file + ": " + why);
}

/// RFC 7301: the one protocol we speak, if the client offers it.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size,
                    void*) {
  static constexpr std::string_view ours = "\x08http/1.1";
  auto found = SSL_select_next_proto(
      const_cast<unsigned char**>(out), size,
      reinterpret_cast<const unsigned char*>(ours.data()),
      static_cast<unsigned>(ours.size()), offered, offered_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK
                                         : SSL_TLSEXT_ERR_NOACK;
}

} // namespace

caf::expected<std::shared_ptr<ssl::context>>
make_tls_context(const std::string& certificate_file,
                 const std::string& key_file) {
  auto out = std::make_shared<ssl::context>(ssl::context::tls_server);
  auto* raw = out->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION
                               | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  boost::system::error_code ec;
  out->use_certificate_chain_file(certificate_file, ec);
  if (ec)
    return unusable(certificate_file, ec.message());
  out->use_private_key_file(key_file, ssl::context::pem, ec);
  if (ec)
    return unusable(key_file, ec.message());
  if (SSL_CTX_check_private_key(raw) != 1)
    return unusable(key_file, "the key does not belong to the certificate");
  return out;
}

} // namespace callboard::net
