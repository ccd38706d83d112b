-- No row of users is ever deleted, and an erasure removes the keys by itself:
-- the reference would only look for the account's row for each new key. SQLite
-- drops it with its table alone.
CREATE TABLE free_keys (
  user_id integer NOT NULL,
  key text NOT NULL CHECK (length(key) <= 255),
  request text NOT NULL CHECK (length(request) <= 500),
  body_hash text NOT NULL CHECK (length(body_hash) <= 64),
  status integer NOT NULL,
  response_headers text NOT NULL,
  response_body text NOT NULL,
  created_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  expires_at integer NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) + 86400000),
  PRIMARY KEY (user_id, key)
) STRICT;
INSERT INTO free_keys SELECT * FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE free_keys RENAME TO idempotency_keys;
CREATE INDEX ix_idempotency_keys_expires ON idempotency_keys (expires_at);
