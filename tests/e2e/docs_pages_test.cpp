#define CAF_SUITE docs_pages
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>

using namespace callboard;
using namespace callboard::test;

namespace {

/// What a command prints, up to its last line.
std::string output_of(const std::string& command) {
  std::string out;
  auto* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> block{};
  while (pipe != nullptr) {
    auto n = std::fread(block.data(), 1, block.size(), pipe);
    if (n == 0)
      break;
    out.append(block.data(), n);
  }
  if (pipe != nullptr)
    pclose(pipe);
  return out;
}

std::string text(const json_document& seen, const char* name) {
  return seen.IsObject() && seen.HasMember(name) && seen[name].IsString()
             ? seen[name].GetString()
             : "";
}

} // namespace

CAF_TEST(the pages render under their policies and try things out) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto* kept = std::getenv("CALLBOARD_SCREENSHOTS");
  auto folder = kept != nullptr ? std::string{kept} : x->folder.path().string();
  auto printed
      = output_of("node " + std::string{std::getenv("CALLBOARD_SOURCE")}
                  + "/tests/browser/docs_pages.mjs http://127.0.0.1:"
                  + std::to_string(x->server.port()) + ' ' + x->client.token
                  + ' ' + folder + " 2>&1");
  json_document seen;
  json_problem why;
  if (!parse_json(printed, seen, why))
    CAF_FAIL("the browser's report is none: " << printed);
  for (auto& complaint : seen["complaints"].GetArray())
    CAF_ERROR("the browser complains: " << complaint.GetString());
  CAF_CHECK(text(seen, "swaggerTitle").starts_with("RUV SPARC UI Dashboard"));
  CAF_CHECK(seen.HasMember("swaggerOperations")
            && seen["swaggerOperations"].GetInt() > 80);
  CAF_CHECK_EQUAL(text(seen, "triedStatus"), "200");
  CAF_CHECK(text(seen, "triedBody").find("\"username\": \"ann\"")
            != std::string::npos);
  CAF_CHECK(text(seen, "redocTitle").starts_with("RUV SPARC UI Dashboard"));
  CAF_CHECK(seen.HasMember("redocOperations")
            && seen["redocOperations"].GetInt() > 80);
  CAF_CHECK(!text(seen, "redocFound").empty());
}
