-- Accounts: codes for new passwords, lists by age; tokens by their end.
ALTER TABLE users ADD COLUMN reset_code text CHECK (length(reset_code) <= 64);
ALTER TABLE users ADD COLUMN reset_expires_at integer;
CREATE INDEX ix_users_created ON users (created_at);
CREATE INDEX ix_refresh_tokens_expires ON refresh_tokens (expires_at);
CREATE INDEX ix_memory_entries_user ON memory_entries (user_id);
