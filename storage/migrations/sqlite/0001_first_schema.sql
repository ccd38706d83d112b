-- Everything up to the stream of events. Timestamps are milliseconds since 1970
-- (UTC), booleans 0 or 1, uuids 36 lower-case characters; text compares by bytes.

CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  username text NOT NULL UNIQUE CHECK (length(username) <= 50),
  email text NOT NULL UNIQUE CHECK (length(email) <= 255),
  email_folded text NOT NULL UNIQUE CHECK (length(email_folded) <= 255),
  hashed_password text NOT NULL CHECK (length(hashed_password) <= 255),
  role text NOT NULL DEFAULT 'user' CHECK (role IN ('admin', 'user')),
  is_active integer NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
  is_verified integer NOT NULL DEFAULT 0 CHECK (is_verified IN (0, 1)),
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  updated_at integer,
  last_login integer,
  full_name text CHECK (length(full_name) <= 100),
  bio text,
  avatar_url text CHECK (length(avatar_url) <= 500)
) STRICT;

CREATE TABLE refresh_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token text NOT NULL UNIQUE CHECK (length(token) <= 500),
  expires_at integer NOT NULL,
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  revoked integer NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
  revoked_at integer,
  user_agent text CHECK (length(user_agent) <= 500),
  ip_address text CHECK (length(ip_address) <= 45),
  jti text UNIQUE CHECK (length(jti) <= 64),
  family_id text NOT NULL CHECK (length(family_id) = 36),
  previous_token text CHECK (length(previous_token) <= 64),
  replaced_at integer
) STRICT;
CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);
CREATE INDEX ix_refresh_tokens_family_id ON refresh_tokens (family_id);
CREATE INDEX ix_refresh_tokens_previous_token ON refresh_tokens (previous_token);

CREATE TABLE projects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name text NOT NULL CHECK (length(name) <= 255),
  description text CHECK (length(description) <= 2000),
  status text NOT NULL DEFAULT 'active' CHECK (status IN (
    'active', 'archived', 'deleted', 'planning', 'in_progress', 'on_hold',
    'paused', 'completed')),
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  updated_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  tasks_count integer NOT NULL DEFAULT 0,
  user_id integer REFERENCES users (id) ON DELETE SET NULL,
  metadata_json text NOT NULL DEFAULT '{}',
  search_text text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX ix_projects_user_created ON projects (user_id, created_at);
CREATE INDEX ix_projects_name_user ON projects (name, user_id);

CREATE TABLE agents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name text NOT NULL CHECK (length(name) <= 255),
  type text NOT NULL CHECK (type IN (
    'coder', 'reviewer', 'tester', 'planner', 'researcher', 'api-designer',
    'backend-dev', 'mobile-dev', 'ml-developer', 'system-architect',
    'code-analyzer', 'hierarchical-coordinator', 'mesh-coordinator',
    'adaptive-coordinator', 'custom')),
  capabilities_json text NOT NULL DEFAULT '[]',
  status text NOT NULL DEFAULT 'idle' CHECK (status IN (
    'active', 'idle', 'busy', 'offline', 'error')),
  last_active_at integer,
  user_id integer REFERENCES users (id) ON DELETE SET NULL,
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  updated_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  deleted_at integer,
  version integer NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX agents_name_key ON agents (name) WHERE deleted_at IS NULL;
CREATE INDEX ix_agents_type_status ON agents (type, status);
CREATE INDEX ix_agents_status_active ON agents (status, last_active_at);

CREATE TABLE agent_capabilities (
  capability text NOT NULL CHECK (length(capability) <= 255),
  agent_id integer NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  PRIMARY KEY (capability, agent_id)
) STRICT;
CREATE INDEX ix_agent_capabilities_agent_id ON agent_capabilities (agent_id);

