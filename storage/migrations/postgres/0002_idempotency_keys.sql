-- Answers of requests that carried an Idempotency-Key, for a day.

CREATE TABLE idempotency_keys (
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  key varchar(255) COLLATE "C" NOT NULL,
  request varchar(500) NOT NULL,
  body_hash varchar(64) NOT NULL,
  status integer NOT NULL,
  response_headers text NOT NULL,
  response_body text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', now()),
  expires_at timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', now()) + interval '24 hours',
  PRIMARY KEY (user_id, key)
);
CREATE INDEX ix_idempotency_keys_expires ON idempotency_keys (expires_at);
