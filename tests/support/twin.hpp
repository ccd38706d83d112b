// One of two servers that are asked the same and must answer the same.
#pragma once

#include "tests/support/served.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace callboard::test {

/// A request in which `{t3}` stands for the id of the task named `t3`.
struct step {
  size_t who = 0; ///< 0: the admin, 1 and 2: users
  std::string method;
  std::string path;
  std::string body;
  std::string makes; ///< the name of the row that a 201 is about, or empty

  std::string text() const {
    return std::to_string(who) + ' ' + method + ' ' + path + ' ' + body;
  }
};

/// Ids and instants differ between two servers; names take their place.
class twin {
public:
  explicit twin(std::unique_ptr<served> server);

  answer run(const step& x);

  /// Status and body as they should be on both, ids by name, instants as `T`.
  std::string normal(const answer& got) const;

private:
  std::string with_ids(std::string text) const;
  void make_normal(json_value& x, json_document& owner,
                   std::string_view key) const;

  std::unique_ptr<served> server_;
  std::vector<std::unique_ptr<api>> clients_;
  std::map<std::string, int64_t> ids_;
  std::map<int64_t, std::string> tasks_;
  std::map<int64_t, std::string> projects_;
  std::map<int64_t, std::string> agents_;
};

} // namespace callboard::test
