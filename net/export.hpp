// Whole lists in one answer, as CSV or JSON: page by page, so that no loop is
// held and no other reader waits.
#pragma once

#include "net/csv.hpp"
#include "net/paging.hpp"

#include <algorithm>
#include <functional>
#include <memory>

namespace callboard {

enum class export_format : uint8_t { csv, json };
template <>
inline constexpr auto
    enum_names<export_format> = std::to_array<std::string_view>({"csv",
                                                                 "json"});

} // namespace callboard

namespace callboard::net {

/// Rows in one answer; `X-Next-Cursor` tells where the next one begins.
inline constexpr int64_t max_exported = 10'000;

inline constexpr std::array<parameter, 2> export_parameters{
    choice_in<export_format>("format", "of the answer", export_format::csv),
    text_in("cursor", "X-Next-Cursor of the part before", max_cursor)};

/// The answers of an export. `rows`: the schema of its JSON.
constexpr given_answer csv_answer{200, nullptr, "text/csv"};

/// One export on its way. Lives until its last page is there.
template <class T, class Query>
class list_export : public std::enable_shared_from_this<list_export<T, Query>> {
public:
  using pages = std::function<void(page<T>)>;
  /// Asks for the page of the query; an error is the answer.
  using source = std::function<void(const Query&, pages)>;
  using rendering = std::function<std::string(const T&)>;

  /// `list`: its name; `render`: a row as JSON.
  list_export(exchange_ptr x, std::string_view list, Query asked, source ask,
              rendering render)
      : x_(std::move(x)), list_(list), asked_(std::move(asked)),
        ask_(std::move(ask)), render_(std::move(render)) {}

  /// Reads `format` and `cursor`, and begins.
  void start() {
    auto& query = x_->query();
    csv_ = query.choice<export_format>("format") == export_format::csv;
    read_position(x_, list_, asked_);
    if (!x_->query_is_good())
      return;
    body_ = csv_ ? csv_head<T>() : "[";
    next();
  }

private:
  static constexpr int64_t page_size = 1000;

  void next() {
    asked_.limit = std::min(page_size, max_exported - rows_);
    ask_(asked_, [self = this->shared_from_this()](page<T> found) {
      self->page_ = std::move(found);
      self->taken_ = 0;
      in_turns(
          self->x_, [self] { return self->advance(); },
          [self] { self->go_on(); });
    });
  }

  /// Renders a slice of the page; true while there is more.
  bool advance() {
    auto end = body_.size() + list_slice;
    while (taken_ < page_.rows.size() && body_.size() < end)
      append(page_.rows[taken_++]);
    return taken_ < page_.rows.size();
  }

  void go_on() {
    if (page_.more) {
      auto& last = page_.rows.back();
      if (rows_ >= max_exported)
        x_->header("X-Next-Cursor", cursor_behind(*x_, list_, asked_, last));
      else {
        asked_.after = position_of(last, order_of(asked_).column);
        return next();
      }
    }
    finish();
  }

  void append(const T& row) {
    if (csv_)
      append_csv_row(body_, as_shown(row));
    else
      (body_ += rows_ == 0 ? "" : ",") += render_(row);
    ++rows_;
  }

  void finish() {
    auto name = std::string{list_} + (csv_ ? ".csv" : ".json");
    x_->header("Content-Disposition", "attachment; filename=\"" + name + '"');
    if (csv_)
      x_->send(200, std::move(body_), "text/csv; charset=utf-8");
    else
      x_->send(200, std::move(body_ += ']'));
  }

  exchange_ptr x_;
  std::string_view list_;
  Query asked_;
  source ask_;
  rendering render_;
  bool csv_ = true;
  int64_t rows_ = 0;
  page<T> page_;     ///< the present one
  size_t taken_ = 0; ///< of its rows
  std::string body_;
};

} // namespace callboard::net
