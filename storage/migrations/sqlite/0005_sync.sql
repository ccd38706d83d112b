-- Conflicts of the YAML sync: one row per task, which the next one takes over.
-- Nothing has written to the table so far.
DROP TABLE sync_conflicts;
CREATE TABLE sync_conflicts (
  id INTEGER PRIMARY KEY, -- the task's
  conflict_id text NOT NULL UNIQUE,
  yaml_data text NOT NULL,
  db_data text NOT NULL,
  yaml_updated_at integer NOT NULL,
  db_updated_at integer NOT NULL,
  conflict_reason text NOT NULL,
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  ended_by text CHECK (ended_by IN (
    'keep_yaml', 'keep_db', 'merge', 'cleared', 'overtaken')),
  ended_at integer,
  CHECK ((ended_by IS NULL) = (ended_at IS NULL))
) STRICT;
CREATE INDEX ix_sync_conflicts_open ON sync_conflicts (created_at)
  WHERE ended_by IS NULL;
