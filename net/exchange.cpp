#include "net/exchange.hpp"

#include "net/accept.hpp"
#include "net/conditions.hpp"
#include "net/error_body.hpp"
#include "net/gzip.hpp"
#include "protocols/log.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace callboard::net {

namespace {

constexpr int64_t max_id = 2'147'483'647;

/// [s] until a client should ask again after a 503.
constexpr std::string_view retry_after = "1";

/// Smaller bodies do not become smaller [bytes] (rest-api section 1.6).
constexpr size_t least_compressed = 1000;

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

bool has_header(const field_list& list, std::string_view name) {
  for (auto& [key, value] : list)
    if (key == name)
      return true;
  return false;
}

} // namespace

exchange::exchange(edge& home, request in, reply out)
    : home_(home), in_(std::move(in)), out_(std::move(out)),
      began_(std::chrono::steady_clock::now()) {
  if (auto& stream = home_.shared().stream)
    position_ = stream->committed.load(); // before any row is asked for
}

exchange::~exchange() {
  if (out_) // a handler lost its request: a bug, but the client gets an answer
    fail(errc::internal, "no handler answered");
}

void exchange::act_as(const user& account) {
  call_.user_id = account.id;
  call_.as = account.as;
}

void exchange::require_declared(const void* type, given rules::*when) const {
  auto& body = declared().body;
  if (body.type != type || body.when != when)
    throw std::logic_error{"the route declares another body"};
}

void exchange::require_declared(unsigned status) {
  if (match_.found == nullptr) // no route: a file
    return;
  if (declared().answer_of(status) == nullptr)
    throw std::logic_error{"the route does not declare the status "
                           + std::to_string(status)};
  if (!declared().query[0].empty())
    if (auto names = query().ignored(); !names.empty())
      throw std::logic_error{"nobody asked for the parameters" + names};
}

std::optional<int64_t> exchange::id(std::string_view what, size_t index,
                                    bool names_id) {
  if (declared().text_ids)
    throw std::logic_error{"the route declares texts in its path"};
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

std::optional<std::string> exchange::text(size_t index) {
  constexpr size_t longest = 255;
  if (!declared().text_ids)
    throw std::logic_error{"the route declares integers in its path"};
  auto raw = match_.parameters[index];
  auto out = percent_decoded(raw, false);
  if (out && !out->empty() && code_points(*out) <= longest)
    return out;
  auto name = parameter_names(match_.found->pattern)[index];
  fail(rejection("path", name, "must be a text of 1 to 255 characters"));
  return std::nullopt;
}

query_string& exchange::query() {
  if (!query_)
    query_.emplace(in_.query, declared().query);
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

void exchange::header(std::string_view name, std::string value) {
  headers_.emplace_back(name, std::move(value));
}

void exchange::vary(std::string_view name) {
  if (!vary_.empty())
    vary_ += ", ";
  vary_ += name;
}

void exchange::send(unsigned status, std::string body, std::string_view type) {
  require_declared(status);
  response out;
  out.status = status;
  out.content_type = type;
  out.body = std::move(body);
  finish(std::move(out));
}

void exchange::send(std::shared_ptr<body_source> body, std::string_view type) {
  response out;
  out.status = 200;
  out.content_type = type;
  out.source = std::move(body);
  finish(std::move(out));
}

void exchange::send(kept_answer x) {
  if (!x.location.empty())
    header("Location", std::move(x.location));
  tag(std::move(x.tag));
  send(static_cast<unsigned>(x.status), std::move(x.body));
}

void exchange::hand_over(std::function<void(taken_connection&&)> next) {
  require_declared(101);
  response out;
  out.status = 101;
  out.take = std::move(next);
  finish(std::move(out));
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
  tag_.clear();
  vary("Accept");
  response out;
  error_body body;
  if (match_.found != nullptr && match_.found->answer == answers::enveloped) {
    body = render_envelope(err);
  } else if (prefers_problem(in_.list("accept").value_or(""))) {
    body = render_problem(err, call_.request_id);
    out.content_type = problem_type;
  } else {
    body = render_error(err, call_.request_id);
  }
  out.status = body.status;
  out.body = std::move(body.json);
  finish(std::move(out));
}

/// `X-Event-Position`, of 2xx answers to a known caller.
void exchange::tell_position(unsigned status) {
  auto& stream = home_.shared().stream;
  if (stream && account_ && status / 100 == 2)
    header("X-Event-Position", to_text({stream->epoch, position_}));
}

void exchange::finish(response out) {
  tell_position(out.status); // a 304 stands for its 200
  auto compressed = compresses(out);
  if (!tag_.empty())
    revalidate(out, compressed);
  compressed = compressed && out.status != 304;
  auto took = std::chrono::steady_clock::now() - began_;
  home_.counters().count(std::min(match_.index, home_.shared().table.size()),
                         in_.method, out.status, took);
  if (home_.shared().settings.access_log)
    log_access(out.status, took);
  out.close = static_cast<bool>(in_.refusal);
  out.policy = policy_;
  out.fields = std::move(headers_);
  out.fields.emplace_back("X-Request-ID", std::move(call_.request_id));
  if (!vary_.empty())
    out.fields.emplace_back("Vary", std::move(vary_));
  auto& in_flight = home_.shared().in_flight;
  auto counted = std::exchange(counted_, false);
  auto answer = std::exchange(out_, nullptr);
  if (!compressed) {
    if (counted)
      in_flight.fetch_sub(1);
    return answer(std::move(out));
  }
  reply_compressed(
      home_.port().loop().io(), std::move(out),
      [&in_flight, counted, answer = std::move(answer)](response&& x) {
        if (counted)
          in_flight.fetch_sub(1);
        answer(std::move(x));
      });
}

bool exchange::compresses(const response& out) {
  if (out.body.size() < least_compressed
      || (match_.found != nullptr && match_.found->answer == answers::secret))
    return false;
  vary("Accept-Encoding");
  auto accepted = in_.list("accept-encoding");
  return accepted && accepts_gzip(*accepted);
}

/// Adds the tag; leaves out what the client has already.
void exchange::revalidate(response& out, bool compressed) {
  auto reads = in_.method == verb::get || in_.method == verb::head;
  if (out.status == 200 && reads && knows(in_, tag_)) {
    out.status = 304;
    out.body.clear();
    out.source = nullptr;
    if (compressed) // the tag that the whole answer would have
      tag_ = gzip_tag(std::move(tag_));
  }
  header("ETag", std::move(tag_));
}

void exchange::log_access(unsigned status,
                          std::chrono::nanoseconds took) const {
  log::info("access", "request",
            {{"request_id", call_.request_id},
             {"method", in_.method_text},
             {"path", in_.path},
             {"status", static_cast<int64_t>(status)},
             {"duration_ms", took},
             {"client_ip", call_.address},
             {"user_id", call_.user_id}});
}

} // namespace callboard::net
