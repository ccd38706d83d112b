// What clients are told about runs that they asked for or reported (rest-api
// sections 7 and 11).
#pragma once

#include "protocols/execution.hpp"
#include "protocols/kept_answer.hpp"

namespace callboard {

/// 202: somebody will take the run.
kept_answer accepted_answer(const execution& run);

/// 201. `told`: the report became an event.
kept_answer reported_answer(const execution& run, bool told);

} // namespace callboard
