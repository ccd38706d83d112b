#include "protocols/json.hpp"

#include "protocols/eight_bytes.hpp"
#include "protocols/error.hpp"
#include "protocols/unicode.hpp"

#include <caf/error.hpp>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace callboard {

namespace {

/// Stands between RapidJSON's reader and the document and refuses what its
/// parser lets through.
class strict_handler {
public:
  using Ch = char;
  using size = rapidjson::SizeType;

  strict_handler(json_document& out, std::string& why, size_t max_depth)
      : out_(out), why_(why), max_depth_(max_depth) {}

  bool Null() { return out_.Null(); }
  bool Bool(bool x) { return out_.Bool(x); }
  // Numbers arrive as text, see RawNumber.
  bool Int(int x) { return out_.Int(x); }
  bool Uint(unsigned x) { return out_.Uint(x); }
  bool Int64(int64_t x) { return out_.Int64(x); }
  bool Uint64(uint64_t x) { return out_.Uint64(x); }
  bool Double(double x) { return out_.Double(x); }

  bool RawNumber(const char* text, size n, bool) {
    std::string_view digits{text, n};
    if (digits.find_first_of(".eE") == digits.npos) {
      int64_t value = 0;
      auto [end, ec] = std::from_chars(text, text + n, value);
      if (ec != std::errc{})
        return refuse("integer beyond 64 bits");
      return out_.Int64(value);
    }
    double value = 0;
    auto [end, ec] = std::from_chars(text, text + n, value);
    if (ec != std::errc{} || !std::isfinite(value))
      return refuse("number out of range");
    return out_.Double(value);
  }

  bool String(const char* text, size n, bool copy) {
    return clean({text, n}) && out_.String(text, n, copy);
  }

  bool Key(const char* text, size n, bool copy) {
    keys_.back().emplace_back(text, n);
    return clean({text, n}) && out_.Key(text, n, copy);
  }

  bool StartObject() {
    keys_.emplace_back();
    return enter() && out_.StartObject();
  }

  bool EndObject(size n) {
    auto& keys = keys_.back();
    std::sort(keys.begin(), keys.end());
    if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
      return refuse("duplicate key");
    keys_.pop_back();
    --depth_;
    return out_.EndObject(n);
  }

  bool StartArray() { return enter() && out_.StartArray(); }

  bool EndArray(size n) {
    --depth_;
    return out_.EndArray(n);
  }

private:
  bool enter() { return ++depth_ <= max_depth_ || refuse("nested too deeply"); }

  bool clean(std::string_view text) {
    if (text.find('\0') != text.npos)
      return refuse("U+0000 is not allowed");
    return is_valid_utf8(text) || refuse("invalid UTF-8 or lone surrogate");
  }

  bool refuse(const char* reason) {
    why_ = reason;
    return false;
  }

  json_document& out_;
  std::string& why_;
  size_t max_depth_;
  size_t depth_ = 0;
  std::vector<std::vector<std::string>> keys_;
};

} // namespace

bool parse_json(std::string_view text, json_document& out, json_problem& why,
                size_t max_depth) {
  if (auto at = text.find('\0'); at != text.npos) {
    why = {at, "NUL byte"}; // the parser would take it for the end
    return false;
  }
  constexpr unsigned flags = rapidjson::kParseIterativeFlag
                             | rapidjson::kParseValidateEncodingFlag
                             | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::MemoryStream stream{text.data(), text.size()};
  rapidjson::Reader reader;
  rapidjson::ParseResult result;
  auto generate = [&](json_document& doc) {
    strict_handler handler{doc, why.text, max_depth};
    result = reader.Parse<flags>(stream, handler);
    return !result.IsError();
  };
  out.Populate(generate);
  if (!result.IsError())
    return true;
  why.offset = result.Offset();
  if (why.text.empty())
    why.text = rapidjson::GetParseError_En(result.Code());
  return false;
}

