#include "protocols/event_frame.hpp"

#include "protocols/entity_json.hpp"

#include <array>

namespace callboard {

namespace {

/// What is for the owner of the task and admins alone.
constexpr std::array hidden{"output", "error"};

/// The object without what is hidden; `{}` for what is none.
std::string redacted_text(const std::string& object) {
  auto json = parse_json(object);
  if (!json || !json->IsObject())
    return "{}";
  for (auto* name : hidden)
    if (auto found = json->FindMember(name); found != json->MemberEnd())
      found->value.SetNull();
  return canonical(*json);
}

/// As the database has it; never empty.
std::string_view object_text(const std::string& text) {
  return text.empty() ? std::string_view{"{}"} : std::string_view{text};
}

/// `{"<key>":"<type>","event_id":"...","timestamp":"..."`, not closed.
std::string head_of(std::string_view key, const event& row,
                    const std::string& epoch) {
  std::string out{'{'};
  append_quoted(out, key);
  out += ':';
  append_quoted(out, row.type);
  out += ",\"event_id\":";
  append_quoted(out, to_text({epoch, row.position}));
  return out;
}

std::string envelope(const event& row, const std::string& epoch,
                     std::string_view data, std::string_view payload) {
  auto out = head_of("type", row, epoch);
  out += ",\"timestamp\":";
  append_quoted(out, to_string(row.created_at));
  out += ",\"data\":";
  out += data;
  out += ",\"payload\":";
  out += payload;
  out += '}';
  return out;
}

/// The members of `data` beside the key `event`: they have a timestamp.
std::string sync_form(const event& row, const std::string& epoch) {
  auto out = head_of("event", row, epoch);
  auto data = object_text(row.data.text);
  data.remove_prefix(1);
  if (data != "}")
    out += ',';
  out += data;
  return out;
}

size_t bytes_of(const frame_ptr& x) { return x ? x->bytes.size() : 0; }

} // namespace

encoded_event_ptr encode_event(event row, const std::string& epoch) {
  auto out = std::make_shared<encoded_event>();
  if (row.channel == control_channel) {
    out->row = std::move(row);
    return out;
  }
  out->whole = make_frame(envelope(row, epoch, object_text(row.data.text),
                                   object_text(row.payload.text)));
  out->redacted = out->whole;
  if (row.redacted)
    out->redacted
        = make_frame(envelope(row, epoch, redacted_text(row.data.text),
                              redacted_text(row.payload.text)));
  if (row.channel == "sync")
    out->sync = make_frame(sync_form(row, epoch));
  row.data.text = row.payload.text = std::string{};
  out->row = std::move(row);
  return out;
}

size_t size_of(const encoded_event& x) {
  auto out = sizeof x + x.row.data.text.size() + x.row.payload.text.size()
             + bytes_of(x.whole) + bytes_of(x.sync);
  return x.redacted == x.whole ? out : out + bytes_of(x.redacted);
}

} // namespace callboard
