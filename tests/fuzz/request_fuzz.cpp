// Any bytes, in any pieces: the reader takes requests out of them or refuses,
// and says the same whether they come at once or one by one.
#include "net/request_reader.hpp"
#include "net/request_validator.hpp"

#include <cstdlib>
#include <cstring>

using callboard::net::http_limits;
using callboard::net::request_reader;

namespace {

constexpr http_limits limits;

/// What was read, written down; ends at the first refusal.
std::string read(std::string_view bytes, size_t piece) {
  request_reader reader{limits};
  std::string out;
  while (true) {
    auto step = reader.advance();
    if (step == request_reader::step::complete) {
      auto found = reader.take();
      if (found.refusal) // which one may depend on how much was seen
        return out + "refused";
      ((out += found.path) += ' ') += found.body;
      if (!reader.keep_alive())
        return out;
      reader.next();
    } else if (step != request_reader::step::expects_continue) {
      auto n = std::min(bytes.size(), piece);
      if (n == 0)
        return out;
      std::memcpy(reader.prepare().data(), bytes.data(), n);
      reader.commit(n);
      bytes.remove_prefix(n);
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(bytes), size};
  if (read(text, 8192) != read(text, 1))
    std::abort();
  std::vector<std::pair<std::string_view, std::string_view>> fields{
      {text.substr(0, size / 2), text.substr(size / 2)},
      {"Content-Length", text},
      {"Transfer-Encoding", text},
      {"Host", text}};
  for (auto& field : fields)
    callboard::net::check_fields({&field, 1}, 11);
  return 0;
}
