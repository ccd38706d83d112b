// How well an entry of the memory fits a search, in SQLite.
#pragma once

struct sqlite3;

namespace callboard::storage {

/// Makes `relevance(<FTS5 table>)` known to a session: the BM25 score of the
/// table's first column, at least 0, the larger the better. FTS5's own `bm25`
/// visits every row of each word before it ranks one; this counts a word's rows
/// up to a thousand: what is more frequent is as common as that.
/// @returns an SQLite code.
int register_relevance(sqlite3* db);

} // namespace callboard::storage
