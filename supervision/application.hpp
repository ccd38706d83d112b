// The tree of actors as an ordered list: what is started, under whom.
#pragma once

#include "actors/user_repository.hpp"
#include "net/runtime.hpp"
#include "net/services.hpp"
#include "protocols/child.hpp"
#include "storage/database.hpp"
#include "storage/store_worker.hpp"
#include "supervision/config.hpp"
#include "supervision/supervisor.hpp"

#include <memory>
#include <string>
#include <vector>

namespace callboard {

/// The records of the actors that others send to; they outlive restarts.
class application {
public:
  /// `stream`: where the database's stream is. `recovery`: intensity and
  /// back-off of every supervisor in the tree.
  application(config settings, std::shared_ptr<storage::database> database,
              stream_mark_ptr stream, supervisor_options recovery = {});

  /// Spawns the root supervisor; what belongs to a loop lives there.
  caf::actor start(caf::actor_system& sys, net::runtime& loops);

  /// The root supervisor has ended: its record lets go of it.
  void ended() { root_->ended(child_state::stopped); }

  /// The place of the root supervisor; the whole tree hangs from it.
  const child_ptr& root() const { return root_; }

  /// Names the actors for the edge.
  void connect(net::services& edge) const;

  /// The tree and the loops, as JSON.
  std::string tree_json(net::runtime& loops) const;

  /// True if an actor had to be given up: its thread may never end.
  bool has_abandoned() const;

private:
  child_spec supervisor_spec(const child_ptr& place, strategy how,
                             std::vector<child_spec> children) const;
  std::chrono::milliseconds worker_grace() const;
  void keep_open();
  storage::worker_settings worker_settings_of(size_t pool) const;
  child_spec front_spec() const;
  child_spec storage_spec();
  child_spec workers_spec();
  child_spec repositories_spec();
  child_spec retention_spec();
  child_spec passwords_spec();
  child_spec limits_spec();
  child_spec login_guard_spec();
  child_spec sync_spec();
  child_spec realtime_spec();
  child_spec feed_spec();
  child_spec listener_spec();
  child_spec hub_spec(size_t loop);
  child_spec presence_spec();
  std::function<void(events)> commit_listener() const;
  void connect_realtime(net::services& edge) const;

  config settings_;
  std::shared_ptr<storage::database> database_;
  std::shared_ptr<storage::connection> kept_open_; ///< null: PostgreSQL
  storage::worker_board_ptr board_ = std::make_shared<storage::worker_board>();
  stream_mark_ptr stream_;
  supervisor_options recovery_;
  actors::user_generation generation_;
  retention_counts_ptr pruned_;
  child_ptr root_;
  child_ptr store_;
  child_ptr overflow_;
  child_ptr tasks_;
  child_ptr projects_;
  child_ptr agents_;
  child_ptr executions_;
  child_ptr audit_;
  child_ptr memory_;
  child_ptr conflicts_;
  child_ptr users_;
  child_ptr tokens_;
  child_ptr retention_;
  child_ptr passwords_;
  child_ptr buckets_;
  child_ptr rate_limits_;
  child_ptr login_guard_;
  child_ptr sync_;
  child_ptr events_;
  child_ptr feed_;
  child_ptr listener_;
  child_ptr presence_;
  std::vector<child_ptr> hubs_;     ///< one per loop
  std::vector<child_ptr> sessions_; ///< their supervisors, one per loop
  /// Where each loop's actors live; filled by `start`.
  std::shared_ptr<std::vector<caf::execution_unit*>> homes_;
};

} // namespace callboard
