// Which version of a row a caller knows (RFC 9110 sections 8.8.3 and 13.1.1).
#pragma once

#include "protocols/call.hpp"

#include <caf/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace callboard {

/// What no row's version is called.
inline constexpr std::string_view no_version = "-";

/// The strong tag of a row as snake_case JSON, with its quotes: `"s7.3"`, id
/// and version. `beside`: what the answer shows from other rows; it makes the
/// tag `"s7.3.<digest>"`. The same on all nodes.
std::string entity_tag(int64_t id, int64_t version,
                       std::string_view beside = {});

/// `s7.3.<digest>` -> `7.3`: what of a tag's text a writer relies on;
/// `no_version` if it is no tag of ours.
std::string_view version_of(std::string_view tag);

/// `precondition_failed` if the caller knows other versions of this row only.
/// For decisions: behind the check of the owner, under the lock.
caf::error check_version(const call& ctx, int64_t id, int64_t version);

} // namespace callboard
