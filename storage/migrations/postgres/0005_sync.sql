-- Conflicts of the YAML sync: one row per task, which the next one takes over.
-- Nothing has written to the table so far.
DROP TABLE sync_conflicts;
CREATE TABLE sync_conflicts (
  id integer PRIMARY KEY, -- the task's
  conflict_id text COLLATE "C" NOT NULL UNIQUE,
  yaml_data text NOT NULL,
  db_data text NOT NULL,
  yaml_updated_at timestamptz(3) NOT NULL,
  db_updated_at timestamptz(3) NOT NULL,
  conflict_reason text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', now()),
  ended_by varchar(20) COLLATE "C" CHECK (ended_by IN (
    'keep_yaml', 'keep_db', 'merge', 'cleared', 'overtaken')),
  ended_at timestamptz(3),
  CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
CREATE INDEX ix_sync_conflicts_open ON sync_conflicts (created_at)
  WHERE ended_by IS NULL;
