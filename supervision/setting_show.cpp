#include "supervision/database_url.hpp"
#include "supervision/setting.hpp"
#include "supervision/setting_words.hpp"

#include <concepts>

namespace callboard {

namespace {

template <worded T>
std::string write(T x, const setting&) {
  return std::string{word_for(x)};
}

std::string write(int64_t x, const setting&) { return std::to_string(x); }

std::string write(std::chrono::milliseconds x, const setting& what) {
  return unscaled(x.count(), what.unit);
}

template <class Period>
std::string write(std::chrono::duration<int64_t, Period> x, const setting&) {
  return std::to_string(x.count());
}

std::string write(const std::string& x, const setting&) { return x; }

std::string write(const std::vector<std::string>& x, const setting&) {
  std::string result;
  for (auto& item : x) {
    if (!result.empty())
      result += ',';
    result += item;
  }
  return result;
}

std::string write(const std::vector<cidr>& x, const setting& what) {
  std::vector<std::string> items;
  items.reserve(x.size());
  for (auto& item : x)
    items.push_back(to_string(item));
  return write(items, what);
}

// -------------------------------------------------------

template <worded T>
std::string form(const T*, const setting&) {
  if constexpr (std::same_as<T, bool>)
    return "true|false";
  else
    return choices<T>("|");
}

std::string form(const int64_t*, const setting&) { return "NUMBER"; }
std::string form(const std::string*, const setting&) { return "TEXT"; }

std::string form(const std::chrono::milliseconds*, const setting& what) {
  return what.unit == 1 ? "MILLISECONDS" : "SECONDS";
}

std::string form(const std::chrono::minutes*, const setting&) {
  return "MINUTES";
}

std::string form(const std::chrono::days*, const setting&) { return "DAYS"; }

template <class T>
std::string form(const std::vector<T>*, const setting&) {
  return "LIST";
}

} // namespace

std::string unscaled(int64_t value, int64_t unit) {
  auto result = std::to_string(value / unit);
  if (auto rest = value % unit; rest != 0) {
    auto places = std::to_string(unit + rest).substr(1);
    places.erase(places.find_last_not_of('0') + 1);
    result += '.' + places;
  }
  return result;
}

std::string_view to_string(environment x) { return word_for(x); }
std::string_view to_string(scheduling x) { return word_for(x); }
std::string_view to_string(jwt_algorithm x) { return word_for(x); }

std::string text_of(const config& from, const setting& what) {
  return std::visit([&](auto m) { return write(from.*m, what); }, what.to);
}

std::string shown_value(const config& from, const setting& what) {
  auto text = text_of(from, what);
  switch (what.shown) {
  case privacy::secret:
    return text.empty() ? "(unset)" : "(set)";
  case privacy::masked:
    return masked_database_url(text);
  case privacy::open:
    break;
  }
  return text;
}

std::string value_form(const setting& what) {
  const config x;
  return std::visit([&](auto m) { return form(&(x.*m), what); }, what.to);
}

std::string option_name(std::string_view name) {
  std::string result = "--";
  for (char c : name)
    result += c == '_' ? '-' : static_cast<char>(c - 'A' + 'a');
  return result;
}

} // namespace callboard
