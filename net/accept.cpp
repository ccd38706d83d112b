#include "net/accept.hpp"

#include "net/http.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace callboard::net {

namespace {

constexpr std::string_view blanks = " \t";

/// Takes what stands before the next `mark` that is not quoted.
std::string_view take_until(std::string_view& text, char mark) {
  bool quoted = false;
  size_t i = 0;
  for (; i < text.size() && (quoted || text[i] != mark); ++i) {
    if (text[i] == '"')
      quoted = !quoted;
    else if (text[i] == '\\' && quoted)
      ++i;
  }
  i = std::min(i, text.size());
  auto out = text.substr(0, i);
  text.remove_prefix(std::min(text.size(), i + 1));
  return trimmed(out, blanks);
}

/// `0`, `0.5`, `1.000`: in thousandths; nothing if it is no weight.
std::optional<int> weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')
      || (text.size() > 1 && text[1] != '.'))
    return std::nullopt;
  int out = text[0] == '1' ? 1000 : 0;
  int place = 100;
  for (char c : text.substr(std::min<size_t>(text.size(), 2))) {
    if (c < '0' || c > '9')
      return std::nullopt;
    out += (c - '0') * place;
    place /= 10;
  }
  return out <= 1000 ? std::optional{out} : std::nullopt;
}

struct preference {
  std::string_view name; ///< empty: a malformed item
  int weight = 1000;     ///< [1/1000]; 0: not acceptable
};

preference read_item(std::string_view item) {
  preference out;
  out.name = take_until(item, ';');
  while (!item.empty()) {
    auto parameter = take_until(item, ';');
    auto equals = parameter.find('=');
    if (!equal_ignoring_case(trimmed(parameter.substr(0, equals), blanks), "q"))
      continue;
    auto weight
        = weight_of(equals == parameter.npos
                        ? std::string_view{}
                        : trimmed(parameter.substr(equals + 1), blanks));
    if (!weight)
      return {};
    out.weight = *weight;
  }
  return out;
}

/// Calls `f` for each well-formed item.
template <class F>
void for_each_preference(std::string_view list, F f) {
  while (!list.empty())
    if (auto item = read_item(take_until(list, ',')); !item.name.empty())
      f(item);
}

/// How well a media type is liked: its most specific range decides.
int weight_of_type(std::string_view accept, std::string_view type) {
  const std::array<std::string, 3> ranges{
      std::string{type}, std::string{type.substr(0, type.find('/'))} + "/*",
      "*/*"};
  std::array<std::optional<int>, 3> weights;
  for_each_preference(accept, [&](const preference& x) {
    for (size_t i = 0; i < ranges.size(); ++i)
      if (equal_ignoring_case(x.name, ranges[i]))
        weights[i] = std::max(weights[i].value_or(0), x.weight);
  });
  auto& [exact, family, any] = weights;
  return exact ? *exact : family ? *family : any.value_or(0);
}

} // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> identity;
  std::optional<int> any;
  for_each_preference(accept_encoding, [&](const preference& x) {
    if (equal_ignoring_case(x.name, "gzip")
        || equal_ignoring_case(x.name, "x-gzip"))
      gzip = std::max(gzip.value_or(0), x.weight);
    else if (equal_ignoring_case(x.name, "identity"))
      identity = x.weight;
    else if (x.name == "*")
      any = x.weight;
  });
  auto wanted = gzip ? *gzip : any.value_or(0);
  return wanted > 0 && wanted >= identity.value_or(0);
}

bool prefers_problem(std::string_view accept) {
  return weight_of_type(accept, "application/problem+json")
         > weight_of_type(accept, "application/json");
}

bool prefers_html(std::string_view accept) {
  return weight_of_type(accept, "text/html")
         > weight_of_type(accept, "application/json");
}

} // namespace callboard::net
