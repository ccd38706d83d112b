#include "protocols/list_of.hpp"

#include "protocols/entity_json.hpp"

#include <algorithm>

namespace callboard {

namespace {

bool item_from(const json_value& value, std::string& out) {
  if (!value.IsString())
    return false;
  out.assign(value.GetString(), value.GetStringLength());
  return true;
}

bool item_from(const json_value& value, int64_t& out) {
  if (!value.IsInt64())
    return false;
  out = value.GetInt64();
  return true;
}

constexpr rules rules_of(const std::string*) { return {.min = 1, .max = 255}; }
constexpr rules rules_of(const int64_t*) { return {.min = 1}; }

/// `["body","name",3]`
std::string item_location(std::string_view name, rapidjson::SizeType index) {
  return "[\"body\"," + json_quoted(name) + ',' + std::to_string(index) + ']';
}

std::string item_count(int64_t n) {
  return std::to_string(n) + (n == 1 ? " item" : " items");
}

} // namespace

template <class T>
std::string to_json(const list_of<T>& x) {
  std::string out;
  json_writer writer{out};
  writer.StartArray();
  for (auto& item : x.items)
    if constexpr (std::is_same_v<T, std::string>)
      writer.String(std::string_view{item});
    else
      writer.Int64(item);
  writer.EndArray();
  return out;
}

template <class T>
bool from_cell(const cell& x, list_of<T>& out) {
  auto* text = std::get_if<std::string>(&x);
  if (text == nullptr)
    return false;
  auto document = parse_json(*text);
  if (!document || !document->IsArray())
    return false;
  out.items.clear();
  for (auto& value : document->GetArray())
    if (!item_from(value, out.items.emplace_back()))
      return false;
  return true;
}

template <class T>
void read_json(const member_input& in, list_of<T>& out) {
  if (!in.value.IsArray())
    return in.refuse("list_type", "Input should be a valid list");
  auto size = static_cast<int64_t>(in.value.Size());
  auto count = [&](const char* how, int64_t limit) {
    auto text = std::string{how} + item_count(limit);
    in.refuse("value_error", "Value error, " + text,
              "{\"error\":" + json_quoted(text) + '}');
  };
  if (size < in.rule.min)
    return count("at least ", in.rule.min);
  if (size > in.rule.max)
    return count("at most ", in.rule.max);
  const auto rule = rules_of(static_cast<const T*>(nullptr));
  for (rapidjson::SizeType i = 0; i < in.value.Size(); ++i) {
    auto known = in.problems.size();
    read_json(member_input{in.value[i], in.name, rule, in.problems},
              out.items.emplace_back());
    for (auto at = known; at < in.problems.size(); ++at)
      in.problems[at].loc = item_location(in.name, i);
  }
}

text_list distinct(text_list x) {
  text_list out;
  for (auto& item : x.items)
    if (std::find(out.items.begin(), out.items.end(), item) == out.items.end())
      out.items.push_back(std::move(item));
  return out;
}

template std::string to_json(const text_list&);
template std::string to_json(const id_list&);
template bool from_cell(const cell&, text_list&);
template bool from_cell(const cell&, id_list&);
template void read_json(const member_input&, text_list&);
template void read_json(const member_input&, id_list&);

} // namespace callboard
