// What a declaration is made of: fields, rules, patches, changes.
#pragma once

#include "protocols/cell.hpp"
#include "protocols/scalar.hpp"

#include <caf/meta/type_name.hpp>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace callboard {

/// May, or must, a client give this field?
enum class given : uint8_t { never, optional, required };

/// What an explicit `null` means.
enum class null_input : uint8_t {
  none,    ///< no value; 422, wrong type, if the member cannot be without
  resets,  ///< the member's default
  ignored, ///< as if the field were absent
};

/// The rules of one field.
struct rules {
  given create = given::never;
  given update = given::never;
  int64_t min = std::numeric_limits<int64_t>::min(); ///< value, or length
  int64_t max = std::numeric_limits<int64_t>::max(); ///< [code points]
  field_check accepts = nullptr;
  null_input null = null_input::none;
  std::string_view column = {}; ///< in the table, if not the field's name
  bool shown = true;            ///< part of the JSON a client gets
  bool audited = true;          ///< part of the audit's `changed_fields`
  bool secret = false;          ///< its value is never echoed nor audited
  /// False: computed when it is read; if it is not shown either, only for
  /// questions that ask for it.
  bool stored = true;
  std::string_view pattern = {}; ///< what `accepts` checks, when a pattern
};

/// Ties a member to its one name and its rules.
template <class E, class V>
struct field {
  using value_type = V;
  constexpr field(std::string_view field_name, V E::*ptr, rules r = {})
      : name(field_name), member(ptr), rule(r) {}
  std::string_view name;
  V E::*member;
  rules rule;

  constexpr std::string_view column() const {
    return rule.column.empty() ? name : rule.column;
  }
};

/// The declaration of an entity: `table` and `fields`.
template <class T>
struct entity;

/// True for types with a declaration.
template <class T>
concept declared = requires {
  entity<T>::fields;
};

/// Calls `f(field, index)` for each field of T, in order.
template <class T, class F>
constexpr void for_each_field(F&& f) {
  std::apply(
      [&](auto&... xs) {
        size_t index = 0;
        (f(xs, index++), ...);
      },
      entity<T>::fields);
}

template <class T>
inline constexpr size_t field_count
    = std::tuple_size_v<std::remove_cvref_t<decltype(entity<T>::fields)>>;

/// False for entities whose creation is no business of the audit log.
template <class T>
inline constexpr bool audits_creation = true;

/// The position of a member among the fields of its entity.
template <class T, class V>
constexpr size_t index_of(V T::*member) {
  size_t result = field_count<T>;
  for_each_field<T>([&](auto& x, size_t i) {
    if constexpr (std::is_same_v<decltype(x.member), V T::*>)
      if (x.member == member)
        result = i;
  });
  return result;
}

/// Some fields of a T: what a client gave to create or change one.
template <class T>
struct patch {
  static_assert(field_count<T> <= 64);
  T values;
  uint64_t set = 0; ///< bit i: field i was given

  template <class V>
  bool has(V T::*member) const {
    return (set >> index_of(member) & 1) != 0;
  }

  template <class V>
  patch& give(V T::*member, std::type_identity_t<V> value) {
    values.*member = std::move(value);
    set |= uint64_t{1} << index_of(member);
    return *this;
  }

  bool empty() const { return set == 0; }
};

/// The row with the given fields replaced.
template <class T>
T apply(const patch<T>& changes, T row) {
  for_each_field<T>([&](auto& x, size_t i) {
    if ((changes.set >> i & 1) != 0)
      row.*x.member = changes.values.*x.member;
  });
  return row;
}

/// The cells of a row, in the order of the fields.
template <class T>
record to_record(const T& row) {
  record out;
  out.reserve(field_count<T>);
  for_each_field<T>(
      [&](auto& x, size_t) { out.push_back(to_cell(row.*x.member)); });
  return out;
}

/// @returns false if a cell does not fit its member; `row` is then partial.
template <class T>
bool from_record(const record& cells, T& row) {
  bool ok = cells.size() == field_count<T>;
  for_each_field<T>([&](auto& x, size_t i) {
    ok = ok && from_cell(cells[i], row.*x.member);
  });
  return ok;
}

/// Serialises a cell between nodes.
template <class Inspector>
caf::error inspect_cell(Inspector& f, cell& x) {
  auto kind = static_cast<uint8_t>(x.index());
  int64_t number = 0;
  std::string text;
  if (auto* b = std::get_if<bool>(&x))
    number = *b;
  else if (auto* i = std::get_if<int64_t>(&x))
    number = *i;
  else if (auto* t = std::get_if<timestamp>(&x))
    number = t->ms;
  else if (auto* s = std::get_if<std::string>(&x))
    text = *s;
  if (auto err = f(kind, number, text))
    return err;
  switch (kind) {
  case 0:
    x = null_t{};
    return caf::none;
  case 1:
    x = number != 0;
    return caf::none;
  case 2:
    x = number;
    return caf::none;
  case 3:
    x = std::move(text);
    return caf::none;
  case 4:
    x = timestamp{number};
    return caf::none;
  default:
    return caf::make_error(caf::sec::malformed_basp_message);
  }
}

/// Entities cross nodes as their cells (CAF 0.17 cannot inspect optionals).
template <class Inspector, declared T>
typename Inspector::result_type inspect(Inspector& f, T& x) {
  if constexpr (Inspector::writes_state) { // loads
    record cells(field_count<T>);
    for (auto& item : cells)
      if (auto err = inspect_cell(f, item))
        return err;
    if (!from_record(cells, x))
      return caf::make_error(caf::sec::malformed_basp_message);
    return caf::none;
  } else if constexpr (std::is_same_v<typename Inspector::result_type,
                                      caf::error>) { // saves
    for (auto& item : to_record(x))
      if (auto err = inspect_cell(f, item))
        return err;
    return caf::none;
  } else { // prints
    return f(caf::meta::type_name("entity"));
  }
}

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, patch<T>& x) {
  return f(caf::meta::type_name("patch"), x.values, x.set);
}

} // namespace callboard
