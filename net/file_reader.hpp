// A file below a folder, read piece by piece.
#pragma once

#include "net/http.hpp"

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callboard::net {

/// An open regular file. Its content is that of when it was opened, unless
/// somebody writes into it.
class file_reader final : public body_source {
public:
  /// `folder` / `names[0]` / `names[1]` ..., no name a symbolic link or more
  /// than one level; null if there is no such file.
  static std::shared_ptr<file_reader>
  open(const std::string& folder, const std::vector<std::string>& names);

  file_reader(int fd, size_t size, timespec written)
      : fd_(fd), size_(size), written_(written) {}
  ~file_reader() override;
  file_reader(const file_reader&) = delete;
  file_reader& operator=(const file_reader&) = delete;

  size_t size() const { return size_; }
  timespec written() const { return written_; }

  size_t left() const override { return size_ - offset_; }
  bool read(std::string& into) override;

private:
  int fd_;
  size_t size_;
  timespec written_; ///< last change
  size_t offset_ = 0;
};

} // namespace callboard::net
