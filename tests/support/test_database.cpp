#include "tests/support/test_database.hpp"

#include "protocols/error.hpp"
#include "storage/migrate.hpp"
#include "tests/support/temporary_postgres.hpp"

#include <caf/all.hpp>

#include <stdexcept>

namespace callboard::test {

namespace {

std::string new_url(storage::dialect_kind kind, content with,
                    const temporary_folder& folder) {
  if (kind == storage::dialect_kind::sqlite)
    return "sqlite:///" + (folder.path() / "test.db").string();
  auto& cluster = temporary_postgres::shared();
  return with == content::empty ? cluster.empty_database()
                                : cluster.new_database();
}

} // namespace

test_database::test_database(storage::dialect_kind kind, content with)
    : url(new_url(kind, with, folder)) {
  auto opened = storage::database::open(url);
  if (!opened)
    throw std::runtime_error{detail(opened.error())};
  place = std::make_unique<storage::database>(std::move(*opened));
  if (with == content::migrated)
    if (auto err = storage::migrate(*connect()))
      throw std::runtime_error{detail(err)};
}

void on_both(content with, const std::function<void(test_database&)>& scene) {
  for (auto kind :
       {storage::dialect_kind::postgres, storage::dialect_kind::sqlite}) {
    test_database place{kind, with};
    scene(place);
  }
}

void run(storage::connection& db, const std::string& script) {
  if (auto err = db.execute(script))
    throw std::runtime_error{detail(err)};
}

cell value_of(storage::connection& db, const std::string& text,
              storage::cell_kind kind, std::vector<cell> params) {
  auto found = db.query(text, params, {{kind}});
  if (!found)
    throw std::runtime_error{text + ": " + detail(found.error())};
  if (found->empty())
    throw std::runtime_error{text + ": no row"};
  return (*found)[0][0];
}

int64_t number_of(storage::connection& db, const std::string& text) {
  return std::get<int64_t>(value_of(db, text));
}

std::string text_of(storage::connection& db, const std::string& text) {
  return std::get<std::string>(value_of(db, text, storage::cell_kind::text));
}

} // namespace callboard::test
