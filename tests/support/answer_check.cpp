#include "tests/support/answer_check.hpp"

#include "net/openapi.hpp"
#include "net/openapi_operation.hpp"
#include "net/routes.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace callboard::test {

namespace {

net::verb verb_of(std::string_view method) {
  for (auto x : {net::verb::get, net::verb::post, net::verb::put,
                 net::verb::patch, net::verb::del})
    if (net::name_of_verb(x) == method)
      return x;
  return method == "HEAD" ? net::verb::get : net::verb::other;
}

std::string field(const answer& got, const char* name) {
  auto found = got.fields.find(name);
  return found == got.fields.end() ? "" : found->second;
}

/// Fields that an answer has only if the document names them.
std::string field_problem(const json_value& response, const answer& got) {
  constexpr std::array<std::pair<const char*, const char*>, 7> documented{
      {{"etag", "ETag"},
       {"location", "Location"},
       {"x-event-position", "X-Event-Position"},
       {"x-next-cursor", "X-Next-Cursor"},
       {"content-disposition", "Content-Disposition"},
       {"www-authenticate", "WWW-Authenticate"},
       {"retry-after", "Retry-After"}}};
  auto* headers = member_of(response, "headers");
  for (auto& [sent, name] : documented)
    if (!field(got, sent).empty()
        && (headers == nullptr || member_of(*headers, name) == nullptr))
      return std::string{"has the undocumented field "} + name;
  return {};
}

} // namespace

const answer_check& answer_check::shared() {
  static const answer_check one;
  return one;
}

answer_check::answer_check() {
  net::add_routes(routes_);
  json_problem why;
  if (!parse_json(net::openapi_json(routes_, "Callboard API"), document_, why))
    throw std::logic_error{"the API document is no JSON: " + why.text};
}

const json_value* answer_check::responses_of(std::string_view method,
                                             std::string_view path) const {
  auto verb = verb_of(method);
  auto found = routes_.find(verb, path).found;
  if (found == nullptr)
    return nullptr;
  auto* item = member_of(document_["paths"], found->pattern);
  auto* operation = item != nullptr
                        ? member_of(*item, net::lower_name_of_verb(verb))
                        : nullptr;
  return operation != nullptr ? member_of(*operation, "responses") : nullptr;
}

/// Nothing is documented here: an error in one of its forms.
std::string answer_check::unrouted_problem(const answer& got) const {
  if (got.status < 400)
    return "is no error";
  auto body = got.json();
  auto problem = field(got, "content-type") == "application/problem+json";
  auto* schema = schemas_.find(problem ? "#/components/schemas/Problem"
                                       : "#/components/schemas/Error");
  return got.body.empty() ? "" : schemas_.problem(*schema, body);
}

std::string answer_check::content_problem(const json_value& response,
                                          const answer& got, bool head) const {
  auto full = field(got, "content-type");
  auto type = full.substr(0, full.find(';'));
  auto* content = member_of(response, "content");
  if (content == nullptr)
    return got.body.empty() && type.empty() ? "" : "has an undocumented body";
  auto* media = member_of(*content, type);
  if (media == nullptr)
    return "has the undocumented content type " + full;
  if (head || !field(got, "content-encoding").empty()
      || !type.ends_with("json"))
    return {};
  auto body = got.json();
  return schemas_.problem((*media)["schema"], body);
}

std::string answer_check::problem(std::string_view method,
                                  std::string_view target,
                                  const answer& got) const {
  if (verb_of(method) == net::verb::other)
    return {}; // a preflight, or no verb of ours
  auto head = method == "HEAD";
  auto* responses = responses_of(method, target.substr(0, target.find('?')));
  if (responses == nullptr)
    return unrouted_problem(got);
  auto* response = member_of(*responses, std::to_string(got.status));
  auto early = std::find(net::early_statuses.begin(), net::early_statuses.end(),
                         static_cast<unsigned>(got.status))
               != net::early_statuses.end();
  if (response == nullptr && early)
    response = member_of(*responses, "default");
  if (response == nullptr)
    return "has an undocumented status";
  if (got.status == 304)
    return field_problem(*response, got);
  auto why = content_problem(*response, got, head);
  return why.empty() ? field_problem(*response, got) : why;
}

} // namespace callboard::test
