// Lists as one value: a JSON array in a column of text.
#pragma once

#include "protocols/cell.hpp"
#include "protocols/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace callboard {

struct member_input;

/// T is `std::string` or `int64_t`. A rule's `min` and `max` count the items;
/// a text has 1 to 255 code points, a number is at least 1.
template <class T>
struct list_of {
  std::vector<T> items;
  bool operator==(const list_of&) const = default;
};

using text_list = list_of<std::string>;
using id_list = list_of<int64_t>;

/// `["a","b"]`, in the order of the items.
template <class T>
std::string to_json(const list_of<T>& x);

template <class T>
cell to_cell(const list_of<T>& x) {
  return to_json(x);
}

/// False if the cell is no JSON array of such items.
template <class T>
bool from_cell(const cell& x, list_of<T>& out);

template <class T>
void write_json(json_writer& out, const list_of<T>& x) {
  out.raw(to_json(x));
}

/// Reads the value, or adds the violations that say why not.
template <class T>
void read_json(const member_input& in, list_of<T>& out);

/// The items without those that came before.
text_list distinct(text_list x);

extern template std::string to_json(const text_list&);
extern template std::string to_json(const id_list&);
extern template bool from_cell(const cell&, text_list&);
extern template bool from_cell(const cell&, id_list&);
extern template void read_json(const member_input&, text_list&);
extern template void read_json(const member_input&, id_list&);

} // namespace callboard