caf::expected<json_document> parse_json(std::string_view text) {
  json_document out;
  json_problem why;
  if (parse_json(text, out, why))
    return out;
  return caf::make_error(errc::rejected, why.text);
}

namespace {

void put_escaped(string_sink& out, char c) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view letters = "\bb\ff\nn\rr\tt\"\"\\\\";
  out.Put('\\');
  for (size_t i = 0; i < letters.size(); i += 2)
    if (letters[i] == c)
      return out.Put(letters[i + 1]);
  out.append("u00");
  out.Put(hex[static_cast<unsigned char>(c) >> 4]);
  out.Put(hex[c & 0xF]);
}

} // namespace

bool json_writer::String(std::string_view x) {
  Prefix(rapidjson::kStringType);
  sink_.Put('"');
  while (!x.empty()) {
    // Most text is a single run of what stands for itself.
    auto plain = eight_bytes::run_without(x, eight_bytes::json_escaped);
    sink_.append(x.substr(0, plain));
    x.remove_prefix(plain);
    if (x.empty())
      break;
    put_escaped(sink_, x.front());
    x.remove_prefix(1);
  }
  sink_.Put('"');
  return EndValue(true);
}

bool json_writer::Double(double x) {
  std::array<char, 32> out;
  auto [end, ec] = std::to_chars(out.data(), out.data() + out.size() - 2, x);
  std::string_view text{out.data(), static_cast<size_t>(end - out.data())};
  if (text.find_first_of(".e") == text.npos) { // stays a non-integer
    *end++ = '.';
    *end++ = '0';
  }
  return RawValue(out.data(), static_cast<size_t>(end - out.data()),
                  rapidjson::kNumberType);
}

namespace {

void write_canonical(json_writer& out, const json_value& value) {
  if (value.IsObject()) {
    std::vector<const json_value::Member*> members;
    for (auto& member : value.GetObject())
      members.push_back(&member);
    auto key = [](const json_value::Member* x) {
      return std::string_view{x->name.GetString(), x->name.GetStringLength()};
    };
    std::sort(members.begin(), members.end(),
              [&](auto* a, auto* b) { return key(a) < key(b); });
    out.StartObject();
    for (auto* member : members) {
      out.Key(key(member));
      write_canonical(out, member->value);
    }
    out.EndObject();
  } else if (value.IsArray()) {
    out.StartArray();
    for (auto& item : value.GetArray())
      write_canonical(out, item);
    out.EndArray();
  } else if (value.IsDouble()) {
    out.Double(value.GetDouble());
  } else {
    value.Accept(out);
  }
}

} // namespace

std::string canonical(const json_value& value) {
  std::string out;
  json_writer writer{out};
  write_canonical(writer, value);
  return out;
}

void append_quoted(std::string& out, std::string_view text) {
  json_writer{out}.String(text);
}

std::string json_quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string location(std::string_view where, std::string_view name) {
  return '[' + json_quoted(where) + ',' + json_quoted(name) + ']';
}

caf::error rejection(const violations& items) {
  std::string out;
  json_writer writer{out};
  writer.StartArray();
  for (auto& item : items) {
    writer.StartObject();
    writer.Key("type");
    writer.String(item.type);
    writer.Key("loc");
    writer.raw(item.loc);
    writer.Key("msg");
    writer.String(item.msg);
    writer.Key("input");
    writer.raw(item.input);
    if (!item.ctx.empty()) {
      writer.Key("ctx");
      writer.raw(item.ctx);
    }
    writer.EndObject();
  }
  writer.EndArray();
  return caf::make_error(errc::rejected, std::move(out));
}

caf::error rejection(std::string_view where, std::string_view name,
                     std::string_view text) {
  return rejection(violations{{"value_error", location(where, name),
                               "Value error, " + std::string{text}, "null",
                               "{\"error\":" + json_quoted(text) + '}'}});
}

} // namespace callboard
