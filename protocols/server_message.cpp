#include "protocols/server_message.hpp"

#include "protocols/json.hpp"

namespace callboard {

namespace {

std::string head(std::string_view type, std::string_view event_id) {
  std::string out = "{\"type\":";
  append_quoted(out, type);
  out += ",\"event_id\":";
  if (event_id.empty())
    out += "null";
  else
    append_quoted(out, event_id);
  out += ",\"timestamp\":";
  append_quoted(out, to_string(now()));
  return out;
}

} // namespace

frame_ptr ack_frame(std::string_view event_id, std::string_view ack_event_id,
                    std::string_view data) {
  auto out = head("ack", event_id);
  out += ",\"ack_event_id\":";
  out += ack_event_id;
  out += ",\"data\":";
  out += data;
  out += '}';
  return make_frame(out);
}

frame_ptr ping_frame(std::string_view event_id) {
  return make_frame(head("ping", event_id) + '}');
}

frame_ptr pong_frame(std::string_view event_id) {
  return make_frame(head("pong", event_id) + '}');
}

frame_ptr error_frame(std::string_view event_id, std::string_view error,
                      std::string_view why) {
  auto out = head("error", event_id);
  out += ",\"error\":";
  append_quoted(out, error);
  if (!why.empty()) {
    out += ",\"details\":{\"error\":";
    append_quoted(out, why);
    out += '}';
  }
  out += '}';
  return make_frame(out);
}

frame_ptr batch_frame(std::string_view type,
                      const std::vector<frame_ptr>& messages) {
  std::string out = R"({"type":"batch","batch_type":)";
  append_quoted(out, type);
  out += ",\"messages\":[";
  for (auto& x : messages) {
    if (&x != &messages.front())
      out += ',';
    out += x->text();
  }
  out += "],\"count\":" + std::to_string(messages.size()) + ",\"timestamp\":";
  append_quoted(out, to_string(now()));
  out += '}';
  return make_frame(out);
}

frame_ptr sync_greeting_frame() {
  return make_frame(R"({"event":"connection_established","timestamp":")"
                    + to_string(now())
                    + R"(","message":"Connected to sync event stream"})");
}

frame_ptr sync_pong_frame() { return make_frame(R"({"event":"pong"})"); }

std::string to_json(const session_facts& x) {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  writer.Key("connection_id");
  writer.String(x.connection_id);
  writer.Key("user_id");
  if (x.user_id.empty())
    writer.Null();
  else
    writer.String(x.user_id);
  writer.Key("heartbeat_interval");
  writer.Int64(x.heartbeat_interval);
  writer.Key("heartbeat_timeout");
  writer.Int64(x.heartbeat_timeout);
  writer.Key("resumed");
  writer.Bool(x.resume.resumed);
  writer.Key("replayed");
  writer.Int64(x.resume.replayed);
  if (x.resume.gap) {
    writer.Key("gap");
    writer.Bool(true);
  }
  writer.EndObject();
  return out;
}

} // namespace callboard
