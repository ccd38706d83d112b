// The words that settings with a choice understand.
#pragma once

#include "supervision/config.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace callboard {

/// A text and the value it stands for; the first of a value is its usual one.
template <class E>
using word = std::pair<std::string_view, E>;

inline constexpr std::array words_of_environment{
    word<environment>{"development", environment::development},
    word<environment>{"staging", environment::staging},
    word<environment>{"production", environment::production},
    // What the clients' test files say (behaviour.md section 12).
    word<environment>{"test", environment::development},
    word<environment>{"testing", environment::development},
};

inline constexpr std::array words_of_scheduling{
    word<scheduling>{"loops", scheduling::loops},
    word<scheduling>{"sharing", scheduling::sharing},
};

inline constexpr std::array words_of_algorithm{
    word<jwt_algorithm>{"HS256", jwt_algorithm::hs256},
};

inline constexpr std::array words_of_level{
    word<log::level>{"DEBUG", log::level::debug},
    word<log::level>{"INFO", log::level::info},
    word<log::level>{"WARNING", log::level::warning},
    word<log::level>{"ERROR", log::level::error},
    word<log::level>{"CRITICAL", log::level::critical},
};

inline constexpr std::array words_of_format{
    word<log::format>{"json", log::format::json},
    word<log::format>{"text", log::format::text},
};

inline constexpr std::array words_of_bool{
    word<bool>{"true", true}, word<bool>{"false", false},
    word<bool>{"1", true},    word<bool>{"0", false},
    word<bool>{"yes", true},  word<bool>{"no", false},
    word<bool>{"on", true},   word<bool>{"off", false},
};

/// The words of a type, whatever the value.
constexpr auto& words(environment) { return words_of_environment; }
constexpr auto& words(scheduling) { return words_of_scheduling; }
constexpr auto& words(jwt_algorithm) { return words_of_algorithm; }
constexpr auto& words(log::level) { return words_of_level; }
constexpr auto& words(log::format) { return words_of_format; }
constexpr auto& words(bool) { return words_of_bool; }

/// Has words.
template <class T>
concept worded = requires(T x) {
  words(x);
};

/// The usual word.
template <worded T>
std::string_view word_for(T x) {
  for (auto& [text, value] : words(x))
    if (value == x)
      return text;
  return {};
}

/// `a|b|c`: each value once.
template <worded T>
std::string choices(std::string_view separator) {
  std::string result;
  for (auto& [text, value] : words(T{})) {
    if (word_for(value) != text)
      continue;
    if (!result.empty())
      result += separator;
    result += text;
  }
  return result;
}

} // namespace callboard
