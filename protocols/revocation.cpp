#include "protocols/json.hpp"
#include "protocols/realtime.hpp"

#include <algorithm>

namespace callboard {

namespace {

constexpr std::string_view revoked = "access_revoked";

std::string text_of(const json_value& object, const char* key) {
  auto found = object.FindMember(key);
  if (found == object.MemberEnd() || !found->value.IsString())
    return {};
  return {found->value.GetString(), found->value.GetStringLength()};
}

} // namespace

event access_revoked(const revocation& what, timestamp at) {
  event out;
  out.type = revoked;
  out.audience = std::to_string(what.user_id);
  out.channel = control_channel;
  out.created_at = at;
  out.data.text.clear();
  json_writer writer{out.data.text};
  writer.StartObject();
  writer.Key("all");
  writer.Bool(what.all);
  writer.Key("families");
  writer.StartArray();
  for (auto& x : what.families)
    writer.String(x);
  writer.EndArray();
  writer.Key("keep");
  writer.String(what.keep);
  writer.EndObject();
  return out;
}

std::optional<revocation> read_revocation(const event& x) {
  if (x.type != revoked || x.channel != control_channel)
    return std::nullopt;
  auto data = parse_json(x.data.text);
  if (!data || !data->IsObject())
    return std::nullopt;
  revocation out;
  out.user_id = std::strtoll(x.audience.c_str(), nullptr, 10);
  auto all = data->FindMember("all");
  out.all
      = all != data->MemberEnd() && all->value.IsBool() && all->value.GetBool();
  out.keep = text_of(*data, "keep");
  auto families = data->FindMember("families");
  if (families != data->MemberEnd() && families->value.IsArray())
    for (auto& family : families->value.GetArray())
      if (family.IsString())
        out.families.emplace_back(family.GetString(), family.GetStringLength());
  return out;
}

bool ends(const revocation& x, const audience_of_session& who) {
  if (x.user_id == 0 || x.user_id != who.user_id)
    return false;
  if (x.all && (x.keep.empty() || x.keep != who.family))
    return true;
  return std::find(x.families.begin(), x.families.end(), who.family)
         != x.families.end();
}

} // namespace callboard
