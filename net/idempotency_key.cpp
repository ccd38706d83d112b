#include "net/idempotency_key.hpp"

#include "protocols/digest.hpp"
#include "protocols/error.hpp"

#include <algorithm>
#include <optional>

namespace callboard::net {

namespace {

constexpr size_t max_key = 255;
constexpr size_t max_request = 500; // the column's width

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c <= 0x7e; });
}

/// A string as RFC 9651 section 3.3.3 has it, without its quotes.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || text.back() != '"')
    return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"')
      return std::nullopt;
    if (text[i] == '\\'
        && (++i == text.size() || (text[i] != '"' && text[i] != '\\')))
      return std::nullopt;
    out += text[i];
  }
  return out;
}

/// Method and target; `/x` and `/x/` are the same resource (D7).
std::string request_of(const request& in) {
  auto path = in.path;
  if (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  auto out = std::string{in.method_text} + ' ' + std::string{path};
  if (!in.query.empty())
    out += '?' + std::string{in.query};
  return out.size() <= max_request ? out : "sha256 " + sha256_hex(out);
}

caf::error refused(const char* why) {
  return caf::make_error(errc::bad_request,
                         std::string{"Idempotency-Key "} + why);
}

} // namespace

caf::error read_idempotency_key(const request& in, call& to) {
  auto times = in.count("idempotency-key");
  if (times == 0)
    return caf::none;
  if (times > 1)
    return refused("must be given once");
  auto text = in.find("idempotency-key");
  auto key = text.starts_with('"') ? unquoted(text)
                                   : std::optional{std::string{text}};
  if (!key || key->empty() || key->size() > max_key || !is_printable(*key))
    return refused("must have 1 to 255 printable ASCII characters");
  to.once = {std::move(*key), request_of(in), sha256_hex(in.body)};
  return caf::none;
}

} // namespace callboard::net
