// Slows down who guesses passwords: asked before a password is compared.
#pragma once

#include "actors/login_book.hpp"
#include "protocols/child.hpp"

#include <memory>

namespace callboard::actors {

using login_book_ptr = std::shared_ptr<login_book>;

struct login_guard_state {
  static inline const char* name = "login_guard";
  login_book_ptr book;
};

/// The book stands in the record: the next incarnation has it too (A16).
login_guard_actor::behavior_type
login_guard(login_guard_actor::stateful_pointer<login_guard_state> self,
            const child_ptr& me, login_rules rules);

} // namespace callboard::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::actors::login_book_ptr)
