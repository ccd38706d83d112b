-- No list and no search scans a table. Where everybody's rows are listed, an
-- index has what they are sorted by, then the id; counts read an index alone.
DROP INDEX ix_scheduled_tasks_user_created;
CREATE INDEX ix_scheduled_tasks_user_created ON scheduled_tasks (user_id, created_at, id);
DROP INDEX ix_scheduled_tasks_project_position;
CREATE INDEX ix_scheduled_tasks_project_position ON scheduled_tasks (project_id, position, id, status);
CREATE INDEX ix_scheduled_tasks_created ON scheduled_tasks (created_at, id);
CREATE INDEX ix_scheduled_tasks_updated ON scheduled_tasks (updated_at, id);
CREATE INDEX ix_scheduled_tasks_next_run ON scheduled_tasks (coalesce(next_run_at, -9223372036854775808), id);
CREATE INDEX ix_scheduled_tasks_status ON scheduled_tasks (status, id);
CREATE INDEX ix_scheduled_tasks_skill_status ON scheduled_tasks (skill_name, status);

CREATE INDEX ix_projects_user_status ON projects (user_id, status);
CREATE INDEX ix_projects_created ON projects (created_at, id);
CREATE INDEX ix_projects_status_created ON projects (status, created_at, id);

CREATE INDEX ix_agents_live_active ON agents (coalesce(last_active_at, -9223372036854775808), id)
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
CREATE VIRTUAL TABLE scheduled_tasks_fts USING fts5 (
  search_text, content = 'scheduled_tasks', content_rowid = 'id',
  tokenize = 'trigram case_sensitive 1', detail = none);
INSERT INTO scheduled_tasks_fts (scheduled_tasks_fts) VALUES ('rebuild');
CREATE TRIGGER scheduled_tasks_inserted AFTER INSERT ON scheduled_tasks BEGIN
  INSERT INTO scheduled_tasks_fts (rowid, search_text)
    VALUES (new.id, new.search_text);
END;
CREATE TRIGGER scheduled_tasks_deleted AFTER DELETE ON scheduled_tasks BEGIN
  INSERT INTO scheduled_tasks_fts (scheduled_tasks_fts, rowid, search_text)
    VALUES ('delete', old.id, old.search_text);
END;
CREATE TRIGGER scheduled_tasks_updated AFTER UPDATE OF search_text ON scheduled_tasks
  WHEN new.search_text <> old.search_text BEGIN
  INSERT INTO scheduled_tasks_fts (scheduled_tasks_fts, rowid, search_text)
    VALUES ('delete', old.id, old.search_text);
  INSERT INTO scheduled_tasks_fts (rowid, search_text)
    VALUES (new.id, new.search_text);
END;

CREATE VIRTUAL TABLE projects_fts USING fts5 (
  search_text, content = 'projects', content_rowid = 'id',
  tokenize = 'trigram case_sensitive 1', detail = none);
INSERT INTO projects_fts (projects_fts) VALUES ('rebuild');
CREATE TRIGGER projects_inserted AFTER INSERT ON projects BEGIN
  INSERT INTO projects_fts (rowid, search_text)
    VALUES (new.id, new.search_text);
END;
CREATE TRIGGER projects_deleted AFTER DELETE ON projects BEGIN
  INSERT INTO projects_fts (projects_fts, rowid, search_text)
    VALUES ('delete', old.id, old.search_text);
END;
CREATE TRIGGER projects_updated AFTER UPDATE OF search_text ON projects
  WHEN new.search_text <> old.search_text BEGIN
  INSERT INTO projects_fts (projects_fts, rowid, search_text)
    VALUES ('delete', old.id, old.search_text);
  INSERT INTO projects_fts (rowid, search_text)
    VALUES (new.id, new.search_text);
END;

-- The filters of the memory's search stand in its index: rows that have the
-- words, and another owner, are never visited.
DROP TRIGGER memory_entries_inserted;
DROP TRIGGER memory_entries_deleted;
DROP TRIGGER memory_entries_updated;
DROP TABLE memory_entries_fts;
CREATE VIRTUAL TABLE memory_entries_fts USING fts5 (
  content, user_id, project_id, intent,
  content = 'memory_entries', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 0');
INSERT INTO memory_entries_fts (memory_entries_fts) VALUES ('rebuild');
CREATE TRIGGER memory_entries_inserted AFTER INSERT ON memory_entries BEGIN
  INSERT INTO memory_entries_fts (rowid, content, user_id, project_id, intent)
    VALUES (new.id, new.content, new.user_id, new.project_id, new.intent);
END;
CREATE TRIGGER memory_entries_deleted AFTER DELETE ON memory_entries BEGIN
  INSERT INTO memory_entries_fts (memory_entries_fts, rowid, content, user_id, project_id, intent)
    VALUES ('delete', old.id, old.content, old.user_id, old.project_id, old.intent);
END;
CREATE TRIGGER memory_entries_updated
  AFTER UPDATE OF content, user_id, project_id, intent ON memory_entries BEGIN
  INSERT INTO memory_entries_fts (memory_entries_fts, rowid, content, user_id, project_id, intent)
    VALUES ('delete', old.id, old.content, old.user_id, old.project_id, old.intent);
  INSERT INTO memory_entries_fts (rowid, content, user_id, project_id, intent)
    VALUES (new.id, new.content, new.user_id, new.project_id, new.intent);
END;
