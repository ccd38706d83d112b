// The dashboard's dialect (rest-api section 12, D1): paths below `/api`,
// camelCase, ids as texts, every answer in an envelope with a body.
#pragma once

#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/sliced_list.hpp"
#include "protocols/messages.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace callboard::net {

// -- answers ------------------------------------------------------------------

/// What stands around the data of an envelope.
inline constexpr const char* before_data = R"({"success":true,"data":)";
inline constexpr const char* behind_data = "}";

/// `{"success":true,"data":<data>}`; without data: `{"success":true}`.
void send_data(exchange& x, unsigned status, std::string_view data = {});

std::string dashboard_json(const task& row);
/// `order`: in place of the row's position.
std::string dashboard_json(const task& row, int64_t order);
std::string dashboard_json(const project& row);
std::string dashboard_json(const agent& row);
std::string dashboard_json(const agent_run& x);

extern const schema dashboard_task_schema;
extern const schema dashboard_project_schema;
extern const schema dashboard_agent_schema;
extern const schema dashboard_run_schema;

/// The answer of a route whose `data` is one row.
template <const schema& Row>
inline constexpr schema one_row{"", enveloped<Row>};

/// The same of many.
template <const schema& Row>
inline constexpr schema many_rows{"", enveloped_rows<Row>};

extern const schema done_schema; ///< without data

/// Rows of a list: the stores do not page.
inline constexpr int64_t max_dashboard_rows = 1000;

/// All rows as `data`.
template <class T>
void send_rows(const exchange_ptr& x, std::vector<T> rows) {
  send_list(
      x, before_data, std::move(rows),
      [](auto& row) { return dashboard_json(row); }, behind_data);
}

/// Asks for a change; its row is the answer. `message`: atom, caller, ...
template <class T, class Handle, class... Ts>
void answer_changed(const exchange_ptr& x, unsigned status, const Handle& to,
                    Ts&&... message) {
  x->ask<changed<T>>(
      to,
      [x, status](const changed<T>& done) {
        send_data(*x, status, dashboard_json(done.rows.front()));
      },
      std::forward<Ts>(message)...);
}

// -- requests -----------------------------------------------------------------
// Each makes the members of a body canonical ones; what it does not know it
// leaves to the reader of the body, or drops where that one is strict.

/// `creates`: a task without a skill is `unassigned`.
void rewrite_task(json_document& body, bool creates);
void rewrite_project(json_document& body);
/// `taskIds`
void rewrite_ordering(json_document& body);

// What these accept, as the API document shows it.

std::string task_input_schema(schema_book&);
std::string project_input_schema(schema_book&);
std::string ordering_input_schema(schema_book&);

inline constexpr schema dashboard_task_input{"CompatTaskInput",
                                             task_input_schema};
inline constexpr schema dashboard_project_input{"CompatProjectInput",
                                                project_input_schema};
inline constexpr schema dashboard_ordering_input{"CompatTaskOrdering",
                                                 ordering_input_schema};

/// What the client says about the version that it changes, if it says so.
std::optional<timestamp> updated_at_of(const json_document& body);

} // namespace callboard::net
