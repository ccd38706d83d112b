// Any bytes: what is read has one canonical text, which reads back to itself.
#include "protocols/entity_json.hpp"
#include "protocols/task.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace callboard;
  std::string_view text{reinterpret_cast<const char*>(bytes), size};
  json_document document;
  json_problem why;
  if (!parse_json(text, document, why))
    return 0;
  auto once = canonical(document);
  json_document again;
  if (!parse_json(once, again, why) || canonical(again) != once)
    std::abort();
  if (document.IsObject()) {
    (void)read_patch<task>(document, &rules::create);
    (void)read_patch<task>(document, &rules::update);
  }
  return 0;
}
