#include "tests/support/synced.hpp"

#include "protocols/error.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace callboard::test {

namespace fs = std::filesystem;

fs::path schedule_of(const served& x) {
  return x.folder.path() / "data/config/schedule_config.yml";
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void edit(const fs::path& file, std::string_view bytes) {
  fs::create_directories(file.parent_path());
  auto fresh = file.parent_path() / "editor";
  std::ofstream{fresh, std::ios::binary} << bytes;
  fs::rename(fresh, file);
}

std::string task_line(int64_t id, std::string_view more) {
  return "  - {id: " + std::to_string(id)
         + ", skill_name: from-yaml, schedule_cron: '0 9 * * *'"
         + std::string{more} + "}\n";
}

std::vector<schedule_entry> entries_of(const fs::path& file) {
  if (!fs::exists(file))
    return {};
  auto got = actors::parse_schedule(bytes_of(file), now(), now());
  if (!got)
    throw std::runtime_error{detail(got.error())};
  return std::move(*got);
}

const schedule_entry* find_entry(const std::vector<schedule_entry>& all,
                                 int64_t id) {
  auto i = std::find_if(all.begin(), all.end(),
                        [&](auto& x) { return x.values.id == id; });
  return i == all.end() ? nullptr : &*i;
}

int logged(const served& x, std::string_view message) {
  return logged(x.server, message);
}

int logged(const server_process& x, std::string_view message) {
  auto wanted = "\"message\":\"" + std::string{message} + '"';
  auto text = x.output();
  int out = 0;
  for (auto at = text.find(wanted); at != text.npos;
       at = text.find(wanted, at + 1))
    ++out;
  return out;
}

answer trigger(served& x, const std::string& direction, bool force) {
  return x.client.post("/api/sync/trigger",
                       "{\"direction\":\"" + direction
                           + "\",\"force\":" + (force ? "true}" : "false}"));
}

answer resolve(served& x, const std::string& conflict_id,
               const std::string& choice) {
  return x.client.post("/api/sync/conflicts/" + conflict_id + "/resolve",
                       "{\"choice\":\"" + choice + "\"}");
}

} // namespace callboard::test
