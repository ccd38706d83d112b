#include "net/edge.hpp"

#include "net/accept.hpp"
#include "net/bearer.hpp"
#include "net/client_address.hpp"
#include "net/conditions.hpp"
#include "net/cors.hpp"
#include "net/exchange.hpp"
#include "net/idempotency_key.hpp"
#include "net/static_files.hpp"
#include "net/trusted_hosts.hpp"
#include "protocols/digest.hpp"
#include "protocols/log.hpp"
#include "protocols/unicode.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace callboard::net {

namespace {

bool is_exempt(const services& shared, std::string_view address) {
  auto& list = shared.settings.rate_limit_exempt;
  return std::any_of(list.begin(), list.end(),
                     [&](auto& x) { return x.contains(address); });
}

/// Stored and shown as text: valid UTF-8, cut to 500 bytes.
std::string user_agent(const request& in) {
  auto whole = in.find("user-agent");
  auto cut = whole.substr(0, 500);
  while (cut.size() < whole.size() && !cut.empty()
         && (whole[cut.size()] & 0xc0) == 0x80)
    cut.remove_suffix(1);
  std::string out{cut};
  if (!is_valid_utf8(out))
    std::erase_if(out, [](char c) { return (c & 0x80) != 0; });
  return out;
}

std::string request_id(const services& shared, const request& in) {
  if (shared.settings.trust_request_id)
    if (auto given = in.find("x-request-id"); is_uuid(given))
      return std::string{given};
  return uuid4();
}

/// The same as draft-ietf-httpapi-ratelimit-headers-10 has it: the policy, and
/// what is left of it for how many seconds.
void add_rate_limit(exchange& x, bucket limit, const quota& answer) {
  auto name = '"' + std::string{bucket_names[static_cast<size_t>(limit)]} + '"';
  auto left = answer.allowed ? answer.remaining : 0;
  auto seconds
      = answer.allowed ? answer.reset - now().ms / 1000 : answer.retry_after;
  x.header("RateLimit-Policy",
           name + ";q=" + std::to_string(answer.limit)
               + ";w=" + std::to_string(rate_window_length.count()));
  x.header("RateLimit", name + ";r=" + std::to_string(left) + ";t="
                            + std::to_string(std::max<int64_t>(0, seconds)));
}

/// What a change may depend on: the version that its client knows, and whether
/// it was asked for before.
caf::error read_terms(const request& in, const route& to, call& who) {
  if (in.method == verb::get || in.method == verb::head)
    return caf::none;
  if (auto err = read_conditions(in, who))
    return err;
  return to.answer == answers::kept ? read_idempotency_key(in, who)
                                    : caf::error{};
}

/// A head that was refused has no fields to check: its error says more.
bool is_expected_host(const services& shared, const request& in) {
  if (!shared.settings.check_host || (in.refusal && in.fields.empty()))
    return true;
  return is_allowed_host(shared.settings.allowed_hosts, in.find("host"));
}

/// Who needs no token for `access::local`. A proxy on this machine speaks for
/// others, and says so.
bool is_let_in(const services& shared, const request& in) {
  if (!shared.settings.production())
    return true;
  constexpr std::array<std::string_view, 6> signs{
      "forwarded",         "x-forwarded-for", "x-forwarded-host",
      "x-forwarded-proto", "x-real-ip",       "via"};
  return is_loopback(in.peer)
         && std::none_of(signs.begin(), signs.end(),
                         [&](auto name) { return in.list(name).has_value(); });
}

} // namespace

edge::edge(services& shared, reply_port& port)
    : shared_(shared), port_(port), tokens_(shared.settings.keys),
      users_(shared.user_generation),
      counters_(shared.metrics.add_loop(shared.table.size())) {}

/// What waits holds exchanges, which need this edge to their end.
edge::~edge() {
  while (!turns_.empty()) {
    auto turn = std::move(turns_.front());
    turns_.pop_front();
  }
}

void edge::later(std::function<void()> f) {
  turns_.push_back(std::move(f));
  boost::asio::post(port_.loop().io(), [this] {
    auto turn = std::move(turns_.front());
    turns_.pop_front();
    busy_scope busy{port_.loop(), "a list"};
    turn();
  });
}

void edge::handle(request in, reply out) {
  auto x = std::make_shared<exchange>(*this, std::move(in), std::move(out));
  auto& who = x->call_;
  who.request_id = request_id(shared_, x->in_);
  who.address
      = client_address(x->in_.peer, x->in_.list("x-forwarded-for").value_or(""),
                       shared_.settings.trusted_proxies);
  who.user_agent = user_agent(x->in_);
  who.deadline = (x->began_ + shared_.settings.deadline).time_since_epoch()
                 / std::chrono::nanoseconds{1};
  if (!is_expected_host(shared_, x->in_))
    return x->fail(errc::bad_request, "Invalid host header");
  if (answer_preflight(*x, shared_.settings.cors_origins))
    return;
  if (x->in_.refusal)
    return x->fail(x->in_.refusal);
  x->match_ = shared_.table.find(x->in_.method, x->in_.path);
  if (x->in_.path == "/" && !shared_.settings.static_dir.empty()) {
    // A browser gets the frontend, others the service's name.
    if (prefers_html(x->in_.list("accept").value_or("")))
      x->match_ = {};
    else
      x->vary("Accept");
  }
  admit(x);
}

