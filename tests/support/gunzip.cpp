#include "tests/support/gunzip.hpp"

#include <stdexcept>
#include <zlib.h>

namespace callboard::test {

std::string gunzip(std::string_view bytes) {
  z_stream stream{};
  std::string in{bytes};
  if (inflateInit2(&stream, 15 + 16) != Z_OK)
    throw std::runtime_error{"inflateInit2"};
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out;
  int rc = Z_OK;
  while (rc == Z_OK) {
    char block[16'384];
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof(block);
    rc = inflate(&stream, Z_NO_FLUSH);
    out.append(block, sizeof(block) - stream.avail_out);
  }
  auto rest = stream.avail_in;
  inflateEnd(&stream);
  if (rc != Z_STREAM_END || rest != 0)
    throw std::runtime_error{"not a gzip stream"};
  return out;
}

} // namespace callboard::test
