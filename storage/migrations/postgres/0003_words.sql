-- A word is a run of letters and digits, as SQLite's index has it: the parser
-- keeps 3.14, a@b.c and x/y together.
DROP INDEX ix_memory_entries_tsv;
ALTER TABLE memory_entries DROP COLUMN tsv;
ALTER TABLE memory_entries ADD COLUMN tsv tsvector GENERATED ALWAYS AS (
  to_tsvector('simple'::regconfig, regexp_replace(left(content, 200000),
    '[^a-zA-Z0-9\u0080-\U0010FFFF]+', ' ', 'g'))) STORED;
CREATE INDEX ix_memory_entries_tsv ON memory_entries USING gin (tsv);
