// Equal questions that wait together are asked once (A4). Nobody gets an answer
// that the store began to look for before the question came: whoever comes
// while an equal one is there waits for the next.
#pragma once

#include "actors/caller.hpp"
#include "protocols/call.hpp"
#include "protocols/error.hpp"

#include <caf/all.hpp>
#include <caf/binary_serializer.hpp>

#include <functional>
#include <memory>
#include <string>
#include <typeinfo>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard::actors {

/// What makes two questions equal: their type and their bytes.
template <class Question>
std::string bytes_of(Question question) {
  std::vector<char> bytes;
  caf::binary_serializer sink{nullptr, bytes};
  static_cast<void>(sink(question)); // into memory: cannot fail
  std::string out = typeid(Question).name();
  out.append(bytes.begin(), bytes.end());
  return out;
}

/// The questions of a repository that are at the store or wait for an equal
/// one to return. Owned by its state and used on its thread alone.
class shared_questions {
public:
  /// An answer, which many share, or an error.
  using answer = caf::expected<caf::message>;
  using reply = std::function<void(const answer&)>;
  /// Asks the store; calls its argument once.
  using dispatch = std::function<void(int64_t deadline, reply)>;

  static constexpr size_t max_waiting = 4096; ///< callers, of all questions

  /// `f` is called once: with what `send` came to, or with `deadline_exceeded`
  /// or `unavailable`. Equal `question`s have an equal `send`.
  void ask(const std::string& question, int64_t deadline, dispatch send,
           reply f) {
    if (waiting_ >= max_waiting)
      return f(caf::make_error(errc::unavailable,
                               std::string{"Too many requests are waiting"}));
    auto& x = lines_[question];
    if (!x)
      x = std::make_shared<line>(line{question, std::move(send)});
    x->waiting.push_back({deadline, std::move(f)});
    ++waiting_;
    if (x->asked.empty())
      pump(x);
  }

  /// Answers all whose deadline passed, at the store or not. True if somebody
  /// still waits.
  bool sweep() {
    auto now = deadline_in(std::chrono::milliseconds{0});
    std::vector<reply> late;
    for (auto& [question, x] : lines_) {
      waiting_ -= std::erase_if(
          x->waiting, [&](caller& who) { return who.expire(now, late); });
      for (auto& who : x->asked)
        who.expire(now, late);
    }
    for (auto& f : late)
      f(caf::make_error(errc::deadline_exceeded));
    return busy();
  }

  bool busy() const { return !lines_.empty(); }

private:
  using caller = actors::caller<reply>;

  struct line {
    std::string question;
    dispatch send;
    std::vector<caller> asked;   ///< for whom it is at the store
    std::vector<caller> waiting; ///< came later
  };

  void pump(const std::shared_ptr<line>& x) {
    if (x->waiting.empty()) {
      lines_.erase(x->question);
      return;
    }
    x->asked = std::exchange(x->waiting, {});
    waiting_ -= x->asked.size();
    int64_t deadline = 0;
    for (auto& who : x->asked)
      deadline = std::max(deadline, who.deadline);
    x->send(deadline, [this, x](const answer& found) {
      auto callers = std::exchange(x->asked, {});
      pump(x);
      for (auto& who : callers)
        if (who.f)
          who.f(found);
    });
  }

  std::unordered_map<std::string, std::shared_ptr<line>> lines_;
  size_t waiting_ = 0; ///< of all lines
};

} // namespace callboard::actors
