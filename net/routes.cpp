#include "net/routes.hpp"

namespace callboard::net {

void add_routes(router& table) {
  table.add(health_routes());
  table.add(docs_routes());
  table.add(account_routes());
  table.add(password_routes());
  table.add(session_routes());
  table.add(personal_data_routes());
  table.add(user_routes());
  table.add(task_routes());
  table.add(project_routes());
  table.add(agent_routes());
  table.add(execution_routes());
  table.add(audit_routes());
  table.add(memory_routes());
  table.add(summary_routes());
  table.add(sync_routes());
  table.add(ws_routes());
  table.add(realtime_routes());
  table.add(tree_routes());
  table.add(metrics_routes());
  table.add(compat_task_routes());
  table.add(compat_project_routes());
  table.add(compat_agent_routes());
}

} // namespace callboard::net
