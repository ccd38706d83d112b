#include "protocols/supervised.hpp"

#include <cstdlib>
#include <cxxabi.h>
#include <memory>

namespace callboard {

namespace {

std::string demangled(const std::type_info& type) {
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> text{
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free};
  return text ? text.get() : type.name();
}

/// Builtin types are known to CAF by number alone.
std::string type_name(const caf::message& x, size_t i) {
  auto [number, info] = x.cvals()->type(i);
  if (info != nullptr)
    return demangled(*info);
  auto atom = number == caf::type_nr<caf::atom_value>::value;
  return atom ? x.cvals()->stringify(i) : "builtin";
}

} // namespace

std::string type_names(const caf::message& x) {
  std::string out;
  for (size_t i = 0; i < x.size(); ++i)
    out += (i == 0 ? "" : ", ") + type_name(x, i);
  return out;
}

} // namespace callboard
