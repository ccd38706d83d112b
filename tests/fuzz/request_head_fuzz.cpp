// Any bytes: the validator judges them without reading beyond their end.
#include "net/request_validator.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(bytes), size};
  auto end = text.find("\r\n\r\n"); // the session cuts the head there
  if (end != text.npos)
    callboard::net::check_head(text.substr(0, end + 4), {});
  std::vector<std::pair<std::string_view, std::string_view>> fields{
      {text.substr(0, size / 2), text.substr(size / 2)},
      {"Content-Length", text},
      {"Transfer-Encoding", text},
      {"Host", text}};
  for (auto& field : fields)
    callboard::net::check_fields({&field, 1}, 11);
  return 0;
}
