// Hears of changes in a folder (inotify(7)), on a thread of its own.
#pragma once

#include <caf/expected.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>

namespace callboard::actors {

class folder_watch {
public:
  using callback = std::function<void()>;
  using filter = std::function<bool(std::string_view name)>;

  /// From now on `changed` is called, on the watch's thread, after files of the
  /// folder were written or moved whose names `wanted` accepts: once for all
  /// that came together. `unavailable` if the system refuses.
  static caf::expected<std::unique_ptr<folder_watch>>
  start(const std::filesystem::path& folder, filter wanted, callback changed);

  /// No call comes after it.
  ~folder_watch();
  folder_watch(const folder_watch&) = delete;
  folder_watch& operator=(const folder_watch&) = delete;

private:
  folder_watch(int events, int stop, filter wanted, callback changed);
  void run() const;

  int events_; ///< inotify
  int stop_;   ///< eventfd: the thread shall end
  filter wanted_;
  callback changed_;
  std::thread thread_;
};

} // namespace callboard::actors
