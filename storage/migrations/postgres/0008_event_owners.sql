-- Erasing an account blanks the events that it owns, which others may see.
CREATE INDEX ix_events_owner ON events (owner_id) WHERE owner_id IS NOT NULL;
