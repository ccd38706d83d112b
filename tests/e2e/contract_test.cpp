#define CAF_SUITE contract
#include "tests/support/answer_check.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

using namespace callboard;
using namespace callboard::test;

namespace {

std::filesystem::path source(const char* file) {
  return std::filesystem::path{std::getenv("CALLBOARD_SOURCE")} / file;
}

// -- the contract as JSON -----------------------------------------------------

/// A plain scalar as YAML 1.2 reads it.
json_value scalar(const YAML::Node& x, json_document& out) {
  auto text = x.Scalar();
  json_document value;
  json_problem why;
  auto plain = x.Tag() == "?" || x.Tag().empty();
  if (plain && parse_json(text, value, why))
    return json_value{value, out.GetAllocator()};
  return json_value{text, out.GetAllocator()};
}

json_value converted(const YAML::Node& x, json_document& out) {
  auto& memory = out.GetAllocator();
  if (x.IsScalar())
    return scalar(x, out);
  json_value made;
  if (x.IsSequence()) {
    made.SetArray();
    for (auto item : x)
      made.PushBack(converted(item, out), memory);
  } else if (x.IsMap()) {
    made.SetObject();
    for (auto item : x)
      made.AddMember(json_value{item.first.Scalar(), memory},
                     converted(item.second, out), memory);
  }
  return made;
}

json_document contract() {
  json_document out;
  auto root = converted(YAML::LoadFile(source("docs/contract.yaml")), out);
  static_cast<json_value&>(out).Swap(root);
  return out;
}

// -- what is compared ---------------------------------------------------------

/// `/a/{task_id}` -> `/a/{}`: names of path parameters are ours to choose.
std::string anonymous(std::string_view path) {
  std::string out;
  for (bool inside = false; char c : path) {
    inside = inside && c != '}';
    if (!inside)
      out += c;
    inside = inside || c == '{';
  }
  return out;
}

using names = std::set<std::string>;

/// A document with its references followed.
class description {
public:
  explicit description(const json_value& document)
      : document_(document), schemas_(document) {}

  const json_value& at(const json_value& x) const {
    auto* reference = member_of(x, "$ref");
    return reference == nullptr ? x : *schemas_.find(reference->GetString());
  }

  /// `GET /a/{}` -> its operation and its path's item.
  using entry = std::pair<const json_value*, const json_value*>;
  std::map<std::string, entry> operations() const {
    std::map<std::string, entry> out;
    for (auto& path : document_["paths"].GetObject())
      for (auto method : {"get", "post", "put", "patch", "delete"})
        if (auto* x = member_of(path.value, method)) {
          std::string name = method;
          for (auto& c : name)
            c = static_cast<char>(c & ~0x20);
          out[name + ' ' + anonymous(path.name.GetString())] = {x, &path.value};
        }
    return out;
  }

  /// Name -> schema of the query parameters.
  std::map<std::string, const json_value*> query(const entry& x) const {
    std::map<std::string, const json_value*> out;
    for (auto* place : {x.first, x.second})
      if (auto* list = member_of(*place, "parameters"))
        for (auto& item : list->GetArray()) {
          auto& parameter = at(item);
          if (parameter["in"] == "query")
            out[parameter["name"].GetString()] = &at(parameter["schema"]);
        }
    return out;
  }

  /// The members of an object, or of its parts (`allOf`).
  names members(const json_value& schema, const char* keyword) const {
    names out;
    auto& x = at(schema);
    if (auto* parts = member_of(x, "allOf"))
      for (auto& part : parts->GetArray())
        out.merge(members(part, keyword));
    if (auto* list = member_of(x, keyword)) {
      if (list->IsArray())
        for (auto& item : list->GetArray())
          out.insert(item.GetString());
      else
        for (auto& item : list->GetObject())
          out.insert(item.name.GetString());
    }
    return out;
  }

  /// The JSON schema of a body or an answer; null if it has none.
  const json_value* json_schema(const json_value* x) const {
    auto* content = x == nullptr ? nullptr : member_of(at(*x), "content");
    auto* json = content == nullptr ? nullptr
                                    : member_of(*content, "application/json");
    return json == nullptr ? nullptr : &at((*json)["schema"]);
  }

  bool open(const entry& x) const {
    auto* security = member_of(*x.first, "security");
    return security != nullptr && security->Empty();
  }

private:
  const json_value& document_;
  schema_check schemas_;
};

/// All that the contract promises and ours does not, or says otherwise.
class comparison {
public:
  comparison(const json_value& theirs, const json_value& ours)
      : theirs_(theirs), ours_(ours) {}

