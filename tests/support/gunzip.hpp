// The reading half of gzip, for what the server compressed.
#pragma once

#include <string>
#include <string_view>

namespace callboard::test {

/// The text; throws if `bytes` is not one whole gzip stream.
std::string gunzip(std::string_view bytes);

} // namespace callboard::test
