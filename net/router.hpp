// The table of endpoints: which path and verb is served by what, for whom.
#pragma once

#include "net/http.hpp"
#include "net/parameter.hpp"
#include "net/schema.hpp"
#include "protocols/error.hpp"

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard::net {

class exchange;
using exchange_ptr = std::shared_ptr<exchange>;

/// Which rate limit counts a request (rest-api section 1.7).
enum class bucket : uint8_t {
  none,
  standard,
  auth,
  activity,
  agent_create,
  ws
};
inline constexpr std::array<std::string_view, 6> bucket_names{
    "none", "standard", "auth", "activity", "agent-create", "ws"};

/// Who may call.
enum class access : uint8_t {
  open,      ///< everybody
  handshake, ///< everybody; a token may come with it or later
  user,      ///< a valid access token of an active user
  admin,     ///< of an active admin
  operator_, ///< an admin, or who holds the server's own key (`callboard tree`)
  local,     ///< `operator_`; in production those on this machine are let in as
             ///< well, elsewhere everybody
};

/// True if a request is answered before anybody asks whose it is.
constexpr bool is_public(access x) { return x <= access::handshake; }

/// What may be done with the answers of a route.
enum class answers : uint8_t {
  plain,
  secret,    ///< may hold a secret: neither compressed (BREACH) nor kept
  kept,      ///< kept under an `Idempotency-Key`, and given again
  enveloped, ///< `{"success":...,"data":...}`: the dashboard's (`compat.hpp`)
  versioned, ///< has an `ETag`; a change depends on `If-Match`
};

/// One kind of answer that a route gives on purpose.
struct given_answer {
  unsigned status = 0;          ///< 0: none
  const schema* body = nullptr; ///< null: no JSON, or no body at all
  std::string_view type = "application/json"; ///< without its parameters
};

/// An operation of the API: how it is served, and all that its document says.
/// The errors that follow from the rest (401, 404 of an id, 422, 429, ...) are
/// not repeated in `fails`.
struct route {
  verb method;
  std::string_view pattern; ///< `/api/v1/tasks/{task_id}`, no trailing slash
  void (*handle)(const exchange_ptr&);
  access who = access::user;
  bucket limit = bucket::standard;
  answers answer = answers::plain;
  std::string_view id = {};    ///< `createTask`, unique
  std::string_view about = {}; ///< one sentence, without its full stop
  bool text_ids = false;       ///< path parameters are texts, not integers
  parameter_list query[3] = {};
  body_rule body = {};
  given_answer gives[3] = {};
  errc fails[4] = {};

  /// The first answer of that status, or null.
  const given_answer* answer_of(unsigned status) const;
};

/// The route of another verb that does the same (D31).
constexpr route same_as(route other, verb method, std::string_view id) {
  other.method = method;
  other.id = id;
  return other;
}

/// What a path is to the table.
struct match {
  const route* found = nullptr;
  size_t index = SIZE_MAX; ///< of that route in `router::all`
  bool known_path = false; ///< some verb serves it (405, not 404)
  std::string allowed;     ///< its verbs, for `Allow`
  std::array<std::string_view, 3> parameters{}; ///< in pattern order
  size_t parameter_count = 0;
};

/// Immutable after the last `add`; read from all loops.
class router {
public:
  void add(std::span<const route> routes);

  /// `path` is without query; `/x` and `/x/` are the same (D7), HEAD is GET.
  match find(verb method, std::string_view path) const;

  /// Every route, in the order they were added.
  const std::vector<const route*>& all() const { return routes_; }
  size_t size() const { return routes_.size(); }

private:
  /// Where the segments read so far lead; the first one is the root.
  struct node {
    std::vector<std::pair<std::string_view, size_t>> literals; ///< -> node
    size_t parameter = 0;       ///< the node behind one; 0: there is none
    std::vector<size_t> routes; ///< that end here
  };

  /// How a path was read.
  struct reading {
    const node* end = nullptr;
    std::array<std::string_view, 3> values{};
    size_t count = 0; ///< of them
  };

  size_t next_of(size_t at, std::string_view segment);
  void read(const node& at, std::span<const std::string_view> rest,
            const reading& now, reading& best) const;

  std::vector<const route*> routes_;
  std::vector<node> nodes_{1};
};

/// The names of a pattern's parameters, in order.
std::vector<std::string_view> parameter_names(std::string_view pattern);

/// `POST`; empty for verbs that no route has.
std::string_view name_of_verb(verb x);

/// The other patterns under which `find` knows a route: `/api/v1/auth/me` is
/// `/api/auth/me` and `/api/users/me`.
std::vector<std::string> aliases(std::string_view pattern);

} // namespace callboard::net
