// What one client heard of the stream of events, beside what it should have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace callboard::test {

/// Keeps the first thing that was wrong. Positions alone: one epoch.
class stream_check {
public:
  /// From here on all is heard behind `position`; what came since the last
  /// position that was heard may be lost.
  void begin(int64_t position);

  /// An event.
  void hear(int64_t position);

  /// The position of a message that is no event: all up to it was heard.
  void mark(int64_t position);

  /// Something else was wrong.
  void fail(std::string what);

  /// Up to where all was heard; -1: nothing was.
  int64_t last() const { return spans_.empty() ? -1 : spans_.back().to; }

  size_t events() const { return heard_.size(); }
  size_t spans() const { return spans_.size(); }

  /// Empty if all was right, and exactly what `should` (ascending) has of each
  /// span was heard.
  std::string problem(const std::vector<int64_t>& should) const;

private:
  struct span {
    int64_t from; ///< heard is what is behind it
    int64_t to;   ///< up to this one
    size_t first; ///< in `heard_`
  };

  std::vector<span> spans_;
  std::vector<int64_t> heard_;
  std::string problem_;
};

} // namespace callboard::test
