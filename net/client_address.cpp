#include "net/client_address.hpp"

#include <algorithm>

namespace callboard::net {

namespace {

bool any_contains(std::span<const cidr> list, std::string_view address) {
  return std::any_of(list.begin(), list.end(),
                     [&](auto& x) { return x.contains(address); });
}

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The last item of a comma list, which gets shorter by it.
std::string_view pop_last(std::string_view& list) {
  auto comma = list.rfind(',');
  auto item = trimmed(comma == list.npos ? list : list.substr(comma + 1));
  list = comma == list.npos ? std::string_view{} : list.substr(0, comma);
  return item;
}

} // namespace

std::string client_address(std::string_view peer,
                           std::string_view forwarded_for,
                           std::span<const cidr> trusted) {
  std::string_view who = peer;
  while (!forwarded_for.empty() && any_contains(trusted, who)) {
    auto next = pop_last(forwarded_for);
    if (!is_address(next))
      break;
    who = next;
  }
  return std::string{who};
}

std::string rate_limit_key(std::string_view address) {
  if (address.find(':') == address.npos)
    return std::string{address};
  auto network = cidr::of(address, 64);
  return network ? to_string(*network) : std::string{address};
}

} // namespace callboard::net
