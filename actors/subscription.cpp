#include "actors/subscription.hpp"

#include "protocols/json.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

size_t place_of(std::string_view channel) {
  return static_cast<size_t>(
      std::find(ws_channels.begin(), ws_channels.end(), channel)
      - ws_channels.begin());
}

template <class T>
bool among(const std::vector<T>& wanted, const std::optional<T>& x) {
  return wanted.empty()
         || (x && std::find(wanted.begin(), wanted.end(), *x) != wanted.end());
}

} // namespace

void subscription::apply(const client_message& x) {
  if (x.channels) {
    if (x.what == said::subscribe)
      channels_.reset();
    for (auto& name : *x.channels)
      channels_.set(place_of(name), x.what == said::subscribe);
  }
  if (x.filters)
    filters_ = *x.filters;
  if (x.batch)
    batched_ = *x.batch;
}

bool subscription::wants(const event& x) const {
  auto place = place_of(x.channel);
  if (place < channels_.size() && !channels_[place])
    return false;
  return among(filters_.project_ids, x.project_id)
         && among(filters_.task_ids, x.task_id)
         && among(filters_.statuses, x.status);
}

std::string subscription::members() const {
  std::string out = "\"channels\":[";
  for (size_t i = 0; i < ws_channels.size(); ++i)
    if (channels_[i]) {
      if (out.back() != '[')
        out += ',';
      append_quoted(out, ws_channels[i]);
    }
  out += "],\"filters\":{\"project_id\":[";
  auto list = [&](auto& items, auto append) {
    for (auto& x : items) {
      if (out.back() != '[')
        out += ',';
      append(x);
    }
    out += ']';
  };
  auto number = [&](int64_t x) { out += std::to_string(x); };
  list(filters_.project_ids, number);
  out += ",\"task_id\":[";
  list(filters_.task_ids, number);
  out += ",\"status\":[";
  list(filters_.statuses, [&](auto& x) { append_quoted(out, x); });
  out += "},\"batch\":";
  out += batched_ ? "true" : "false";
  return out;
}

} // namespace callboard::actors
