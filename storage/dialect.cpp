#include "storage/dialect.hpp"

#include "protocols/error.hpp"
#include "protocols/json.hpp"

#include <caf/make_message.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace callboard::storage {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

/// A JSON value as `json_each` gives it back: what SQLite stores.
std::string json_item(const cell& value) {
  return std::visit(overloaded{
                        [](null_t) { return std::string{"null"}; },
                        [](bool x) { return std::string{x ? "1" : "0"}; },
                        [](int64_t x) { return std::to_string(x); },
                        [](const std::string& x) { return json_quoted(x); },
                        [](timestamp x) { return std::to_string(x.ms); },
                    },
                    value);
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '"' || text[i] == '\\') {
      out.append(text, from, i - from) += '\\';
      from = i;
    }
  out.append(text, from) += '"';
}

/// The position behind a literal, a quoted name or a comment that begins at
/// `i`, or `i` if none does.
size_t skip_opaque(std::string_view text, size_t i) {
  auto behind = [&](std::string_view end, size_t from) {
    auto at = text.find(end, from);
    return at == text.npos ? text.size() : at + end.size();
  };
  if (text[i] == '\'' || text[i] == '"') // a doubled quote begins another
    return behind(text.substr(i, 1), i + 1);
  if (text.substr(i, 2) == "--")
    return behind("\n", i);
  if (text.substr(i, 2) == "/*")
    return behind("*/", i + 2);
  return i;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<cell> integer_from(std::string_view text) {
  int64_t value = 0;
  auto [end, failure] = std::from_chars(text.begin(), text.end(), value);
  if (failure != std::errc{} || end != text.end())
    return std::nullopt;
  return cell{value};
}

std::optional<cell> timestamp_from(std::string_view text) {
  if (text.ends_with("+00")) // sessions run in UTC
    text.remove_suffix(3);
  if (auto t = parse_timestamp(text))
    return cell{*t};
  return std::nullopt;
}

} // namespace

std::string current_time(dialect_kind dialect) {
  return dialect == dialect_kind::postgres
             ? "date_trunc('milliseconds', clock_timestamp())"
             : "CAST(round((julianday('now') - 2440587.5) * 86400000) AS "
               "INTEGER)";
}

std::string any_of(dialect_kind dialect, size_t n, std::string_view type) {
  auto parameter = '$' + std::to_string(n);
  if (dialect == dialect_kind::sqlite)
    return " IN (SELECT value FROM json_each(" + parameter + "))";
  return " = ANY(" + parameter + "::" + std::string{type} + "[])";
}

cell set_parameter(dialect_kind dialect, std::span<const cell> values) {
  if (dialect == dialect_kind::postgres)
    return array_literal(values);
  std::string out = "[";
  for (auto& x : values)
    out += (out.size() > 1 ? "," : "") + json_item(x);
  return out + ']';
}

std::string lock_clause(dialect_kind dialect, std::string_view strength) {
  if (dialect == dialect_kind::sqlite)
    return "";
  return " FOR " + std::string{strength};
}

std::string array_literal(std::span<const cell> values) {
  std::string out = "{";
  for (auto& x : values) {
    if (out.size() > 1)
      out += ',';
    if (auto* text = std::get_if<std::string>(&x))
      append_quoted(out, *text);
    else
      out += postgres_text(x).value_or("NULL");
  }
  return out + '}';
}

std::string_view postgres_type(std::string_view table, std::string_view column,
                               cell_kind kind) {
  using entry = std::array<std::string_view, 3>;
  static constexpr std::array<entry, 4> special{{
      {"users", "role", "userrole"},
      {"refresh_tokens", "family_id", "uuid"},
      {"execution_results", "holder_node", "uuid"},
      {"event_stream", "epoch", "uuid"},
  }};
  for (auto& [in, name, type] : special)
    if (in == table && name == column)
      return type;
  switch (kind) {
  case cell_kind::boolean:
    return "boolean";
  case cell_kind::integer:
    return "bigint";
  case cell_kind::timestamp:
    return "timestamptz";
  case cell_kind::text:
    break;
  }
  return "text";
}

std::optional<std::string> postgres_text(const cell& value) {
  using result = std::optional<std::string>;
  return std::visit(overloaded{
                        [](null_t) { return result{}; },
                        [](bool x) { return result{x ? "t" : "f"}; },
                        [](int64_t x) { return result{std::to_string(x)}; },
                        [](const std::string& x) { return result{x}; },
                        [](timestamp x) { return result{to_string(x)}; },
                    },
                    value);
}

std::optional<cell> from_postgres_text(std::string_view text, cell_kind kind) {
  switch (kind) {
  case cell_kind::boolean:
    if (text == "t" || text == "f")
      return cell{text == "t"};
    return std::nullopt;
  case cell_kind::integer:
    return integer_from(text);
  case cell_kind::timestamp:
    return timestamp_from(text);
  case cell_kind::text:
    break;
  }
  return cell{std::string{text}};
}

std::string numbered_parameters(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    auto end = skip_opaque(text, i);
    if (end > i) {
      out += text.substr(i, end - i);
      i = end;
      continue;
    }
    auto parameter
        = text[i] == '$' && i + 1 < text.size() && is_digit(text[i + 1]);
    out += parameter ? '?' : text[i];
    ++i;
  }
  return out;
}

caf::error unreadable_row(std::string_view table) {
  return caf::make_error(errc::internal, "a row of " + std::string{table}
                                             + " does not fit its declaration");
}

} // namespace callboard::storage
