#include "actors/login_book.hpp"

#include "actors/monotonic.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

/// No address has a line break.
std::string pair_key(const std::string& name, const std::string& address) {
  return address + '\n' + name;
}

quota refused(int64_t wait_ms) {
  quota out;
  out.allowed = false;
  out.retry_after = std::max<int64_t>(1, seconds_up(wait_ms));
  return out;
}

const attempts& tries_of(const attempts& x) { return x; }

template <class Entry>
const attempts& tries_of(const Entry& x) {
  return x.tries;
}

template <class Map>
void drop_oldest(Map& entries) {
  auto oldest
      = std::min_element(entries.begin(), entries.end(), [](auto& a, auto& b) {
          return tries_of(a.second).last < tries_of(b.second).last;
        });
  if (oldest != entries.end())
    entries.erase(oldest);
}

} // namespace

quota login_book::take(const std::string& name, const std::string& address,
                       int64_t now) {
  make_room(now);
  auto& pair = pairs_[pair_key(name, address)];
  auto& account = accounts_[name];
  auto known = now < pair.known_until;
  auto wait = wait_of(pair.tries, now);
  if (!known)
    wait = std::max(wait, wait_of(account, now));
  if (wait > 0)
    return refused(wait);
  count(pair.tries, rules_.pair, now);
  if (!known)
    count(account, rules_.account, now);
  return {};
}

void login_book::succeeded(const std::string& name, const std::string& address,
                           int64_t now) {
  auto& pair = pairs_[pair_key(name, address)];
  auto counted = pair.known_until <= now;
  pair.tries = {0, 0, now};
  pair.known_until = now + rules_.pair.memory.count();
  // What others tried from elsewhere stays counted; this attempt does not.
  if (auto i = accounts_.find(name); counted && i != accounts_.end())
    actors::take_back(i->second);
}

void login_book::take_back(const std::string& name, const std::string& address,
                           int64_t now) {
  if (auto i = pairs_.find(pair_key(name, address)); i != pairs_.end()) {
    actors::take_back(i->second.tries);
    if (now < i->second.known_until)
      return;
  }
  if (auto i = accounts_.find(name); i != accounts_.end())
    actors::take_back(i->second);
}

void login_book::forget(int64_t now) {
  std::erase_if(pairs_, [&](auto& x) {
    return is_forgotten(x.second.tries, rules_.pair, now)
           && x.second.known_until <= now;
  });
  std::erase_if(accounts_, [&](auto& x) {
    return is_forgotten(x.second, rules_.account, now);
  });
}

void login_book::make_room(int64_t now) {
  if (size() < rules_.max_entries)
    return;
  forget(now);
  while (size() >= rules_.max_entries)
    pairs_.size() >= accounts_.size() ? drop_oldest(pairs_)
                                      : drop_oldest(accounts_);
}

} // namespace callboard::actors
