#include "net/router.hpp"

namespace callboard::net {

namespace {

constexpr size_t max_segments = 16;

struct segments {
  std::array<std::string_view, max_segments> item;
  size_t count = 0;
  bool fits = true;

  std::span<const std::string_view> all() const {
    return std::span{item}.first(count);
  }
};

segments split(std::string_view path) {
  segments out;
  if (path.size() > 1 && path.back() == '/')
    path.remove_suffix(1);
  path.remove_prefix(path.empty() ? 0 : 1);
  while (true) {
    auto slash = path.find('/');
    if (out.count == max_segments) {
      out.fits = false;
      return out;
    }
    out.item[out.count++] = path.substr(0, slash);
    if (slash == path.npos)
      return out;
    path.remove_prefix(slash + 1);
  }
}

/// `/api/auth/...` and `/api/users/me` are the routes of accounts (rest-api
/// section 12).
void resolve_alias(segments& path) {
  auto& item = path.item;
  auto accounts = path.count > 2 && item[0] == "api" && item[1] == "auth";
  auto me = path.count == 3 && item[0] == "api" && item[1] == "users"
            && item[2] == "me";
  if ((!accounts && !me) || path.count == max_segments)
    return;
  for (auto i = path.count; i > 1; --i) // makes room behind "api"
    item[i] = item[i - 1];
  ++path.count;
  item[1] = "v1";
  item[2] = "auth";
}

bool is_parameter(std::string_view segment) {
  return !segment.empty() && segment.front() == '{';
}

void allow(std::string& allowed, verb method) {
  if (!allowed.empty())
    allowed += ", ";
  allowed += name_of_verb(method);
  if (method == verb::get)
    allowed += ", HEAD";
}

} // namespace

void router::add(std::span<const route> routes) {
  for (auto& x : routes) {
    auto parts = split(x.pattern);
    size_t at = 0;
    for (auto segment : parts.all())
      at = next_of(at, segment);
    nodes_[at].routes.push_back(routes_.size());
    routes_.push_back(&x);
  }
}

/// The node behind a segment of a pattern; a new one if there is none.
size_t router::next_of(size_t at, std::string_view segment) {
  auto fresh = nodes_.size();
  if (is_parameter(segment)) {
    if (nodes_[at].parameter == 0) {
      nodes_[at].parameter = fresh;
      nodes_.emplace_back();
    }
    return nodes_[at].parameter;
  }
  for (auto& [text, next] : nodes_[at].literals)
    if (text == segment)
      return next;
  nodes_[at].literals.emplace_back(segment, fresh);
  nodes_.emplace_back();
  return fresh;
}

/// Of all readings the one with the fewest parameters.
void router::read(const node& at, std::span<const std::string_view> rest,
                  const reading& now, reading& best) const {
  if (rest.empty()) {
    if (at.routes.empty() || (best.end != nullptr && best.count <= now.count))
      return;
    best = now;
    best.end = &at;
    return;
  }
  auto segment = rest.front();
  for (auto& [text, next] : at.literals)
    if (text == segment)
      read(nodes_[next], rest.subspan(1), now, best);
  if (at.parameter == 0 || segment.empty())
    return;
  auto with = now;
  with.values[with.count++] = segment;
  read(nodes_[at.parameter], rest.subspan(1), with, best);
}

match router::find(verb method, std::string_view path) const {
  match out;
  auto parts = split(path);
  if (!parts.fits || path.empty() || path.front() != '/')
    return out;
  resolve_alias(parts);
  reading best;
  read(nodes_.front(), parts.all(), {}, best);
  if (best.end == nullptr)
    return out;
  out.known_path = true;
  out.parameters = best.values;
  out.parameter_count = best.count;
  auto wanted = method == verb::head ? verb::get : method;
  for (auto i : best.end->routes) {
    if (routes_[i]->method == wanted) {
      out.found = routes_[i];
      out.index = i;
      return out;
    }
    allow(out.allowed, routes_[i]->method);
  }
  return out;
}

std::string_view name_of_verb(verb x) {
  switch (x) {
  case verb::get:
    return "GET";
  case verb::head:
    return "HEAD";
  case verb::post:
    return "POST";
  case verb::put:
    return "PUT";
  case verb::patch:
    return "PATCH";
  case verb::del:
    return "DELETE";
  default:
    return "";
  }
}

std::vector<std::string> aliases(std::string_view pattern) {
  constexpr std::string_view accounts = "/api/v1/auth/";
  std::vector<std::string> out;
  if (pattern.starts_with(accounts))
    out.push_back("/api/auth/" + std::string{pattern.substr(accounts.size())});
  if (pattern == "/api/v1/auth/me")
    out.emplace_back("/api/users/me");
  return out;
}

const given_answer* route::answer_of(unsigned status) const {
  for (auto& x : gives)
    if (x.status == status && status != 0)
      return &x;
  return nullptr;
}

std::vector<std::string_view> parameter_names(std::string_view pattern) {
  std::vector<std::string_view> out;
  auto parts = split(pattern);
  for (size_t i = 0; i < parts.count; ++i)
    if (is_parameter(parts.item[i]))
      out.push_back(parts.item[i].substr(1, parts.item[i].size() - 2));
  return out;
}

} // namespace callboard::net
