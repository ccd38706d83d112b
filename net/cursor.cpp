#include "net/cursor.hpp"

#include "protocols/digest.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace callboard::net {

namespace {

constexpr size_t seal_size = 16;  // [bytes] of the HMAC
constexpr size_t max_size = 4096; // a name of 255 characters, escaped, fits

/// Other uses of the key sign other texts: the first line keeps them apart.
std::string seal(const signing_key& key, std::string_view list,
                 std::string_view position) {
  std::string text = "callboard cursor 1\n";
  text += std::to_string(list.size());
  text += '\n';
  text += list;
  text += position;
  return hmac_sha256(key.secret, text).substr(0, seal_size);
}

/// `[id, kind, value]`: instants and integers are both numbers in JSON.
std::string text_of(const list_position& at) {
  std::string out;
  json_writer writer{out};
  writer.StartArray();
  writer.Int64(at.id);
  if (auto* time = std::get_if<timestamp>(&at.value)) {
    writer.String("t");
    writer.Int64(time->ms);
  } else if (auto* number = std::get_if<int64_t>(&at.value)) {
    writer.String("i");
    writer.Int64(*number);
  } else if (auto* text = std::get_if<std::string>(&at.value)) {
    writer.String("s");
    writer.String(*text);
  }
  writer.EndArray();
  return out;
}

std::optional<list_position> position_from(std::string_view text) {
  auto json = parse_json(text);
  if (!json || !json->IsArray() || json->Empty() || !(*json)[0].IsInt64())
    return std::nullopt;
  list_position out{(*json)[0].GetInt64(), {}};
  if (json->Size() == 1)
    return out;
  if (json->Size() != 3 || !(*json)[1].IsString())
    return std::nullopt;
  auto& value = (*json)[2];
  auto kind = std::string_view{(*json)[1].GetString()};
  if (kind == "t" && value.IsInt64())
    out.value = timestamp{value.GetInt64()};
  else if (kind == "i" && value.IsInt64())
    out.value = value.GetInt64();
  else if (kind == "s" && value.IsString())
    out.value = std::string{value.GetString(), value.GetStringLength()};
  else
    return std::nullopt;
  return out;
}

} // namespace

std::string make_cursor(const signing_keys& keys, std::string_view list,
                        const list_position& at) {
  auto position = text_of(at);
  return base64url(seal(keys.current(), list, position) + position);
}

std::optional<list_position> read_cursor(const signing_keys& keys,
                                         std::string_view list,
                                         std::string_view text) {
  if (text.size() > max_size)
    return std::nullopt;
  auto raw = base64url_decoded(text);
  if (!raw || raw->size() <= seal_size)
    return std::nullopt;
  auto position = std::string_view{*raw}.substr(seal_size);
  auto given = std::string_view{*raw}.substr(0, seal_size);
  auto is_ours = [&](const signing_key& key) {
    return constant_time_equal(given, seal(key, list, position));
  };
  if (std::none_of(keys.all().begin(), keys.all().end(), is_ours))
    return std::nullopt;
  return position_from(position);
}

} // namespace callboard::net
