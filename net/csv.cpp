#include "net/csv.hpp"

namespace callboard::net {

void append_csv(std::string& out, std::string_view text) {
  auto formula = !text.empty()
                 && std::string_view{"=+-@\t\r"}.find(text.front())
                        != std::string_view::npos;
  if (!formula && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += formula ? "\"'" : "\"";
  for (auto c : text) {
    if (c == '"')
      out += '"';
    out += c;
  }
  out += '"';
}

} // namespace callboard::net
