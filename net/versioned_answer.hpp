// An answer that shows one row, with its version.
#pragma once

#include "net/exchange.hpp"
#include "net/sliced_list.hpp"
#include "protocols/digest.hpp"
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

/// The same with a list between two texts, rendered and digested in slices.
template <class T, class Rows, class F>
void send_versioned(const exchange_ptr& x, const T& row, std::string before,
                    Rows rows, F render, std::string after) {
  auto shown = std::make_shared<std::string>(sha256_hex(before));
  auto list = std::make_shared<list_text<Rows, F>>(
      std::move(before), std::move(rows), std::move(render));
  in_turns(
      x,
      [list, shown] {
        auto more = list->advance();
        *shown += sha256_hex(list->piece());
        return more;
      },
      [x, list, shown, id = row.id, version = row.version,
       after = std::move(after)] {
        x->tag(entity_tag(id, version, *shown += after));
        x->send(200, list->take(after));
      });
}

} // namespace callboard::net
