#include "storage/capabilities.hpp"

#include "storage/sql.hpp"

#include <utility>

namespace callboard::storage {

caf::error write_capabilities(connection& db, const row_map<agent>& originals,
                              const std::vector<agent>& inserted,
                              const std::vector<agent>& updated) {
  std::vector<column> columns{{"capability", "text", {}},
                              {"agent_id", "bigint", {}}};
  auto add = [&](const agent& x) {
    for (auto& capability : x.capabilities.items) {
      columns[0].values.emplace_back(capability);
      columns[1].values.emplace_back(x.id);
    }
  };
  for (auto& x : inserted)
    add(x);
  std::vector<cell> replaced;
  for (auto& x : updated)
    if (originals.at(x.id).capabilities != x.capabilities) {
      replaced.emplace_back(x.id);
      add(x);
    }
  if (!replaced.empty()) {
    std::vector<cell> params{set_parameter(db.dialect(), replaced)};
    auto gone = db.query("DELETE FROM agent_capabilities WHERE agent_id"
                             + any_of(db.dialect(), 1, "bigint"),
                         params, {});
    if (!gone)
      return gone.error();
  }
  if (columns[0].values.empty())
    return caf::none;
  return insert_columns(db, "agent_capabilities", std::move(columns));
}

} // namespace callboard::storage