CREATE TABLE scheduled_tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  skill_name text NOT NULL CHECK (length(skill_name) <= 255),
  schedule_cron text CHECK (length(schedule_cron) <= 100),
  next_run_at integer,
  params_json text NOT NULL DEFAULT '{}'
    CHECK (length(CAST(params_json AS BLOB)) <= 65536),
  status text NOT NULL DEFAULT 'pending' CHECK (status IN (
    'pending', 'running', 'completed', 'failed', 'disabled', 'deleted')),
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  updated_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  user_id text CHECK (length(user_id) <= 255),
  project_id integer REFERENCES projects (id) ON DELETE SET NULL,
  title text CHECK (length(title) <= 255),
  description text CHECK (length(description) <= 2000),
  priority text NOT NULL DEFAULT 'medium' CHECK (priority IN (
    'low', 'medium', 'high', 'critical')),
  assignee text CHECK (length(assignee) <= 255),
  due_date integer,
  position integer,
  last_run_at integer,
  run_count integer NOT NULL DEFAULT 0,
  error_count integer NOT NULL DEFAULT 0,
  search_text text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  timezone text NOT NULL DEFAULT 'UTC' CHECK (length(timezone) <= 64),
  overlap text NOT NULL DEFAULT 'skip' CHECK (overlap IN (
    'skip', 'buffer_one', 'allow')),
  catchup_seconds integer CHECK (catchup_seconds >= 0),
  jitter_seconds integer NOT NULL DEFAULT 0
    CHECK (jitter_seconds BETWEEN 0 AND 3600),
  max_retries integer NOT NULL DEFAULT 0 CHECK (max_retries BETWEEN 0 AND 100),
  retry_backoff_seconds integer NOT NULL DEFAULT 30
    CHECK (retry_backoff_seconds BETWEEN 1 AND 86400),
  timeout_seconds integer CHECK (timeout_seconds >= 1),
  paused integer NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
  starts_at integer,
  ends_at integer,
  notify_url text CHECK (length(notify_url) <= 500)
) STRICT;
CREATE INDEX ix_scheduled_tasks_user_status ON scheduled_tasks (user_id, status);
CREATE INDEX ix_scheduled_tasks_status_next_run ON scheduled_tasks (status, next_run_at);
CREATE INDEX ix_scheduled_tasks_pending_next_run ON scheduled_tasks (next_run_at)
  WHERE status = 'pending';
CREATE INDEX ix_scheduled_tasks_user_created ON scheduled_tasks (user_id, created_at);
CREATE INDEX ix_scheduled_tasks_project_position ON scheduled_tasks (project_id, position);

CREATE TABLE execution_results (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id integer NOT NULL REFERENCES scheduled_tasks (id) ON DELETE CASCADE,
  agent_id integer REFERENCES agents (id) ON DELETE SET NULL,
  started_at integer NOT NULL,
  ended_at integer,
  status text NOT NULL CHECK (status IN (
    'running', 'success', 'failed', 'timeout', 'cancelled')),
  output_text text,
  error_text text,
  duration_ms integer CHECK (duration_ms >= 0),
  result_json text CHECK (length(CAST(result_json AS BLOB)) <= 65536),
  output_truncated integer NOT NULL DEFAULT 0 CHECK (output_truncated IN (0, 1)),
  due_at integer,
  attempt integer NOT NULL DEFAULT 1 CHECK (attempt >= 1),
  run_after integer,
  fence integer NOT NULL DEFAULT 0,
  executor text CHECK (executor IN (
    'agent', 'command', 'webhook', 'builtin')),
  holder_node text CHECK (length(holder_node) = 36),
  holder_incarnation integer,
  lease_until integer,
  cancel_requested_at integer,
  traceparent text CHECK (length(traceparent) <= 55),
  UNIQUE (task_id, due_at, attempt)
) STRICT;
CREATE INDEX ix_execution_results_task_started ON execution_results (task_id, started_at);
CREATE INDEX ix_execution_results_status_started ON execution_results (status, started_at);
CREATE INDEX ix_execution_results_agent_started ON execution_results (agent_id, started_at)
  WHERE agent_id IS NOT NULL;
CREATE INDEX ix_execution_results_waiting ON execution_results (run_after)
  WHERE status = 'running' AND holder_node IS NULL AND run_after IS NOT NULL;
CREATE INDEX ix_execution_results_lease ON execution_results (lease_until)
  WHERE status = 'running';

CREATE TABLE task_occurrences (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id integer NOT NULL REFERENCES scheduled_tasks (id) ON DELETE CASCADE,
  due_at integer NOT NULL,
  fate text NOT NULL CHECK (fate IN (
    'fired', 'skipped', 'missed', 'cancelled', 'dst_gap', 'dst_fold')),
  reason text CHECK (length(reason) <= 255),
  execution_id integer REFERENCES execution_results (id) ON DELETE SET NULL,
  until_at integer,
  count integer NOT NULL DEFAULT 1 CHECK (count >= 1),
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  UNIQUE (task_id, due_at)
) STRICT;
CREATE INDEX ix_task_occurrences_created ON task_occurrences (created_at);
CREATE INDEX ix_task_occurrences_execution_id ON task_occurrences (execution_id)
  WHERE execution_id IS NOT NULL;

