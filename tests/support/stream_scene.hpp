// What scenes of the stream of events share.
#pragma once

#include "protocols/system_config.hpp"

#include <cstdint>
#include <string>
#include <vector>

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

namespace callboard::test {

inline const std::string epoch = "0190f5b2-0000-4000-8000-000000000001";

using positions = std::vector<int64_t>;

/// Lets a double that has kept its answers give them.
using answer_atom = caf::atom_constant<caf::atom("answer")>;

} // namespace callboard::test