  names differences() {
    auto known = ours_.operations();
    for (auto& [name, wanted] : theirs_.operations()) {
      name_ = name;
      auto found = known.find(name);
      if (found == known.end())
        report("is absent");
      else
        compare(wanted, found->second);
    }
    return std::move(out_);
  }

private:
  void report(const std::string& what) { out_.insert(name_ + ' ' + what); }

  void compare(const description::entry& a, const description::entry& b) {
    if (theirs_.open(a) != ours_.open(b))
      report("asks for another authentication");
    compare_queries(a, b);
    compare_bodies(a, b);
    compare_answers((*a.first)["responses"], (*b.first)["responses"]);
  }

  void compare_queries(const description::entry& a,
                       const description::entry& b) {
    auto known = ours_.query(b);
    for (auto& [parameter, schema] : theirs_.query(a)) {
      auto found = known.find(parameter);
      if (found == known.end()) {
        report("has no parameter " + parameter);
        continue;
      }
      for (auto keyword : {"type", "minimum", "maximum", "default"}) {
        auto* want = member_of(*schema, keyword);
        auto* have = member_of(*found->second, keyword);
        if (want != nullptr && (have == nullptr || *want != *have))
          report("has another " + std::string{keyword} + " of " + parameter);
      }
      if (theirs_.members(*schema, "enum")
          != ours_.members(*found->second, "enum"))
        report("has other choices of " + parameter);
    }
  }

  void compare_bodies(const description::entry& a,
                      const description::entry& b) {
    auto* want = theirs_.json_schema(member_of(*a.first, "requestBody"));
    auto* have = ours_.json_schema(member_of(*b.first, "requestBody"));
    if ((want == nullptr) != (have == nullptr))
      return report("has or lacks a body");
    if (want == nullptr)
      return;
    auto known = ours_.members(*have, "properties");
    for (auto& x : theirs_.members(*want, "properties"))
      if (known.count(x) == 0)
        report("does not know the member " + x);
    auto promised = theirs_.members(*want, "required");
    for (auto& x : ours_.members(*have, "required"))
      if (promised.count(x) == 0)
        report("requires the member " + x);
  }

  void compare_answers(const json_value& a, const json_value& b) {
    for (auto& x : a.GetObject()) {
      std::string status = x.name.GetString();
      if (status.ends_with("XX"))
        continue; // whichever they are: ours are named one by one
      auto* have = member_of(b, status);
      if (have == nullptr) {
        report("does not answer " + status);
        continue;
      }
      if (status.front() == '2')
        compare_answer(theirs_.json_schema(&x.value), ours_.json_schema(have));
    }
  }

  void compare_answer(const json_value* want, const json_value* have) {
    if (want == nullptr)
      return;
    if (have == nullptr)
      return report("answers without JSON");
    auto known = ours_.members(*have, "required");
    for (auto& x : theirs_.members(*want, "required"))
      if (known.count(x) == 0)
        report("does not answer the member " + x);
  }

  description theirs_;
  description ours_;
  std::string name_;
  names out_;
};

/// The first column of the tables in docs/differences.md.
names explained() {
  names out;
  std::ifstream in{source("docs/differences.md")};
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view begin = "| `";
    auto end = line.find("` |");
    if (line.starts_with(begin) && end != line.npos)
      out.insert(line.substr(begin.size(), end - begin.size()));
  }
  return out;
}

} // namespace

CAF_TEST(what differs from the contract is explained and nothing else) {
  auto theirs = contract();
  CAF_REQUIRE(theirs.HasMember("paths"));
  auto& ours = answer_check::shared().document();
  auto found = comparison{theirs, ours}.differences();
  auto known = explained();
  for (auto& x : found)
    if (known.count(x) == 0)
      CAF_ERROR("docs/differences.md does not explain: " << x);
  for (auto& x : known)
    if (found.count(x) == 0)
      CAF_ERROR("docs/differences.md explains what is not so: " << x);
}

CAF_TEST(a document without an operation differs) {
  auto theirs = contract();
  json_document less;
  less.CopyFrom(answer_check::shared().document(), less.GetAllocator());
  less["paths"].RemoveMember("/api/v1/tasks");
  less["paths"]["/api/v1/auth/me"]["get"]["responses"].RemoveMember("401");
  less["components"]["schemas"]["User"]["required"].Clear();
  auto found = comparison{theirs, less}.differences();
  for (auto x : {"GET /api/v1/tasks is absent", "POST /api/v1/tasks is absent",
                 "GET /api/v1/auth/me does not answer 401",
                 "GET /api/v1/auth/me does not answer the member email"})
    CAF_CHECK_EQUAL(found.count(x), 1u);
}
