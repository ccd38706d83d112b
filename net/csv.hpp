// Rows as lines of CSV (RFC 4180).
#pragma once

#include "protocols/entity.hpp"
#include "protocols/task.hpp"

#include <string>
#include <string_view>

namespace callboard::net {

/// Appends a text, quoted where it must be. What a spreadsheet would take for a
/// formula (`=`, `+`, `-`, `@` in front) gets an apostrophe before it.
void append_csv(std::string& out, std::string_view text);

inline std::string csv_text(const std::string& x) { return x; }
inline std::string csv_text(const json_text& x) { return x.text; }
inline std::string csv_text(timestamp x) { return to_string(x); }
template <class T>
std::string csv_text(const list_of<T>& x) {
  return to_json(x);
}
template <named_enum E>
std::string csv_text(E x) {
  return std::string{name_of(x)};
}

inline void append_csv_value(std::string& out, int64_t x) {
  out += std::to_string(x); // -1 is no formula
}
template <class T>
void append_csv_value(std::string& out, const T& x) {
  append_csv(out, csv_text(x));
}
template <class T>
void append_csv_value(std::string& out, const std::optional<T>& x) {
  if (x)
    append_csv_value(out, *x);
}

/// Fields that clients see; a task's title is shown by hand elsewhere.
template <class F>
constexpr bool in_csv(const F& x) {
  return x.rule.shown || x.name == "title";
}

/// The row with what clients see where it has no value.
template <declared T>
const T& as_shown(const T& row) {
  return row;
}

inline task as_shown(task row) {
  row.title = row.title.value_or(row.skill_name);
  return row;
}

/// The line of names.
template <declared T>
std::string csv_head() {
  std::string out;
  for_each_field<T>([&](auto& x, size_t) {
    if (in_csv(x))
      (out += out.empty() ? "" : ",") += x.name;
  });
  return out + "\r\n";
}

template <declared T>
void append_csv_row(std::string& out, const T& row) {
  bool first = true;
  for_each_field<T>([&](auto& x, size_t) {
    if (!in_csv(x))
      return;
    if (!std::exchange(first, false))
      out += ',';
    append_csv_value(out, row.*x.member);
  });
  out += "\r\n";
}

} // namespace callboard::net
