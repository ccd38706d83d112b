#include "net/error_body.hpp"

#include "protocols/error.hpp"
#include "protocols/json.hpp"
#include "protocols/timestamp.hpp"

namespace callboard::net {

namespace {

/// What a client may read: a bug's text is for the log alone.
std::string text_of(const caf::error& err) {
  auto code = classify(err);
  return code == errc::internal ? std::string{info(code).text} : detail(err);
}

/// `["body","name"]` -> `body.name`
std::string path_of(const json_value& loc) {
  std::string out;
  for (auto& item : loc.GetArray()) {
    if (!out.empty())
      out += '.';
    out += item.IsString()
               ? std::string{item.GetString(), item.GetStringLength()}
               : canonical(item);
  }
  return out;
}

/// All violations as one text: `body.name: Field required; ...`.
std::string summary(const std::string& items) {
  json_document all;
  json_problem why;
  if (!parse_json(items, all, why) || !all.IsArray())
    return std::string{info(errc::rejected).text};
  std::string out;
  for (auto& item : all.GetArray()) {
    if (!out.empty())
      out += "; ";
    out += path_of(item["loc"]) + ": " + item["msg"].GetString();
  }
  return out;
}

} // namespace

error_body render_error(const caf::error& err, std::string_view request_id) {
  auto code = classify(err);
  error_body out;
  out.status = info(code).status;
  auto text = text_of(err);
  json_writer writer{out.json};
  writer.StartObject();
  writer.Key("detail");
  if (code == errc::rejected)
    writer.raw(text); // the array of violations
  else
    writer.String(text);
  if (code == errc::too_many_requests) {
    writer.Key("error");
    writer.String(text);
  }
  writer.Key("error_id");
  writer.String(request_id);
  writer.Key("timestamp");
  writer.String(to_string(now()));
  writer.Key("status_code");
  writer.Uint(out.status);
  writer.EndObject();
  return out;
}

error_body render_problem(const caf::error& err, std::string_view request_id) {
  auto code = classify(err);
  auto text = text_of(err);
  error_body out;
  out.status = info(code).status;
  json_writer writer{out.json};
  writer.StartObject();
  writer.Key("type"); // a tag URI, RFC 4151: it names and is not fetched
  writer.String("tag:callboard,2026:" + to_string(code));
  writer.Key("title");
  writer.String(info(code).text);
  writer.Key("status");
  writer.Uint(out.status);
  writer.Key("detail");
  writer.String(code == errc::rejected ? summary(text) : text);
  writer.Key("instance");
  writer.String(request_id);
  if (code == errc::rejected) {
    writer.Key("errors");
    writer.raw(text);
  }
  writer.EndObject();
  return out;
}

error_body render_envelope(const caf::error& err) {
  auto code = classify(err);
  auto text = text_of(err);
  if (code == errc::rejected)
    text = summary(text);
  error_body out;
  out.status = info(code).status;
  json_writer writer{out.json};
  writer.StartObject();
  writer.Key("success");
  writer.Bool(false);
  writer.Key("error");
  writer.String(text);
  writer.Key("message");
  writer.String(text);
  writer.EndObject();
  return out;
}

} // namespace callboard::net
