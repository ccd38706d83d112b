// Random chains of requests, the same for the same seed: rows are made, read,
// changed and deleted by their owner and by others, with good and bad values.
#pragma once

#include "tests/support/twin.hpp"

#include <random>
#include <string>
#include <vector>

namespace callboard::test {

class history {
public:
  explicit history(uint64_t seed) : random_(seed) {}

  step next();

  /// What the step before came to: rows exist from then on.
  void note(const step& x, const answer& got);

  /// True if the step is about a row that is not the caller's.
  bool crosses_owners(const step& x) const;

private:
  struct row {
    std::string name;
    size_t owner = 0;
  };

  size_t below(size_t n) { return random_() % n; }
  bool one_in(size_t n) { return below(n) == 0; }
  const char* any(std::initializer_list<const char*> list);

  /// `{t3}`, or the id of nothing.
  std::string some(const std::vector<row>& rows);
  std::string text();
  std::string value_of(std::string_view field);
  /// A body of some of the fields, sometimes with a bad value.
  std::string body(std::initializer_list<const char*> required,
                   std::initializer_list<const char*> optional);

  step task_step();
  step project_step();
  step agent_step();
  step memory_step();
  step overview_step();
  step dashboard_step();

  std::mt19937_64 random_;
  std::vector<row> tasks_;
  std::vector<row> projects_;
  std::vector<row> agents_;
  size_t made_ = 0;
};

} // namespace callboard::test
