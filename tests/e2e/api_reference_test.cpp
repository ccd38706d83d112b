#define CAF_SUITE api_reference
#include "tests/support/answer_check.hpp"
#include "tests/support/api_reference.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

using namespace callboard;
using namespace callboard::test;

namespace {

constexpr std::string_view operations_head = "## Operations\n";
constexpr std::string_view schemas_head = "## Schemas\n";
constexpr std::string_view example_begin = "```bash\n";
constexpr std::string_view example_end = "```\n";

std::filesystem::path page() {
  return std::filesystem::path{std::getenv("CALLBOARD_SOURCE")} / "docs/api.md";
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// docs/api.md in its parts.
struct api_page {
  explicit api_page(std::string_view text) {
    auto from = text.find(operations_head);
    auto to = text.find(schemas_head);
    if (from == text.npos || to == text.npos || to < from)
      throw std::runtime_error{"docs/api.md lacks Operations or Schemas"};
    introduction = text.substr(0, from);
    schemas = text.substr(to + schemas_head.size());
    auto operations = text.substr(from, to - from);
    introduction += operations.substr(0, operations.find("\n### "));
    for (auto at = operations.find("\n### "); at != operations.npos;) {
      auto next = operations.find("\n### ", at + 1);
      add(operations.substr(at + 1,
                            next == operations.npos ? next : next - at));
      at = next;
    }
  }

  std::string introduction; ///< up to the first operation
  std::string schemas;
  std::vector<std::string> order;           ///< the headings
  std::map<std::string, std::string> texts; ///< by heading, without examples
  std::map<std::string, std::string> examples;

private:
  void add(std::string_view section) {
    auto line = section.find('\n');
    std::string heading{section.substr(0, line)};
    section.remove_prefix(std::min(section.size(), line + 2));
    order.push_back(heading);
    auto begin = section.find(example_begin);
    texts[heading] = section.substr(0, begin);
    if (begin == section.npos)
      return;
    section.remove_prefix(begin + example_begin.size());
    examples[heading] = section.substr(0, section.find(example_end));
  }
};

std::string rewritten(const api_page& old) {
  auto& document = answer_check::shared().document();
  auto out = old.introduction;
  for (auto& x : reference_of(document)) {
    auto found = old.examples.find(x.heading);
    out += '\n' + x.heading + "\n\n" + x.text + '\n';
    out += std::string{example_begin}
           + (found == old.examples.end() ? "" : found->second)
           + std::string{example_end};
  }
  return out + '\n' + std::string{schemas_head} + '\n' + schemas_text(document);
}

/// The status that its last line names: `... # 201`.
std::string expected_status(const std::string& example) {
  auto mark = example.rfind("# ");
  return mark == example.npos ? "" : example.substr(mark + 2, 3);
}

/// All examples as one script, for they go on from one another; each prints its
/// heading and the status of its last answer.
std::string script_of(const api_page& from, uint16_t port) {
  std::string out
      = "curl() { command curl -sS -D head \"$@\"; }\n"
        "status() { sed -n 's/^HTTP[^ ]* \\([0-9]*\\).*/\\1/p' head "
        "| tail -n 1; }\n";
  for (auto& heading : from.order) {
    out += "rm -f head\n{\n" + from.examples.at(heading)
           + "} > body 2> problems\n";
    out += "echo \"$(status) " + heading + "\"\n";
  }
  constexpr std::string_view host = "localhost:8000";
  for (auto at = out.find(host); at != out.npos; at = out.find(host, at))
    out.replace(at, host.size(), "127.0.0.1:" + std::to_string(port));
  return out;
}

} // namespace

CAF_TEST(the reference says what the document says and has all examples) {
  if (std::getenv("CALLBOARD_WRITE_DOCS") != nullptr) {
    auto text = rewritten(api_page{content(page())});
    std::ofstream{page()} << text;
  }
  api_page found{content(page())};
  auto& document = answer_check::shared().document();
  size_t place = 0;
  for (auto& x : reference_of(document)) {
    if (place >= found.order.size() || found.order[place++] != x.heading)
      CAF_ERROR("is missing or at another place: " << x.heading);
    if (found.texts[x.heading] != x.text + '\n')
      CAF_ERROR("is out of date, CALLBOARD_WRITE_DOCS=1 writes it anew: "
                << x.heading << '\n'
                << x.text);
    auto example = found.examples[x.heading];
    if (example.find("curl ") == example.npos
        || expected_status(example).empty())
      CAF_ERROR("has no example with its status: " << x.heading);
  }
  CAF_CHECK_EQUAL(found.order.size(), place);
  CAF_CHECK(found.schemas == '\n' + schemas_text(document));
}

CAF_TEST(every example is answered as it says) {
  api_page from{content(page())};
  auto x = serve_sqlite();
  auto folder = x->folder.path() / "examples";
  std::filesystem::create_directory(folder);
  std::ofstream{folder / "all.sh"} << script_of(from, x->server.port());
  auto command
      = "cd " + folder.string() + " && timeout 200 bash all.sh > seen 2>&1";
  CAF_CHECK_EQUAL(std::system(command.c_str()), 0);
  std::istringstream seen{content(folder / "seen")};
  std::map<std::string, std::string> statuses;
  for (std::string line; std::getline(seen, line);)
    if (auto space = line.find(' '); space != line.npos)
      statuses[line.substr(space + 1)] = line.substr(0, space);
  for (auto& heading : from.order)
    if (statuses[heading] != expected_status(from.examples[heading]))
      CAF_ERROR(heading << " was answered " << statuses[heading]
                        << " instead of "
                        << expected_status(from.examples[heading]));
}
