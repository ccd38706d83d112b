#include "actors/schedule_disk.hpp"

#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace callboard::actors {

namespace {

namespace fs = std::filesystem;

constexpr mode_t file_mode = 0644;

caf::error failed(const fs::path& path, errc code = errc::unavailable) {
  return caf::make_error(code, path.string() + ": " + std::strerror(errno));
}

fs::path beside(const fs::path& file, const char* ending) {
  auto out = file;
  out += ending;
  return out;
}

/// A descriptor that is closed; negative: none.
class descriptor {
public:
  descriptor(const fs::path& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, file_mode)) {}
  ~descriptor() { close(); }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  bool close() { return fd_ < 0 || ::close(release()) == 0; }

private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

/// Reads to the end, or one byte more than is accepted: it may have grown.
bool read_all(int fd, std::string& out) {
  char buffer[64 * 1024];
  while (out.size() <= max_schedule_bytes) {
    auto n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n == 0;
    out.append(buffer, static_cast<size_t>(n));
  }
  return true;
}

caf::error too_large(const fs::path& file, size_t size) {
  return caf::make_error(
      errc::bad_request,
      file.string() + ": " + std::to_string(size) + " bytes, more than the "
          + std::to_string(max_schedule_bytes) + " that are accepted");
}

/// The name itself must survive, not only what it stands for.
caf::error sync_folder(const fs::path& file) {
  auto folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  descriptor at{folder, O_RDONLY | O_DIRECTORY};
  return at.get() >= 0 && ::fsync(at.get()) == 0 ? caf::error{}
                                                 : failed(folder);
}

/// Writes beside the file, then renames.
caf::error replace(const fs::path& file, std::string_view bytes) {
  auto fresh = beside(file, ".tmp");
  descriptor to{fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW};
  if (to.get() < 0)
    return failed(fresh);
  struct stat old {};
  auto keeps_mode = ::stat(file.c_str(), &old) != 0
                    || ::fchmod(to.get(), old.st_mode & 07777) == 0;
  if (!keeps_mode || !write_all(to.get(), bytes) || ::fsync(to.get()) != 0
      || !to.close() || ::rename(fresh.c_str(), file.c_str()) != 0) {
    auto err = failed(file);
    ::unlink(fresh.c_str());
    return err;
  }
  return sync_folder(file);
}

template <class T>
void read_member(const json_value& from, const char* name, T& out) {
  violations ignored;
  auto i = from.FindMember(name);
  if (i != from.MemberEnd())
    read_json(member_input{i->value, name, rules{}, ignored}, out);
}

} // namespace

caf::expected<std::optional<schedule_lock>>
schedule_lock::attempt(const fs::path& file) {
  using result = std::optional<schedule_lock>;
  auto path = beside(file, ".lock");
  descriptor fd{path, O_RDWR | O_CREAT};
  if (fd.get() < 0)
    return failed(path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0)
    return result{schedule_lock{fd.release()}};
  if (errno == EWOULDBLOCK || errno == EINTR)
    return result{};
  return failed(path);
}

schedule_lock::schedule_lock(schedule_lock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

schedule_lock& schedule_lock::operator=(schedule_lock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

schedule_lock::~schedule_lock() {
  if (descriptor_ >= 0)
    ::close(descriptor_); // and with it the lock goes
}

schedule_mark read_mark(const fs::path& file) {
  schedule_mark out;
  auto content = read_schedule(beside(file, ".meta"));
  json_document json;
  json_problem ignored;
  if (!content || !parse_json(content->bytes, json, ignored)
      || !json.IsObject())
    return out;
  read_member(json, "last_updated", out.about.last_sync);
  read_member(json, "checksum", out.checksum);
  read_member(json, "next", out.next);
  read_member(json, "version", out.about.version);
  read_member(json, "sync_source", out.about.source);
  return out;
}

caf::error write_mark(const fs::path& file, const schedule_mark& mark) {
  std::string text;
  json_writer writer{text};
  writer.StartObject();
  auto put = [&](const char* key, const auto& value) {
    writer.Key(key);
    write_json(writer, value);
  };
  put("last_updated", mark.about.last_sync);
  put("checksum", mark.checksum);
  put("next", mark.next);
  put("version", mark.about.version);
  put("sync_source", mark.about.source);
  writer.EndObject();
  return replace(beside(file, ".meta"), text + '\n');
}

caf::expected<schedule_content> read_schedule(const fs::path& file) {
  schedule_content out;
  descriptor from{file, O_RDONLY | O_NONBLOCK}; // a pipe would keep us waiting
  if (from.get() < 0 && errno == ENOENT)
    return out;
  struct stat about {};
  if (from.get() < 0 || ::fstat(from.get(), &about) != 0)
    return failed(file, errc::bad_request);
  if (!S_ISREG(about.st_mode))
    return caf::make_error(errc::bad_request,
                           file.string() + ": not a regular file");
  auto size = static_cast<size_t>(about.st_size);
  if (size > max_schedule_bytes)
    return too_large(file, size);
  if (!read_all(from.get(), out.bytes))
    return failed(file, errc::bad_request);
  if (out.bytes.size() > max_schedule_bytes)
    return too_large(file, out.bytes.size());
  out.there = true;
  out.modified.ms
      = about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1'000'000;
  return out;
}

caf::error write_schedule(const fs::path& file, const schedule_content& former,
                          std::string_view bytes) {
  if (bytes.size() > max_schedule_bytes)
    return too_large(file, bytes.size());
  if (former.there)
    if (auto err = replace(beside(file, ".bak"), former.bytes))
      return err;
  return replace(file, bytes);
}

} // namespace callboard::actors
