// The one place where JSON is read and written (A17).
#pragma once

#include <caf/expected.hpp>
#include <rapidjson/document.h>
#include <rapidjson/writer.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

using json_value = rapidjson::Value;
using json_document = rapidjson::Document;

/// Canonical JSON text: UTF-8, no spaces, keys sorted by bytes, integers as
/// 64-bit integers, other numbers as the shortest double, only mandatory
/// escapes. Equal values have equal texts, on both databases.
struct json_text {
  std::string text = "{}";
  bool operator==(const json_text&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, json_text& x) {
  return f(x.text);
}

/// Why a text is not JSON for us, and where.
struct json_problem {
  size_t offset = 0; ///< [bytes]
  std::string text;
};

/// Reads one JSON value: valid UTF-8, at most `max_depth` levels, no duplicate
/// keys, no U+0000, no lone surrogates, integers within 64 bits, finite
/// numbers, nothing behind it.
/// @returns whether it is, and in `out` the value, or in `why` the reason.
bool parse_json(std::string_view text, json_document& out, json_problem& why,
                size_t max_depth = 64);

/// The same for callers that need no position: `rejected` with the reason.
caf::expected<json_document> parse_json(std::string_view text);

/// The canonical text of a value.
std::string canonical(const json_value& value);

/// Appends to a string, some bytes at a time: the output stream of
/// `json_writer`.
class string_sink {
public:
  using Ch = char;
  explicit string_sink(std::string& out) : out_(&out) {}

  void Put(char c) {
    if (used_ == bytes_.size())
      Flush();
    bytes_[used_++] = c;
  }

  void append(std::string_view text) {
    if (text.size() > bytes_.size() - used_)
      Flush();
    if (text.size() > bytes_.size()) {
      out_->append(text);
      return;
    }
    text.copy(bytes_.data() + used_, text.size());
    used_ += text.size();
  }

  /// The writer calls it at the end of each outermost value.
  void Flush() {
    out_->append(bytes_.data(), used_);
    used_ = 0;
  }

private:
  std::string* out_;
  size_t used_ = 0;
  std::array<char, 256> bytes_;
};

/// RapidJSON's writer with numbers as canonical JSON has them, and strings
/// copied in runs. The string has all of a value once the value is complete.
class json_writer : public rapidjson::Writer<string_sink> {
public:
  using super = rapidjson::Writer<string_sink>;
  explicit json_writer(std::string& out) : sink_(out) { Reset(sink_); }
  json_writer(const json_writer&) = delete;
  json_writer& operator=(const json_writer&) = delete;

  bool Double(double x); ///< shortest form that reads back; finite only
  bool String(std::string_view x);
  bool String(const char* text, rapidjson::SizeType size, bool = false) {
    return String({text, size});
  }
  bool Key(std::string_view x) { return String(x); }
  bool Key(const char* text, rapidjson::SizeType size, bool = false) {
    return String({text, size});
  }
  /// A value that is JSON already.
  void raw(std::string_view json) {
    Prefix(rapidjson::kObjectType);
    sink_.append(json);
    EndValue(true);
  }

private:
  string_sink sink_;
};

/// Appends `text` as a JSON string, quotes included.
void append_quoted(std::string& out, std::string_view text);

/// `"a\nb"`, quotes included.
std::string json_quoted(std::string_view text);

/// One item of a 422 answer (`detail`).
struct violation {
  std::string type; ///< `missing`, `string_too_short`, ...
  std::string loc;  ///< JSON array, e.g. `["body","name"]`
  std::string msg;
  std::string input = "null"; ///< JSON
  std::string ctx = {};       ///< JSON object, or empty for none
};

using violations = std::vector<violation>;

/// `["body","name"]`
std::string location(std::string_view where, std::string_view name);

/// `rejected` with all items as its detail (a JSON array).
caf::error rejection(const violations& items);

/// `rejected` with one `value_error`: `Value error, <text>`.
caf::error rejection(std::string_view where, std::string_view name,
                     std::string_view text);

} // namespace callboard
