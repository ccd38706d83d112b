#include "net/query.hpp"

#include "protocols/unicode.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace callboard::net {

namespace {

int hex(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/// Where in a violation the name of a parameter may stand.
std::string place(std::string_view name) { return location("query", name); }

} // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
        return std::nullopt;
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    }
  }
  if (out.find('\0') != out.npos || !is_valid_utf8(out))
    return std::nullopt;
  return out;
}

query_string::query_string(std::string_view raw,
                           std::span<const parameter_list> declared)
    : declared_(declared) {
  while (!raw.empty()) {
    auto item = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(raw.size(), item.size() + 1));
    if (item.empty())
      continue;
    auto name = percent_decoded(item.substr(0, item.find('=')), true);
    auto equals = item.find('=');
    auto value = percent_decoded(equals == item.npos ? std::string_view{}
                                                     : item.substr(equals + 1),
                                 true);
    if (name && value)
      items_.emplace_back(std::move(*name), std::move(*value));
    else
      problems_.push_back({"value_error", "[\"query\"]",
                           "Value error, malformed query string", "null",
                           R"({"error":"malformed query string"})"});
  }
}

const parameter& query_string::declared(std::string_view name,
                                        parameter_kind kind) {
  for (auto& list : declared_)
    for (auto& x : list)
      if (x.name == name && x.kind == kind) {
        asked_.push_back(&x);
        return x;
      }
  throw std::logic_error{"the route does not declare the parameter "
                         + std::string{name} + " as it is read"};
}

std::string query_string::ignored() const {
  std::string out;
  for (auto& list : declared_)
    for (auto& x : list)
      if (std::find(asked_.begin(), asked_.end(), &x) == asked_.end())
        out += ' ' + std::string{x.name};
  return out;
}

const std::string* query_string::find(std::string_view name) const {
  auto i = std::find_if(items_.rbegin(), items_.rend(),
                        [&](auto& x) { return x.first == name; });
  return i == items_.rend() ? nullptr : &i->second;
}

void query_string::refuse(std::string_view name, std::string type,
                          std::string msg, std::string_view input,
                          std::string ctx) {
  problems_.push_back({std::move(type), place(name), std::move(msg),
                       json_quoted(input.substr(0, 256)), std::move(ctx)});
}

void query_string::refuse(std::string_view name, std::string_view why) {
  auto* raw = find(name);
  refuse(name, "value_error", "Value error, " + std::string{why},
         raw == nullptr ? std::string_view{} : *raw,
         "{\"error\":" + json_quoted(why) + '}');
}

int64_t query_string::number(const parameter& what, const std::string& raw,
                             int64_t fallback) {
  int64_t value = 0;
  auto* last = raw.data() + raw.size();
  auto [end, ec] = std::from_chars(raw.data(), last, value);
  auto limit = [&](bool low) {
    auto text = std::to_string(low ? what.min : what.max);
    refuse(what.name, low ? "greater_than_equal" : "less_than_equal",
           std::string{"Input should be "} + (low ? "greater" : "less")
               + " than or equal to " + text,
           raw, std::string{low ? "{\"ge\":" : "{\"le\":"} + text + '}');
  };
  if (ec == std::errc::result_out_of_range && end == last)
    limit(raw.front() == '-');
  else if (ec != std::errc{} || end != last)
    refuse(what.name, "int_parsing",
           "Input should be a valid integer, unable to parse string as an "
           "integer",
           raw);
  else if (value < what.min)
    limit(true);
  else if (value > what.max)
    limit(false);
  else
    return value;
  return fallback;
}

int64_t query_string::integer(std::string_view name) {
  auto& what = declared(name, parameter_kind::integer);
  auto fallback = what.fallback == parameter::none ? 0 : what.fallback;
  auto* raw = find(name);
  return raw == nullptr ? fallback : number(what, *raw, fallback);
}

int64_t query_string::integer(std::string_view name, int64_t fallback) {
  auto& what = declared(name, parameter_kind::integer);
  auto* raw = find(name);
  return raw == nullptr ? fallback : number(what, *raw, fallback);
}

int64_t query_string::dashboard_id(std::string_view name) {
  auto& what = declared(name, parameter_kind::id);
  auto* raw = find(name);
  return raw == nullptr || raw->empty() ? 0 : number(what, *raw, 0);
}

std::string query_string::text(std::string_view name) {
  auto& what = declared(name, parameter_kind::text);
  auto* raw = find(name);
  if (raw == nullptr)
    return {};
  if (code_points(*raw) <= static_cast<size_t>(what.max))
    return *raw;
  auto most = std::to_string(what.max);
  refuse(name, "string_too_long",
         "String should have at most " + most + " characters", *raw,
         "{\"max_length\":" + most + '}');
  return {};
}

bool query_string::boolean(std::string_view name) {
  auto& what = declared(name, parameter_kind::boolean);
  auto* raw = find(name);
  if (raw == nullptr)
    return what.fallback == 1;
  if (*raw == "true" || *raw == "1")
    return true;
  if (*raw != "false" && *raw != "0")
    refuse(name, "bool_type", "Input should be a valid boolean", *raw);
  return false;
}

timestamp query_string::instant(std::string_view name, timestamp fallback) {
  declared(name, parameter_kind::instant);
  auto* raw = find(name);
  if (raw == nullptr)
    return fallback;
  if (auto x = parse_timestamp(*raw))
    return *x;
  refuse(name, "datetime_parsing",
         "Input should be a valid datetime or date, RFC 3339", *raw);
  return fallback;
}

std::optional<size_t>
query_string::choice_index(std::string_view name,
                           std::span<const std::string_view> names,
                           std::string (*expected)()) {
  auto& what = declared(name, parameter_kind::choice);
  if (what.choices.data() != names.data())
    throw std::logic_error{"the route declares other choices of "
                           + std::string{name}};
  std::optional<size_t> fallback;
  if (what.fallback != parameter::none)
    fallback = static_cast<size_t>(what.fallback);
  auto* raw = find(name);
  if (raw == nullptr)
    return fallback;
  auto found = std::find(names.begin(), names.end(), *raw);
  if (found != names.end())
    return static_cast<size_t>(found - names.begin());
  auto list = expected();
  refuse(name, "enum", "Input should be " + list, *raw,
         "{\"expected\":" + json_quoted(list) + '}');
  return fallback;
}

} // namespace callboard::net
