// An answer that shows one row, with its version.
#pragma once

#include "net/exchange.hpp"
#include "protocols/precondition.hpp"

#include <string>
#include <utility>

namespace callboard::net {

/// 200 with a tag of the row's version and of all that `json` shows.
template <class T>
void send_versioned(exchange& x, const T& row, std::string json) {
  x.tag(entity_tag(row.id, row.version, json));
  x.send(200, std::move(json));
}

} // namespace callboard::net
