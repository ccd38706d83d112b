-- Answers of requests that carried an Idempotency-Key, for a day.

CREATE TABLE idempotency_keys (
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
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
CREATE INDEX ix_idempotency_keys_expires ON idempotency_keys (expires_at);