CREATE TABLE audit_logs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id text CHECK (length(user_id) <= 255),
  operation text NOT NULL CHECK (operation IN (
    'CREATE', 'UPDATE', 'DELETE')),
  table_name text NOT NULL CHECK (length(table_name) <= 100),
  record_id integer NOT NULL,
  changed_fields text,
  timestamp integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  ip_address text CHECK (length(ip_address) <= 45),
  user_agent text CHECK (length(user_agent) <= 500),
  request_id text CHECK (length(request_id) <= 36)
) STRICT;
CREATE INDEX ix_audit_logs_record_time ON audit_logs (table_name, record_id, timestamp DESC);
CREATE INDEX ix_audit_logs_user_time ON audit_logs (user_id, timestamp DESC);
CREATE INDEX ix_audit_logs_time ON audit_logs (timestamp DESC);

CREATE TABLE memory_entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id text CHECK (length(task_id) <= 255),
  content text NOT NULL,
  metadata text NOT NULL DEFAULT '{}',
  intent text NOT NULL CHECK (length(intent) <= 20),
  project_id text CHECK (length(project_id) <= 255),
  agent_id text CHECK (length(agent_id) <= 255),
  user_id text CHECK (length(user_id) <= 255),
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  synced_at integer,
  attempts integer NOT NULL DEFAULT 0,
  last_error text CHECK (length(last_error) <= 500),
  poisoned_at integer
) STRICT;
CREATE INDEX ix_memory_entries_task_id ON memory_entries (task_id);
CREATE INDEX ix_memory_entries_project_created ON memory_entries (project_id, created_at DESC);
CREATE INDEX ix_memory_entries_unsynced ON memory_entries (id)
  WHERE synced_at IS NULL AND poisoned_at IS NULL;

CREATE VIRTUAL TABLE memory_entries_fts USING fts5 (
  content, content = 'memory_entries', content_rowid = 'id',
  tokenize = 'unicode61');
CREATE TRIGGER memory_entries_inserted AFTER INSERT ON memory_entries BEGIN
  INSERT INTO memory_entries_fts (rowid, content) VALUES (new.id, new.content);
END;
CREATE TRIGGER memory_entries_deleted AFTER DELETE ON memory_entries BEGIN
  INSERT INTO memory_entries_fts (memory_entries_fts, rowid, content)
    VALUES ('delete', old.id, old.content);
END;
CREATE TRIGGER memory_entries_updated AFTER UPDATE OF content ON memory_entries BEGIN
  INSERT INTO memory_entries_fts (memory_entries_fts, rowid, content)
    VALUES ('delete', old.id, old.content);
  INSERT INTO memory_entries_fts (rowid, content) VALUES (new.id, new.content);
END;

CREATE TABLE sync_conflicts (
  conflict_id text PRIMARY KEY,
  task_id text,
  yaml_data text,
  db_data text,
  yaml_updated_at integer,
  db_updated_at integer,
  conflict_reason text NOT NULL,
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT;

CREATE TABLE events (
  position integer PRIMARY KEY,
  type text NOT NULL CHECK (length(type) <= 50),
  audience text NOT NULL CHECK (length(audience) <= 255),
  channel text NOT NULL CHECK (length(channel) <= 100),
  task_id integer,
  project_id integer,
  status text CHECK (length(status) <= 20),
  data text NOT NULL,
  payload text NOT NULL,
  redacted integer NOT NULL DEFAULT 0 CHECK (redacted IN (0, 1)),
  owner_id text CHECK (length(owner_id) <= 255),
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT;
CREATE INDEX ix_events_audience_position ON events (audience, position);
CREATE INDEX ix_events_created ON events (created_at);

CREATE TABLE event_position (
  id integer PRIMARY KEY CHECK (id = 1),
  position integer NOT NULL
) STRICT;
INSERT INTO event_position (id, position) VALUES (1, 0);

CREATE TABLE event_stream (
  id integer PRIMARY KEY CHECK (id = 1),
  epoch text NOT NULL CHECK (length(epoch) = 36),
  pruned_to integer NOT NULL
) STRICT;
INSERT INTO event_stream (id, epoch, pruned_to) VALUES (1, lower(
  hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4'
  || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (random() & 3), 1)
  || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))), 0);
