-- An accent makes another letter, as in PostgreSQL's index.
DROP TABLE memory_entries_fts;
CREATE VIRTUAL TABLE memory_entries_fts USING fts5 (
  content, content = 'memory_entries', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 0');
INSERT INTO memory_entries_fts (memory_entries_fts) VALUES ('rebuild');
