// Any bytes: what is taken as a schedule is written so that it reads back to
// the same.
#include "actors/schedule_file.hpp"
#include "actors/yaml.hpp"
#include "protocols/json.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace callboard;
  using namespace callboard::actors;
  std::string_view text{reinterpret_cast<const char*>(bytes), size};
  constexpr timestamp now{1'800'000'000'000};
  if (auto tree = read_yaml(text))
    (void)json_of(*tree);
  auto once = parse_schedule(text, now, now);
  if (!once)
    return 0;
  auto again = parse_schedule(
      render_schedule(*once, {now, sync_source::database, 1}), now, now);
  if (!again || again->size() != once->size())
    std::abort();
  for (size_t i = 0; i < once->size(); ++i)
    if (schedule_json((*again)[i]).text != schedule_json((*once)[i]).text)
      std::abort();
  return 0;
}
