// A folder that is gone after the test.
#pragma once

#include <filesystem>

namespace callboard::test {

/// Made below the system's folder for temporary files, mode 0700; removed with
/// all its content.
class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace callboard::test
