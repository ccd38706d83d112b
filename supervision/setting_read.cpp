#include "protocols/json.hpp"
#include "protocols/unicode.hpp"
#include "supervision/setting.hpp"
#include "supervision/setting_words.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace callboard {

namespace {

constexpr std::string_view blanks = " \t\r\n";

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<int64_t> integer(std::string_view text) {
  int64_t value = 0;
  auto end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || rest != end)
    return std::nullopt;
  return value;
}

/// A decimal with up to three places, times `unit`, which is 1 or 1000.
std::optional<int64_t> scaled(std::string_view text, int64_t unit) {
  auto dot = text.find('.');
  auto whole = integer(text.substr(0, dot));
  // The largest bound is far below this, and the product must fit.
  if (!whole || *whole < 0 || *whole > 1'000'000'000)
    return std::nullopt;
  auto result = *whole * unit;
  if (dot == text.npos)
    return result;
  auto places = text.substr(dot + 1);
  if (places.empty() || places.size() > 3 || unit != 1000
      || places.find_first_not_of("0123456789") != places.npos)
    return std::nullopt;
  int64_t weight = 100;
  for (char c : places) {
    result += (c - '0') * weight;
    weight /= 10;
  }
  return result;
}

std::string out_of_bounds(const setting& what, std::string_view kind) {
  std::string result = "must be ";
  result += kind;
  result += " between " + unscaled(what.min, what.unit) + " and ";
  return result + unscaled(what.max, what.unit);
}

template <worded T>
std::string read(T& to, const setting&, std::string_view text) {
  for (auto& [name, value] : words(to))
    if (equal_ignoring_case(name, trimmed(text, blanks))) {
      to = value;
      return {};
    }
  return words(to).size() == 1 ? "must be " + choices<T>("")
                               : "must be one of " + choices<T>(", ");
}

std::string read(int64_t& to, const setting& what, std::string_view text) {
  auto value = integer(trimmed(text, blanks));
  if (!value || *value < what.min || *value > what.max)
    return out_of_bounds(what, "a whole number");
  to = *value;
  return {};
}

std::string read(std::chrono::milliseconds& to, const setting& what,
                 std::string_view text) {
  auto value = scaled(trimmed(text, blanks), what.unit);
  if (!value || *value < what.min || *value > what.max)
    return out_of_bounds(what, "a number");
  to = std::chrono::milliseconds{*value};
  return {};
}

template <class Period>
std::string read(std::chrono::duration<int64_t, Period>& to,
                 const setting& what, std::string_view text) {
  int64_t count = 0;
  auto problem = read(count, what, text);
  if (problem.empty())
    to = std::chrono::duration<int64_t, Period>{count};
  return problem;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

std::string read(std::string& to, const setting& what, std::string_view text) {
  auto size = static_cast<int64_t>(text.size());
  if (size < what.min)
    return "must not be empty";
  if (size > what.max)
    return "must have at most " + std::to_string(what.max) + " bytes";
  if (what.shown == privacy::secret ? text.find('\0') != text.npos
                                    : has_control(text))
    return "must not hold control characters";
  if (what.accepts)
    if (auto problem = what.accepts(text); !problem.empty())
      return problem;
  to = text;
  return {};
}

/// The items of a JSON array of strings, or of a comma list.
std::optional<std::vector<std::string>> items_of(std::string_view text) {
  std::vector<std::string> result;
  auto add = [&](std::string_view item) {
    if (!trimmed(item, blanks).empty())
      result.emplace_back(trimmed(item, blanks));
  };
  text = trimmed(text, blanks);
  if (text.starts_with('[')) {
    json_document doc;
    json_problem why;
    if (!parse_json(text, doc, why))
      return std::nullopt;
    for (auto& item : doc.GetArray()) {
      if (!item.IsString())
        return std::nullopt;
      add({item.GetString(), item.GetStringLength()});
    }
    return result;
  }
  for (; !text.empty();) {
    auto comma = text.find(',');
    add(text.substr(0, comma));
    text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
  }
  return result;
}

std::string read(std::vector<std::string>& to, const setting& what,
                 std::string_view text) {
  auto items = items_of(text);
  if (!items)
    return "must be a comma list or a JSON array of strings";
  if (static_cast<int64_t>(items->size()) > what.max)
    return "must have at most " + std::to_string(what.max) + " items";
  for (auto& item : *items) {
    if (has_control(item))
      return "must not hold control characters";
    if (what.accepts)
      if (auto problem = what.accepts(item); !problem.empty())
        return problem;
  }
  to = std::move(*items);
  return {};
}

std::string read(std::vector<cidr>& to, const setting& what,
                 std::string_view text) {
  std::vector<std::string> items;
  if (auto problem = read(items, what, text); !problem.empty())
    return problem;
  std::vector<cidr> networks;
  for (auto& item : items) {
    auto network = cidr::parse(item);
    if (!network)
      return "must hold addresses or networks like 10.0.0.0/8";
    networks.push_back(*network);
  }
  to = std::move(networks);
  return {};
}

} // namespace

std::string assign(config& to, const setting& what, std::string_view text) {
  return std::visit([&](auto m) { return read(to.*m, what, text); }, what.to);
}

} // namespace callboard
