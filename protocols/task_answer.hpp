// A task as clients read it (rest-api section 5).
#pragma once

#include "protocols/kept_answer.hpp"
#include "protocols/task.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// `executions`: a JSON array, or `null` where the contract shows none.
std::string task_json(const task& row, std::string_view executions = "null");

std::string executions_json(const std::vector<execution>& rows);

/// 201, with `Location` and `ETag`.
kept_answer created_answer(const task& row);

} // namespace callboard
