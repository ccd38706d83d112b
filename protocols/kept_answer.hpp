// An answer that is kept, so that a repeated request gets the same one.
#pragma once

#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <string>

namespace callboard {

struct kept_answer {
  int64_t status = 0;   ///< HTTP status; 0: nothing is kept
  std::string location; ///< header fields; empty: absent
  std::string tag;
  std::string body;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, kept_answer& x) {
  return f(caf::meta::type_name("kept_answer"), x.status, x.location, x.tag,
           x.body);
}

} // namespace callboard
