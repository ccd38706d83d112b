#include "tests/support/stream_check.hpp"

#include <algorithm>
#include <cstddef>

namespace callboard::test {

namespace {

std::string pair(int64_t a, int64_t b) {
  return std::to_string(a) + " behind " + std::to_string(b);
}

} // namespace

void stream_check::begin(int64_t position) {
  if (position < 0)
    fail("a begin without a position");
  spans_.push_back({position, position, heard_.size()});
}

void stream_check::hear(int64_t position) {
  if (spans_.empty())
    return fail("an event before the begin");
  auto& now = spans_.back();
  if (position <= now.to)
    return fail("the event " + pair(position, now.to));
  now.to = position;
  heard_.push_back(position);
}

void stream_check::mark(int64_t position) {
  if (spans_.empty())
    return fail("a mark before the begin");
  auto& now = spans_.back();
  if (position < now.to)
    return fail("the mark " + pair(position, now.to));
  now.to = position;
}

void stream_check::fail(std::string what) {
  if (problem_.empty())
    problem_ = std::move(what);
}

std::string stream_check::problem(const std::vector<int64_t>& should) const {
  if (!problem_.empty())
    return problem_;
  for (size_t i = 0; i < spans_.size(); ++i) {
    auto& x = spans_[i];
    auto begin = heard_.begin() + static_cast<ptrdiff_t>(x.first);
    auto end
        = i + 1 == spans_.size()
              ? heard_.end()
              : heard_.begin() + static_cast<ptrdiff_t>(spans_[i + 1].first);
    auto from = std::upper_bound(should.begin(), should.end(), x.from);
    auto to = std::upper_bound(from, should.end(), x.to);
    auto [heard, wanted] = std::mismatch(begin, end, from, to);
    if (heard == end && wanted == to)
      continue;
    if (heard == end || (wanted != to && *wanted < *heard))
      return "the event " + std::to_string(*wanted) + " is missing from "
             + std::to_string(x.from) + " to " + std::to_string(x.to);
    return "the event " + std::to_string(*heard) + " was none of this client's";
  }
  return {};
}

} // namespace callboard::test
