// Any path: no name that leads out of a folder comes of it.
#include "net/file_path.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace callboard::net;
  std::string_view path{reinterpret_cast<const char*>(bytes), size};
  for (auto& name : file_segments(path)) {
    if (name.empty() || name.front() == '.'
        || name.find_first_of(std::string_view{"/\\\0", 3}) != name.npos)
      std::abort();
    (void)type_of_file(name);
    (void)is_hashed("assets/" + name);
  }
  return 0;
}
