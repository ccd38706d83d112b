// The text format in which Prometheus reads numbers, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace callboard::net {

inline constexpr std::string_view exposition_type
    = "text/plain; version=0.0.4; charset=utf-8";

/// `{method="GET"}`: names are constants, values any text.
using label_list
    = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Families of samples, one after another.
class exposition {
public:
  /// Begins a family; what follows are its samples. `type`: `counter`, `gauge`
  /// or `histogram`.
  exposition& family(std::string_view name, std::string_view type,
                     std::string_view help);

  exposition& sample(uint64_t value, label_list labels = {}) {
    return put({}, labels, std::to_string(value));
  }
  exposition& sample(int64_t value, label_list labels = {}) {
    return put({}, labels, std::to_string(value));
  }
  exposition& sample(double value, label_list labels = {}) {
    return put({}, labels, number(value));
  }

  /// A sample of a part of the family: `_bucket`, `_sum`, `_count`.
  exposition& part(std::string_view suffix, double value, label_list labels) {
    return put(suffix, labels, number(value));
  }
  exposition& part(std::string_view suffix, uint64_t value, label_list labels) {
    return put(suffix, labels, std::to_string(value));
  }

  std::string done() { return std::move(text_); }

  /// The shortest text that reads as the same number.
  static std::string number(double x);

private:
  exposition& put(std::string_view suffix, label_list labels,
                  const std::string& value);

  std::string text_;
  std::string_view name_;
};

} // namespace callboard::net
