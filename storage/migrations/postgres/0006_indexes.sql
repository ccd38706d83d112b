-- No list and no search scans a table. Where everybody's rows are listed, an
-- index has what they are sorted by, then the id; counts read an index alone.
DROP INDEX ix_scheduled_tasks_user_created;
CREATE INDEX ix_scheduled_tasks_user_created ON scheduled_tasks (user_id, created_at, id);
DROP INDEX ix_scheduled_tasks_project_position;
CREATE INDEX ix_scheduled_tasks_project_position ON scheduled_tasks (project_id, position, id, status);
CREATE INDEX ix_scheduled_tasks_created ON scheduled_tasks (created_at, id);
CREATE INDEX ix_scheduled_tasks_updated ON scheduled_tasks (updated_at, id);
CREATE INDEX ix_scheduled_tasks_next_run ON scheduled_tasks (coalesce(next_run_at, '-infinity'::timestamptz), id);
CREATE INDEX ix_scheduled_tasks_status ON scheduled_tasks (status, id);
CREATE INDEX ix_scheduled_tasks_skill_status ON scheduled_tasks (skill_name, status);

CREATE INDEX ix_projects_user_status ON projects (user_id, status);
CREATE INDEX ix_projects_created ON projects (created_at, id);
CREATE INDEX ix_projects_status_created ON projects (status, created_at, id);

CREATE INDEX ix_agents_live_active ON agents (coalesce(last_active_at, '-infinity'::timestamptz), id)
  WHERE deleted_at IS NULL;
CREATE INDEX ix_agents_live_type_status ON agents (type, status)
  WHERE deleted_at IS NULL;
CREATE INDEX ix_agents_live_status_type ON agents (status, type)
  WHERE deleted_at IS NULL;

CREATE INDEX ix_audit_logs_table_time ON audit_logs (table_name, timestamp, id);
CREATE INDEX ix_audit_logs_record ON audit_logs (record_id, timestamp, id);

CREATE INDEX ix_users_role_active ON users (role, is_active);
CREATE INDEX ix_users_active_role ON users (is_active, role);

CREATE INDEX ix_memory_entries_user_project ON memory_entries (user_id, project_id, created_at, id);

-- Any part of a text among everybody's rows.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX ix_scheduled_tasks_search ON scheduled_tasks USING gin (search_text gin_trgm_ops);
CREATE INDEX ix_projects_search ON projects USING gin (search_text gin_trgm_ops);
