// What the lists of all resources have in common.
#pragma once

#include "net/cursor.hpp"
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/sliced_list.hpp"

#include <caf/binary_serializer.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace callboard::net {

/// Reads `limit` and `offset` (`skip` is the same) into the question.
template <class Query>
void read_slice(query_string& from, Query& into) {
  into.limit = from.integer("limit");
  into.offset = from.integer("offset", from.integer("skip"));
}

/// What a cursor is bound to: all that decides which rows come in which order,
/// and for whom.
template <class Query>
std::string name_of_list(const call& who, std::string_view list, Query asked) {
  asked.limit = asked.offset = 0;
  asked.after = {};
  std::vector<char> filters;
  caf::binary_serializer sink{nullptr, filters};
  static_cast<void>(sink(asked)); // into memory: cannot fail
  auto out = std::to_string(who.user_id) + ' ' + std::string{list} + ' ';
  out.append(filters.begin(), filters.end());
  return out;
}

/// Reads `from` and `until`.
inline time_range read_range(query_string& given) {
  time_range out;
  out.from = given.instant("from", out.from);
  out.until = given.instant("until", out.until);
  return out;
}

/// Reads `cursor`, after all filters and the order.
template <class Query>
void read_position(const exchange_ptr& x, std::string_view list, Query& into) {
  auto& from = x->query();
  auto text = from.text("cursor");
  if (!from.has("cursor"))
    return;
  auto at = read_cursor(x->server().settings.keys,
                        name_of_list(x->caller(), list, into), text);
  if (!at)
    from.refuse("cursor", "must be a next_cursor of this list, with the same "
                          "filters and order");
  else
    into.after = std::move(*at);
  if (into.offset != 0)
    from.refuse("offset", "must not be given beside a cursor");
}

/// As `read_slice`, and `cursor` instead of an offset; after all filters and
/// the order.
template <class Query>
void read_paging(const exchange_ptr& x, std::string_view list, Query& into) {
  read_slice(x->query(), into);
  read_position(x, list, into);
}

/// The cursor of what follows behind `last`.
template <class T, class Query>
std::string cursor_behind(const exchange& x, std::string_view list,
                          const Query& asked, const T& last) {
  return make_cursor(x.server().settings.keys,
                     name_of_list(x.caller(), list, asked),
                     position_of(last, order_of(asked).column));
}

/// The rows of a page that others may read as well.
template <class T>
class shared_rows {
public:
  explicit shared_rows(shared_answer<page<T>> found)
      : found_(std::move(found)) {}

  size_t size() const { return found_->rows.size(); }
  const T& operator[](size_t i) const { return found_->rows[i]; }

private:
  shared_answer<page<T>> found_;
};

/// What stands behind the rows of a page.
template <class T, class Query>
std::string behind_page(const exchange_ptr& x, std::string_view name,
                        const page<T>& found, const Query& asked) {
  std::string next = "null";
  if (found.more)
    next = json_quoted(cursor_behind(*x, name, asked, found.rows.back()));
  return behind_list(json_object{}
                         .put("total", found.total)
                         .put("limit", asked.limit)
                         .put("offset", asked.offset)
                         .put("has_more", found.more)
                         .put_raw("next_cursor", next)
                         .done());
}

/// 200 with `{"<name>":[...],"total":...,"limit":...,"offset":...,
/// "has_more":...,"next_cursor":...}`
template <class T, class Query, class F>
void send_page(const exchange_ptr& x, std::string_view name, page<T> found,
               const Query& asked, F render) {
  auto after = behind_page(x, name, found, asked);
  send_list(x, up_to_list("{}", name), std::move(found.rows), render,
            std::move(after));
}

/// The same of a page that others may get as well.
template <class T, class Query, class F>
void send_page(const exchange_ptr& x, std::string_view name,
               shared_answer<page<T>> found, const Query& asked, F render) {
  auto after = behind_page(x, name, *found, asked);
  send_list(x, up_to_list("{}", name), shared_rows<T>{std::move(found)}, render,
            std::move(after));
}

} // namespace callboard::net
