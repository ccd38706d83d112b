// Any text of a client: what is read is within its bounds, and what is echoed
// of it is JSON.
#include "protocols/client_message.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <cstdlib>

using namespace callboard;

namespace {

bool is_json(std::string_view text) {
  json_document out;
  json_problem why;
  return parse_json(text, out, why);
}

bool within_bounds(const client_message& x) {
  if (x.type.empty() || x.type.size() > 100 || !is_json(x.event_id))
    return false;
  if (x.channels)
    for (auto& name : *x.channels)
      if (std::find(ws_channels.begin(), ws_channels.end(), name)
          == ws_channels.end())
        return false;
  if (!x.filters)
    return true;
  return x.filters->project_ids.size() <= max_filter_items
         && x.filters->task_ids.size() <= max_filter_items
         && x.filters->statuses.size() <= max_filter_items;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(bytes), size};
  auto x = read_client_message(text);
  if (x && !within_bounds(*x))
    std::abort();
  return 0;
}
