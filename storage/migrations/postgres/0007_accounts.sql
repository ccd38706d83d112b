-- Accounts: codes for new passwords, lists by age; tokens by their end.
ALTER TABLE users ADD COLUMN reset_code varchar(64);
ALTER TABLE users ADD COLUMN reset_expires_at timestamptz(3);
CREATE INDEX ix_users_created ON users (created_at, id);
CREATE INDEX ix_agents_user_id ON agents (user_id);
CREATE INDEX ix_refresh_tokens_expires ON refresh_tokens (expires_at);
