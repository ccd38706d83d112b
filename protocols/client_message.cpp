#include "protocols/client_message.hpp"

#include "protocols/error.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace callboard {

namespace {

constexpr size_t max_id = 200;   // what is echoed
constexpr size_t max_text = 100; // of a type, a status

constexpr std::array names{
    std::pair{std::string_view{"ping"}, said::ping},
    std::pair{std::string_view{"pong"}, said::pong},
    std::pair{std::string_view{"ack"}, said::ack},
    std::pair{std::string_view{"authenticate"}, said::authenticate},
    std::pair{std::string_view{"subscribe"}, said::subscribe},
    std::pair{std::string_view{"unsubscribe"}, said::unsubscribe},
};

caf::error refused(std::string text) {
  return caf::make_error(errc::bad_request, std::move(text));
}

/// Null for a member that is absent or null.
const json_value* member(const json_value& object, const char* name) {
  auto found = object.FindMember(name);
  return found == object.MemberEnd() || found->value.IsNull() ? nullptr
                                                              : &found->value;
}

std::string text_of(const json_value& x) {
  return {x.GetString(), x.GetStringLength()};
}

bool read_item(const json_value& x, int64_t& out) {
  if (!x.IsInt64())
    return false;
  out = x.GetInt64();
  return true;
}

bool read_item(const json_value& x, std::string& out) {
  if (!x.IsString() || x.GetStringLength() > max_text)
    return false;
  out = text_of(x);
  return true;
}

/// One value or a list of them.
template <class T>
bool read_items(const json_value& filters, const char* name,
                std::vector<T>& out) {
  auto* x = member(filters, name);
  if (x == nullptr)
    return true;
  if (!x->IsArray())
    return read_item(*x, out.emplace_back());
  if (x->Size() > max_filter_items)
    return false;
  return std::all_of(x->Begin(), x->End(), [&](auto& item) {
    return read_item(item, out.emplace_back());
  });
}

caf::error read_filters(const json_value& x, client_message& out) {
  if (!x.IsObject())
    return refused("filters is no object");
  auto& filters = out.filters.emplace();
  for (auto& item : x.GetObject()) {
    auto name = text_of(item.name);
    if (name != "project_id" && name != "task_id" && name != "status")
      return refused("Unknown filter");
  }
  if (!read_items(x, "project_id", filters.project_ids)
      || !read_items(x, "task_id", filters.task_ids)
      || !read_items(x, "status", filters.statuses))
    return refused("A filter is one value or a list of at most "
                   + std::to_string(max_filter_items));
  return {};
}

caf::error read_channels(const json_value& x, client_message& out) {
  if (!x.IsArray())
    return refused("channels is no list");
  auto& channels = out.channels.emplace();
  for (auto& item : x.GetArray()) {
    if (!item.IsString())
      return refused("Unknown channel");
    auto name = text_of(item);
    if (std::find(ws_channels.begin(), ws_channels.end(), name)
        == ws_channels.end())
      return refused("Unknown channel");
    if (std::find(channels.begin(), channels.end(), name) == channels.end())
      channels.push_back(std::move(name));
  }
  return {};
}

caf::error read_subscription(const json_value& object, client_message& out) {
  if (auto* x = member(object, "channels"))
    if (auto why = read_channels(*x, out))
      return why;
  if (auto* x = member(object, "filters"))
    if (auto why = read_filters(*x, out))
      return why;
  if (auto* x = member(object, "batch")) {
    if (!x->IsBool())
      return refused("batch is neither true nor false");
    out.batch = x->GetBool();
  }
  if (auto* x = member(object, "since")) {
    if (!x->IsString() || x->GetStringLength() > max_id)
      return refused("since is no event_id");
    out.since = text_of(*x);
  }
  return {};
}

/// What may be echoed.
std::string read_event_id(const json_value& object) {
  auto* x = member(object, "event_id");
  auto echoes
      = x != nullptr
        && (x->IsInt64() || (x->IsString() && x->GetStringLength() <= max_id));
  return echoes ? canonical(*x) : std::string{"null"};
}

} // namespace

caf::expected<client_message> read_client_message(std::string_view text) {
  json_document json;
  json_problem why;
  if (!parse_json(text, json, why))
    return refused(why.text);
  if (!json.IsObject())
    return refused("A message is an object");
  auto* type = member(json, "type");
  if (type == nullptr || !type->IsString() || type->GetStringLength() == 0
      || type->GetStringLength() > max_text)
    return refused("A message has a type of 1 to 100 characters");
  client_message out;
  out.type = text_of(*type);
  out.event_id = read_event_id(json);
  for (auto& [name, what] : names)
    if (out.type == name)
      out.what = what;
  if (out.what == said::authenticate) {
    auto* token = member(json, "token");
    if (token == nullptr || !token->IsString())
      return refused("authenticate needs a token");
    out.token = text_of(*token);
  }
  if (out.what == said::subscribe || out.what == said::unsubscribe)
    if (auto problem = read_subscription(json, out))
      return problem;
  return out;
}

} // namespace callboard
