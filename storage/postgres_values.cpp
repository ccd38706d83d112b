#include "storage/postgres_values.hpp"

#include "protocols/error.hpp"

namespace callboard::storage {

#if PQXX_VERSION_MAJOR < 7

void report_constraints(pqxx::connection& session) {
  session.set_verbosity(pqxx::connection_base::verbose);
}

pqxx::result run_prepared(pqxx::nontransaction& tx, const std::string& name,
                          const std::vector<const char*>& params) {
  return tx.exec_prepared(name, pqxx::prepare::make_dynamic_params(params));
}

#else

void report_constraints(pqxx::connection& session) {
  session.set_verbosity(pqxx::error_verbosity::verbose);
}

pqxx::result run_prepared(pqxx::nontransaction& tx, const std::string& name,
                          const std::vector<const char*>& params) {
  pqxx::params all;
  for (auto* x : params)
    all.append(x);
  return tx.exec(pqxx::prepped{name}, all);
}

#endif

postgres_parameters::postgres_parameters(std::span<const cell> cells) {
  converted_.reserve(cells.size()); // pointers into it stay valid
  pointers_.reserve(cells.size());
  for (auto& x : cells)
    add(x);
}

void postgres_parameters::add(const cell& x) {
  if (auto* text = std::get_if<std::string>(&x)) {
    holds_nul_ |= text->find('\0') != std::string::npos;
    pointers_.push_back(text->c_str());
  } else if (auto value = postgres_text(x)) {
    pointers_.push_back(converted_.emplace_back(std::move(*value)).c_str());
  } else {
    pointers_.push_back(nullptr);
  }
}

caf::expected<rows> read_rows(const pqxx::result& found,
                              std::span<const cell_kind> kinds) {
  rows out;
  if (kinds.empty())
    return out;
  if (static_cast<size_t>(found.columns()) != kinds.size())
    return caf::make_error(errc::internal,
                           std::string{"another number of columns than asked"});
  out.reserve(static_cast<size_t>(found.size()));
  for (const auto& row : found) {
    auto& cells = out.emplace_back();
    cells.reserve(kinds.size());
    for (const auto& field : row) {
      if (field.is_null()) {
        cells.emplace_back(null_t{});
        continue;
      }
      auto value = from_postgres_text({field.c_str(), field.size()},
                                      kinds[cells.size()]);
      if (!value)
        return caf::make_error(errc::internal,
                               std::string{"a column of another kind: "}
                                   + field.name());
      cells.push_back(std::move(*value));
    }
  }
  return out;
}

} // namespace callboard::storage
