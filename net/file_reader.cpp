#include "net/file_reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace callboard::net {

namespace {

/// What is read at once [bytes]: a loop is not held for longer than a moment.
constexpr size_t piece = 65'536;

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() { reset(-1); }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  int get() const { return fd_; }
  void reset(int fd) {
    if (fd_ >= 0)
      ::close(fd_);
    fd_ = fd;
  }
  int release() { return std::exchange(fd_, -1); }

private:
  int fd_;
};

} // namespace

std::shared_ptr<file_reader>
file_reader::open(const std::string& folder,
                  const std::vector<std::string>& names) {
  if (names.empty())
    return nullptr;
  // The folder itself may be a link: releases are switched that way.
  descriptor at{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  for (size_t i = 0; i < names.size() && at.get() >= 0; ++i) {
    auto last = i + 1 == names.size();
    // Without O_NONBLOCK a pipe would hold the loop.
    auto flags
        = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (last ? O_NONBLOCK : O_DIRECTORY);
    at.reset(::openat(at.get(), names[i].c_str(), flags));
  }
  struct stat found {};
  if (at.get() < 0 || ::fstat(at.get(), &found) != 0 || !S_ISREG(found.st_mode))
    return nullptr;
  return std::make_shared<file_reader>(
      at.release(), static_cast<size_t>(found.st_size), found.st_mtim);
}

file_reader::~file_reader() { ::close(fd_); }

bool file_reader::read(std::string& into) {
  into.resize(std::min(piece, left()));
  size_t got = 0;
  while (got < into.size()) {
    auto n = ::pread(fd_, into.data() + got, into.size() - got,
                     static_cast<off_t>(offset_ + got));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) // shorter than it was, or unreadable
      return false;
    got += static_cast<size_t>(n);
  }
  offset_ += got;
  return true;
}

} // namespace callboard::net
