// The dashboard's dialect (rest-api section 12, D1): paths below `/api`,
// camelCase, ids as texts, every answer in an envelope with a body.
#pragma once

#include "net/exchange.hpp"
#include "protocols/messages.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace callboard::net {

// -- answers ------------------------------------------------------------------

/// `{"success":true,"data":<data>}`; without data: `{"success":true}`.
void send_data(exchange& x, unsigned status, std::string_view data = {});

std::string dashboard_json(const task& row);
/// `order`: in place of the row's position.
std::string dashboard_json(const task& row, int64_t order);
std::string dashboard_json(const project& row);
std::string dashboard_json(const agent& row);
std::string dashboard_json(const agent_run& x);

// -- requests -----------------------------------------------------------------
// Each makes the members of a body canonical ones; what it does not know it
// leaves to the reader of the body, or drops where that one is strict.

/// `creates`: a task without a skill is `unassigned`.
void rewrite_task(json_document& body, bool creates);
void rewrite_project(json_document& body);
/// `taskIds`
void rewrite_ordering(json_document& body);

/// What the client says about the version that it changes, if it says so.
std::optional<timestamp> updated_at_of(const json_document& body);

} // namespace callboard::net
