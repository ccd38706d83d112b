#include "protocols/error.hpp"

#include <caf/all.hpp>

namespace callboard {

std::string to_string(errc code) {
  switch (code) {
  case errc::bad_request:
    return "bad_request";
  case errc::unauthenticated:
    return "unauthenticated";
  case errc::forbidden:
    return "forbidden";
  case errc::not_found:
    return "not_found";
  case errc::method_not_allowed:
    return "method_not_allowed";
  case errc::request_timeout:
    return "request_timeout";
  case errc::conflict:
    return "conflict";
  case errc::precondition_failed:
    return "precondition_failed";
  case errc::too_large:
    return "too_large";
  case errc::uri_too_long:
    return "uri_too_long";
  case errc::rejected:
    return "rejected";
  case errc::upgrade_required:
    return "upgrade_required";
  case errc::too_many_requests:
    return "too_many_requests";
  case errc::headers_too_large:
    return "headers_too_large";
  case errc::internal:
    return "internal";
  case errc::unavailable:
    return "unavailable";
  case errc::deadline_exceeded:
    return "deadline_exceeded";
  }
  return "errc(" + std::to_string(static_cast<int>(code)) + ")";
}

namespace {

errc classify(caf::sec code) {
  switch (code) {
  case caf::sec::request_timeout:
    return errc::deadline_exceeded;
  case caf::sec::request_receiver_down:
  case caf::sec::invalid_argument: // a null handle
  case caf::sec::cannot_connect_to_node:
  case caf::sec::no_route_to_receiving_node:
    return errc::unavailable;
  default:
    return errc::internal;
  }
}

} // namespace

errc classify(const caf::error& err) {
  using category = caf::atom_value;
  if (err.category() == caf::atom("backend") && err.code() >= 1
      && err.code() <= errc_table.size())
    return static_cast<errc>(err.code());
  if (err.category() == category{caf::atom("system")})
    return classify(static_cast<caf::sec>(err.code()));
  if (err.category() == category{caf::atom("exit")})
    return errc::unavailable; // the actor that was asked ended
  return errc::internal;
}

std::string detail(const caf::error& err) {
  if (err.context().match_elements<std::string>())
    return err.context().get_as<std::string>(0);
  auto code = classify(err);
  if (code != errc::internal)
    return std::string{info(code).text};
  std::string text = caf::to_string(err.category());
  text += ' ';
  text += std::to_string(err.code());
  if (!err.context().empty())
    text += ' ' + caf::deep_to_string(err.context());
  return text;
}

} // namespace callboard
