// What the lists of all resources have in common.
#pragma once

#include "net/exchange.hpp"
#include "net/json_answer.hpp"

#include <string>

namespace callboard::net {

inline constexpr int64_t far = 2'147'483'647; ///< beyond every offset and id

/// Reads `limit` and `offset` (`skip` is the same) into the question.
template <class Query>
void read_paging(query_string& from, Query& into, int64_t fallback,
                 int64_t most) {
  into.limit = from.integer("limit", fallback, 1, most);
  into.offset = from.integer("offset", from.integer("skip", 0, 0, far), 0, far);
}

/// `{"<name>":[...],"total":...,"limit":...,"offset":...,"has_more":...}`
template <class Query>
std::string page_json(std::string_view name, const std::string& rows,
                      int64_t total, const Query& asked) {
  return json_object{}
      .put_raw(name, rows)
      .put("total", total)
      .put("limit", asked.limit)
      .put("offset", asked.offset)
      .put("has_more", asked.offset + asked.limit < total)
      .done();
}

} // namespace callboard::net
