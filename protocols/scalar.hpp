// The value types of entities: each to a cell and back, and to JSON.
#pragma once

#include "protocols/cell.hpp"
#include "protocols/json.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// Says what is wrong with a text, or nothing.
using field_check = std::optional<std::string> (*)(std::string_view);

/// The names of an enum's values in order: `enum_names<task_status>`.
template <class E>
inline constexpr std::array<std::string_view, 0> enum_names{};

/// An enum with names: stored, sent and shown by name.
template <class E>
concept named_enum = std::is_enum_v<E> &&(!enum_names<E>.empty());

template <named_enum E>
constexpr std::string_view name_of(E x) {
  return enum_names<E>[static_cast<size_t>(x)];
}

template <named_enum E>
constexpr std::optional<E> enum_from(std::string_view name) {
  for (size_t i = 0; i < enum_names<E>.size(); ++i)
    if (enum_names<E>[i] == name)
      return static_cast<E>(i);
  return std::nullopt;
}

/// `'a', 'b' or 'c'`, as validation messages list choices.
template <named_enum E>
std::string choices() {
  std::string out;
  constexpr size_t n = enum_names<E>.size();
  for (size_t i = 0; i < n; ++i) {
    if (i > 0)
      out += i + 1 == n ? " or " : ", ";
    out += '\'' + std::string{enum_names<E>[i]} + '\'';
  }
  return out;
}

// -- cells --------------------------------------------------------------------

inline cell to_cell(bool x) { return x; }
inline cell to_cell(int64_t x) { return x; }
inline cell to_cell(timestamp x) { return x; }
inline cell to_cell(const std::string& x) { return x; }
inline cell to_cell(const json_text& x) { return x.text; }

template <named_enum E>
cell to_cell(E x) {
  return std::string{name_of(x)};
}

template <class T>
cell to_cell(const std::optional<T>& x) {
  return x ? to_cell(*x) : cell{null_t{}};
}

/// Each `from_cell` is false if the cell is of another kind.
template <class T>
requires std::same_as<T, bool> || std::same_as<T, int64_t> || std::same_as<
    T, timestamp> || std::same_as<T, std::string>
bool from_cell(const cell& x, T& out) {
  auto* value = std::get_if<T>(&x);
  if (value != nullptr)
    out = *value;
  return value != nullptr;
}

inline bool from_cell(const cell& x, json_text& out) {
  return from_cell(x, out.text);
}

template <named_enum E>
bool from_cell(const cell& x, E& out) {
  auto* name = std::get_if<std::string>(&x);
  auto value = name != nullptr ? enum_from<E>(*name) : std::nullopt;
  if (value)
    out = *value;
  return value.has_value();
}

template <class T>
bool from_cell(const cell& x, std::optional<T>& out) {
  if (is_null(x)) {
    out.reset();
    return true;
  }
  return from_cell(x, out.emplace());
}

/// The kind of cell that a member type is stored as.
template <class T>
struct stored_as {
  static constexpr size_t kind = 3; // text, JSON, enums
};
template <>
struct stored_as<bool> {
  static constexpr size_t kind = 1;
};
template <>
struct stored_as<int64_t> {
  static constexpr size_t kind = 2;
};
template <>
struct stored_as<timestamp> {
  static constexpr size_t kind = 4;
};
template <class T>
struct stored_as<std::optional<T>> : stored_as<T> {};

// -- JSON ---------------------------------------------------------------------

inline void write_json(json_writer& out, bool x) { out.Bool(x); }
inline void write_json(json_writer& out, int64_t x) { out.Int64(x); }
inline void write_json(json_writer& out, timestamp x) {
  out.String(to_string(x));
}
inline void write_json(json_writer& out, const std::string& x) {
  out.String(std::string_view{x});
}
inline void write_json(json_writer& out, const json_text& x) {
  out.raw(x.text);
}

template <named_enum E>
void write_json(json_writer& out, E x) {
  out.String(name_of(x));
}

template <class T>
void write_json(json_writer& out, const std::optional<T>& x) {
  if (x)
    write_json(out, *x);
  else
    out.Null();
}

} // namespace callboard
