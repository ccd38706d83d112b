#include "net/error_body.hpp"

#include "protocols/error.hpp"
#include "protocols/json.hpp"
#include "protocols/timestamp.hpp"

namespace callboard::net {

error_body render_error(const caf::error& err, std::string_view request_id) {
  auto code = classify(err);
  error_body out;
  out.status = info(code).status;
  auto text
      = code == errc::internal ? std::string{info(code).text} : detail(err);
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

} // namespace callboard::net
