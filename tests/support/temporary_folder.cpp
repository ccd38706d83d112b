#include "tests/support/temporary_folder.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace callboard::test {

temporary_folder::temporary_folder() {
  auto name
      = (std::filesystem::temp_directory_path() / "callboard-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error{"no temporary folder"};
  path_ = name;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored; // a server may still be writing its last file
  std::filesystem::remove_all(path_, ignored);
}

} // namespace callboard::test
