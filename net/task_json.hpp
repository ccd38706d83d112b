// Tasks and their runs as JSON.
#pragma once

#include "protocols/task.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard::net {

/// `executions`: a JSON array, or `null` where the contract shows none.
std::string task_json(const task& row, std::string_view executions = "null");

std::string tasks_json(const std::vector<task>& rows);

std::string executions_json(const std::vector<execution>& rows);

} // namespace callboard::net
