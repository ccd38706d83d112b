// The endpoints, one table per resource.
#pragma once

#include "net/router.hpp"

#include <span>

namespace callboard::net {

std::span<const route> health_routes();
std::span<const route> docs_routes();
std::span<const route> account_routes();
std::span<const route> session_routes();
std::span<const route> password_routes();
std::span<const route> personal_data_routes();
std::span<const route> user_routes();
std::span<const route> task_routes();
std::span<const route> project_routes();
std::span<const route> agent_routes();
std::span<const route> execution_routes();
std::span<const route> audit_routes();
std::span<const route> memory_routes();
std::span<const route> summary_routes();
std::span<const route> sync_routes();
std::span<const route> realtime_routes();
std::span<const route> ws_routes();
std::span<const route> tree_routes();
std::span<const route> metrics_routes();
std::span<const route> compat_task_routes();
std::span<const route> compat_project_routes();
std::span<const route> compat_agent_routes();

/// All of them.
void add_routes(router& table);

} // namespace callboard::net
