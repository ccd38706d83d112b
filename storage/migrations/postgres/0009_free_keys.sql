-- No row of users is ever deleted, and an erasure removes the keys by itself:
-- the reference would only lock the account's row for each new key.
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_user_id_fkey;
