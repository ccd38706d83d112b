#include "net/exchange.hpp"

#include "net/error_body.hpp"
#include "protocols/log.hpp"

#include <charconv>

namespace callboard::net {

namespace {

constexpr int64_t max_id = 2'147'483'647;

/// [s] until a client should ask again after a 503.
constexpr std::string_view retry_after = "1";

bool is_json(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t'))
    type.remove_suffix(1);
  std::string lower{type};
  for (auto& c : lower)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower == "application/json"
         || (lower.starts_with("application/") && lower.ends_with("+json"));
}

bool has_header(const std::vector<std::pair<std::string, std::string>>& list,
                std::string_view name) {
  for (auto& [key, value] : list)
    if (key == name)
      return true;
  return false;
}

} // namespace

exchange::exchange(edge& home, request in, reply out)
    : home_(home), in_(std::move(in)), out_(std::move(out)),
      began_(std::chrono::steady_clock::now()) {}

exchange::~exchange() {
  if (out_) // a handler lost its request: a bug, but the client gets an answer
    fail(errc::internal, "no handler answered");
}

void exchange::act_as(const user& account) {
  call_.user_id = account.id;
  call_.as = account.as;
}

std::optional<int64_t> exchange::id(std::string_view what, size_t index,
                                    bool names_id) {
  auto text = match_.parameters[index];
  int64_t value = 0;
  auto [end, ec]
      = std::from_chars(text.data(), text.data() + text.size(), value);
  auto whole = end == text.data() + text.size();
  if (whole && ec == std::errc{} && value >= 1 && value <= max_id)
    return value;
  if (whole && (ec == std::errc{} || ec == std::errc::result_out_of_range)) {
    fail(errc::not_found, std::string{what}
                              + (names_id ? ' ' + std::string{text} : "")
                              + " not found");
    return std::nullopt;
  }
  auto name = parameter_names(match_.found->pattern)[index];
  fail(rejection(violations{
      {"int_parsing", location("path", name),
       "Input should be a valid integer, unable to parse string as an integer",
       json_quoted(text.substr(0, 256))}}));
  return std::nullopt;
}

query_string& exchange::query() {
  if (!query_)
    query_.emplace(in_.query);
  return *query_;
}

bool exchange::query_is_good() {
  if (query().problems().empty())
    return true;
  fail(rejection(query().problems()));
  return false;
}

caf::expected<json_document> exchange::object() const {
  auto type = in_.find("content-type");
  if (!type.empty() && !is_json(type))
    return rejection(violations{{"model_attributes_type", "[\"body\"]",
                                 "Input should be a valid dictionary or object "
                                 "to extract fields from"}});
  if (in_.body.empty())
    return rejection(violations{{"missing", "[\"body\"]", "Field required"}});
  return parse_object(in_.body);
}

void exchange::header(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
}

void exchange::send(unsigned status, std::string json) {
  finish(status, std::move(json));
}

void exchange::fail(const caf::error& err) {
  auto code = classify(err);
  if (code == errc::internal)
    log::error("http", detail(err),
               {{"request_id", call_.request_id},
                {"method", in_.method_text},
                {"path", in_.path}});
  if (code == errc::unauthenticated)
    header("WWW-Authenticate", "Bearer");
  if (info(code).status == 503 && !has_header(headers_, "Retry-After"))
    header("Retry-After", std::string{retry_after});
  auto body = render_error(err, call_.request_id);
  finish(body.status, std::move(body.json));
}

void exchange::finish(unsigned status, std::string json) {
  if (counted_)
    home_.shared().in_flight.fetch_sub(1);
  counted_ = false;
  if (home_.shared().settings.access_log)
    log_access(status);
  response out;
  out.status = status;
  out.close = static_cast<bool>(in_.refusal);
  out.fields = std::move(headers_);
  out.fields.emplace_back("X-Request-ID", std::move(call_.request_id));
  out.body = std::move(json);
  std::exchange(out_, nullptr)(std::move(out));
}

void exchange::log_access(unsigned status) const {
  using namespace std::chrono;
  auto took = duration<double, std::milli>(steady_clock::now() - began_);
  log::info("access", "request",
            {{"request_id", call_.request_id},
             {"method", in_.method_text},
             {"path", in_.path},
             {"status", static_cast<int64_t>(status)},
             {"duration_ms", took.count()},
             {"client_ip", call_.address},
             {"user_id", call_.user_id}});
}

} // namespace callboard::net