bool edge::is_file(const exchange_ptr& x) const {
  return !shared_.settings.static_dir.empty() && !x->match_.known_path
         && may_be_file(x->in_);
}

void edge::admit(const exchange_ptr& x) {
  auto limit
      = x->match_.found != nullptr ? x->match_.found->limit : bucket::standard;
  if (is_file(x)) // a page has dozens of them
    limit = bucket::none;
  if (!shared_.settings.rate_limit || limit == bucket::none
      || (limit == bucket::ws && !shared_.settings.rate_limit_ws)
      || is_exempt(shared_, x->call_.address))
    return dispatch(x);
  bucket_key key{std::string{bucket_names[static_cast<size_t>(limit)]},
                 rate_limit_key(x->call_.address)};
  x->ask<quota>(
      shared_.limits(),
      [this, x, limit](const quota& answer) { count(x, limit, answer); },
      atom::take_v, std::move(key));
}

void edge::count(const exchange_ptr& x, bucket limit, const quota& answer) {
  x->header("X-RateLimit-Limit", std::to_string(answer.limit));
  x->header("X-RateLimit-Remaining", std::to_string(answer.remaining));
  x->header("X-RateLimit-Reset", std::to_string(answer.reset));
  add_rate_limit(*x, limit, answer);
  if (answer.allowed)
    return dispatch(x);
  counters_.count(refusal_kind::rate_limit);
  x->header("Retry-After", std::to_string(answer.retry_after));
  x->fail(errc::too_many_requests,
          "Rate limit exceeded: " + std::to_string(answer.limit)
              + " per 1 minute");
}

/// False if the server is full: the request is answered then.
bool edge::take_place(const exchange_ptr& x) {
  x->counted_ = true;
  if (shared_.in_flight.fetch_add(1) < shared_.settings.max_in_flight)
    return true;
  counters_.count(refusal_kind::in_flight);
  x->fail(errc::unavailable, "Too many requests in flight");
  return false;
}

void edge::dispatch(const exchange_ptr& x) {
  if (is_file(x)) {
    if (take_place(x))
      send_file(*x, shared_.settings.static_dir);
    return;
  }
  if (x->match_.found == nullptr) {
    if (!x->match_.known_path)
      return x->fail(errc::not_found, "Not Found");
    x->header("Allow", x->match_.allowed);
    return x->fail(errc::method_not_allowed, "Method Not Allowed");
  }
  // Probes are answered even by a full server: it is alive.
  if (x->match_.found->limit != bucket::none && !take_place(x))
    return;
  auto who = x->match_.found->who;
  if (is_public(who) || (who == access::local && is_let_in(shared_, x->in_)))
    return x->match_.found->handle(x);
  authenticate(x);
}

void edge::authenticate(const exchange_ptr& x) {
  auto token = bearer_token(x->in_);
  auto single = shared_.settings.single_user;
  if (!token && single != 0 && x->match_.found->answer == answers::enveloped)
    return load_account(x, single);
  if (!token)
    return x->fail(errc::unauthenticated, "Not authenticated");
  auto seconds = now().ms / 1000;
  if (x->match_.found->who >= access::operator_
      && verify_jwt(shared_.settings.keys, *token, seconds,
                    token_type::operator_))
    return x->match_.found->handle(x);
  auto says = tokens_.verify(*token, seconds);
  if (!says)
    return x->fail(errc::unauthenticated, detail(says.error()));
  x->family_ = (*says)->jti;
  load_account(x, (*says)->user_id);
}

void edge::load_account(const exchange_ptr& x, int64_t id) {
  auto time = user_cache::clock::now();
  if (auto known = users_.find(id, time))
    return authorise(x, std::move(known));
  auto generation = users_.generation();
  x->try_ask<user>(
      shared_.users(),
      [this, x, generation, time](caf::expected<user> row) {
        if (!row && classify(row.error()) == errc::not_found)
          return x->fail(errc::unauthenticated, "User not found");
        if (!row)
          return x->fail(row.error());
        auto account = std::make_shared<const user>(std::move(*row));
        users_.put(account, generation, time);
        authorise(x, std::move(account));
      },
      atom::fetch_v, x->call_, id);
}

void edge::authorise(const exchange_ptr& x, user_ptr account) {
  if (!account->is_active)
    return x->fail(errc::unauthenticated, "User account is inactive");
  x->call_.user_id = account->id;
  x->call_.as = account->as;
  x->account_ = std::move(account);
  if (x->match_.found->who != access::user && !x->call_.is_admin()) {
    log::warning("ownership", "admin privileges required",
                 {{"request_id", x->call_.request_id},
                  {"user_id", x->call_.user_id},
                  {"path", x->in_.path}});
    return x->fail(errc::forbidden, "Admin privileges required");
  }
  if (auto err = read_terms(x->in_, *x->match_.found, x->call_))
    return x->fail(err);
  x->match_.found->handle(x);
}

} // namespace callboard::net
