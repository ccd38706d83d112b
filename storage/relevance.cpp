#include "storage/relevance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <sqlite3.h>
#include <vector>

namespace callboard::storage {

namespace {

constexpr int ranked_column = 0;
constexpr int64_t most_counted = 1000; ///< rows of one word
constexpr double k1 = 1.2; ///< how soon a repeated word says nothing new
constexpr double b = 0.75; ///< how much a long text counts less

/// What a query knows of the whole table.
struct statistics {
  double rows = 0;
  double mean_size = 0;       ///< of a text [words]
  std::vector<double> weight; ///< per phrase; negative: not known yet
};

int count_row(const Fts5ExtensionApi*, Fts5Context*, void* counter) {
  auto& n = *static_cast<int64_t*>(counter);
  return ++n < most_counted ? SQLITE_OK : SQLITE_DONE;
}

/// The inverse document frequency of a phrase.
double weight_of(const Fts5ExtensionApi& fts, Fts5Context* row, int phrase,
                 double rows) {
  int64_t found = 0;
  fts.xQueryPhrase(row, phrase, &found, count_row);
  auto n = static_cast<double>(found);
  return std::max(std::log((rows - n + 0.5) / (n + 0.5)), 1e-6);
}

statistics& statistics_of(const Fts5ExtensionApi& fts, Fts5Context* row) {
  if (auto* known = fts.xGetAuxdata(row, 0))
    return *static_cast<statistics*>(known);
  auto made = std::make_unique<statistics>();
  sqlite3_int64 rows = 0;
  sqlite3_int64 words = 0;
  fts.xRowCount(row, &rows);
  fts.xColumnTotalSize(row, ranked_column, &words);
  made->rows = static_cast<double>(rows);
  made->mean_size
      = std::max(static_cast<double>(words) / std::max(made->rows, 1.0), 1.0);
  made->weight.assign(static_cast<size_t>(fts.xPhraseCount(row)), -1);
  auto& out = *made;
  fts.xSetAuxdata(row, made.release(),
                  [](void* x) { delete static_cast<statistics*>(x); });
  return out;
}

/// How often each phrase occurs in the row.
std::vector<double> occurrences(const Fts5ExtensionApi& fts, Fts5Context* row,
                                size_t phrases) {
  std::vector<double> out(phrases);
  int count = 0;
  fts.xInstCount(row, &count);
  for (int i = 0; i < count; ++i) {
    int phrase = 0;
    int column = 0;
    int offset = 0;
    fts.xInst(row, i, &phrase, &column, &offset);
    if (column == ranked_column)
      ++out[static_cast<size_t>(phrase)];
  }
  return out;
}

void relevance(const Fts5ExtensionApi* fts, Fts5Context* row,
               sqlite3_context* result, int, sqlite3_value**) {
  auto& all = statistics_of(*fts, row);
  auto found = occurrences(*fts, row, all.weight.size());
  int size = 0;
  fts->xColumnSize(row, ranked_column, &size);
  double score = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i] == 0)
      continue;
    if (all.weight[i] < 0)
      all.weight[i] = weight_of(*fts, row, static_cast<int>(i), all.rows);
    score += all.weight[i] * found[i] * (k1 + 1)
             / (found[i] + k1 * (1 - b + b * size / all.mean_size));
  }
  sqlite3_result_double(result, score);
}

} // namespace

int register_relevance(sqlite3* db) {
  fts5_api* fts = nullptr;
  sqlite3_stmt* ask = nullptr;
  auto rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &ask, nullptr);
  if (rc != SQLITE_OK)
    return rc;
  sqlite3_bind_pointer(ask, 1, static_cast<void*>(&fts), "fts5_api_ptr",
                       nullptr);
  sqlite3_step(ask);
  rc = sqlite3_finalize(ask);
  if (fts == nullptr)
    return rc == SQLITE_OK ? SQLITE_ERROR : rc;
  return fts->xCreateFunction(fts, "relevance", nullptr, relevance, nullptr);
}

} // namespace callboard::storage
