// The keys that sign tokens and cursors. One signs, all are believed: a key is
// replaced without ending anybody's session.
#pragma once

#include <string>
#include <vector>

namespace callboard {

struct signing_key {
  explicit signing_key(std::string text);
  std::string secret;
  /// 16 hex digits, for `kid` (RFC 7515 section 4.1.4); tells nothing of the
  /// secret.
  std::string id;
};

class signing_keys {
public:
  /// `previous` may be empty: there is none.
  explicit signing_keys(std::string current, std::string previous = {});

  const signing_key& current() const { return keys_.front(); }
  const std::vector<signing_key>& all() const { return keys_; }

private:
  std::vector<signing_key> keys_; ///< at least one, the current first
};

} // namespace callboard
