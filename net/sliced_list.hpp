// Lists in answers, rendered in slices: one large list does not hold its loop.
#pragma once

#include "net/exchange.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace callboard::net {

/// What is rendered without a pause [bytes], and a row more at most.
inline constexpr size_t list_slice = 65'536;

/// Rows on their way into a text; one thread.
/// `Rows`: a vector; `F`: `std::string(const row&)`, called in their order.
template <class Rows, class F>
class list_text {
public:
  /// `before`: of the list's text.
  list_text(std::string before, Rows rows, F render)
      : text_(std::move(before)), rows_(std::move(rows)),
        render_(std::move(render)) {
    text_ += '[';
  }

  /// Renders the next slice; true while there is more.
  bool advance() {
    piece_ = text_.size();
    for (size_t taken = 0; next_ < rows_.size() && taken < list_slice;) {
      auto row = render_(rows_[next_]);
      if (next_++ > 0)
        text_ += ',';
      text_ += row;
      taken += row.size();
    }
    return next_ < rows_.size();
  }

  /// What the last slice added.
  std::string_view piece() const {
    return std::string_view{text_}.substr(piece_);
  }

  /// The whole, once `advance` was false.
  std::string take(std::string_view after) {
    text_ += ']';
    text_ += after;
    return std::move(text_);
  }

private:
  std::string text_;
  Rows rows_;
  F render_;
  size_t next_ = 0;
  size_t piece_ = 0;
};

/// Calls `step` until it is false, then `done`; between two steps the loop
/// works on other things. `Host`: what has `later`, as the exchange.
template <class Host, class Step, class Done>
void in_turns(const std::shared_ptr<Host>& x, Step step, Done done) {
  if (!step())
    return done();
  x->later([x, step = std::move(step), done = std::move(done)] {
    in_turns(x, step, done);
  });
}

/// 200 with the list of what `render` makes of each row, between two texts.
template <class Rows, class F>
void send_list(const exchange_ptr& x, std::string before, Rows rows, F render,
               std::string after) {
  auto list = std::make_shared<list_text<Rows, F>>(
      std::move(before), std::move(rows), std::move(render));
  in_turns(
      x, [list] { return list->advance(); },
      [x, list, after = std::move(after)] { x->send(200, list->take(after)); });
}

/// The same without anything around it.
template <class Rows, class F>
void send_list(const exchange_ptr& x, Rows rows, F render) {
  send_list(x, {}, std::move(rows), std::move(render), {});
}

/// The text of an object up to the list that is its next member. `object`: the
/// members before, as JSON.
inline std::string up_to_list(std::string object, std::string_view name) {
  object.pop_back();
  if (object.size() > 1)
    object += ',';
  return ((object += '"') += name) += "\":";
}

/// The text of an object behind a list. `object`: the members after, as JSON.
inline std::string behind_list(std::string object) {
  if (object.size() == 2)
    return "}";
  object.front() = ',';
  return object;
}

} // namespace callboard::net
