// JSON from and to declarations: what clients read, what they may write, and
// what an audit entry says.
#pragma once

#include "protocols/entity.hpp"
#include "protocols/json.hpp"

#include <caf/expected.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace callboard {

/// Writes the shown fields as members of the object that `out` is in.
template <class T>
void write_members(json_writer& out, const T& row) {
  for_each_field<T>([&](auto& x, size_t) {
    if (!x.rule.shown)
      return;
    out.Key(x.name);
    write_json(out, row.*x.member);
  });
}

/// `{"field":{"new":...,"old":...}}` of what differs; empty if nothing does.
template <class T>
std::string changed_fields(const T& before, const T& after) {
  std::string out;
  json_writer writer{out};
  std::vector<std::pair<std::string_view, std::string>> changes;
  for_each_field<T>([&](auto& x, size_t) {
    if (!x.rule.audited || before.*x.member == after.*x.member)
      return;
    std::string text;
    json_writer item{text};
    item.StartObject();
    item.Key("new");
    x.rule.secret ? void(item.String("***"))
                  : write_json(item, after.*x.member);
    item.Key("old");
    x.rule.secret ? void(item.String("***"))
                  : write_json(item, before.*x.member);
    item.EndObject();
    changes.emplace_back(x.column(), std::move(text));
  });
  if (changes.empty())
    return out;
  std::sort(changes.begin(), changes.end());
  writer.StartObject();
  for (auto& [name, text] : changes) {
    writer.Key(name);
    writer.raw(text);
  }
  writer.EndObject();
  return out;
}

// -- reading ------------------------------------------------------------------

/// One member of a request body on its way into a value.
struct member_input {
  const json_value& value;
  std::string_view name;
  const rules& rule;
  violations& problems;

  /// Adds a violation with this member's place and input.
  void refuse(std::string type, std::string msg, std::string ctx = {}) const;
};

/// Each reads the value, or adds the violation that says why not.
void read_json(const member_input& in, std::string& out);
void read_json(const member_input& in, int64_t& out);
void read_json(const member_input& in, bool& out);
void read_json(const member_input& in, timestamp& out);
void read_json(const member_input& in, json_text& out);

template <named_enum E>
void read_json(const member_input& in, E& out) {
  if (in.value.IsString())
    if (auto x
        = enum_from<E>({in.value.GetString(), in.value.GetStringLength()})) {
      out = *x;
      return;
    }
  auto expected = choices<E>();
  in.refuse("enum", "Input should be " + expected,
            "{\"expected\":" + json_quoted(expected) + '}');
}

template <class T>
void read_json(const member_input& in, std::optional<T>& out) {
  if (in.value.IsNull())
    out.reset();
  else
    read_json(in, out.emplace());
}

/// A body that must be a JSON object; all else is `rejected`.
caf::expected<json_document> parse_object(std::string_view body);

/// The input as a violation shows it: JSON, `null` if larger than 1 KiB.
std::string echo(const json_value& value);

/// A whole body in a violation: never one that may hold a secret.
template <declared T>
std::string echo_of(const json_value& body) {
  bool secret = false;
  for_each_field<T>([&](auto& x, size_t) { secret |= x.rule.secret; });
  return secret ? "null" : echo(body);
}

/// One `extra_forbidden` for each member that no field takes.
template <declared T>
void refuse_extra(const json_value& body, given rules::*when,
                  violations& problems) {
  for (auto& member : body.GetObject()) {
    std::string_view name{member.name.GetString(),
                          member.name.GetStringLength()};
    bool known = false;
    for_each_field<T>([&](auto& x, size_t) {
      known |= x.name == name && x.rule.*when != given::never;
    });
    if (!known)
      problems.push_back({"extra_forbidden", location("body", name),
                          "Extra inputs are not permitted",
                          echo(member.value)});
  }
}

/// Reads the fields whose rule `when` (`&rules::create`, `&rules::update`)
/// allows it from a request body; all others are ignored, or refused where the
/// entity is `closed`. All violations at once.
template <declared T>
caf::expected<patch<T>> read_patch(const json_value& body, given rules::*when) {
  patch<T> out;
  violations problems;
  for_each_field<T>([&](auto& x, size_t i) {
    if (x.rule.*when == given::never)
      return;
    auto found = body.FindMember(json_value{rapidjson::StringRef(
        x.name.data(), static_cast<rapidjson::SizeType>(x.name.size()))});
    if (found == body.MemberEnd()) {
      if (x.rule.*when == given::required)
        problems.push_back({"missing", location("body", x.name),
                            "Field required", echo_of<T>(body)});
      return;
    }
    auto& value = found->value;
    if (value.IsNull() && x.rule.null == null_input::ignored)
      return;
    if (value.IsNull() && x.rule.null == null_input::resets) {
      out.values.*x.member = T{}.*x.member;
      out.set |= uint64_t{1} << i;
      return;
    }
    read_json(member_input{value, x.name, x.rule, problems},
              out.values.*x.member);
    out.set |= uint64_t{1} << i;
  });
  if constexpr (requires { entity<T>::closed; })
    if (when == entity<T>::closed)
      refuse_extra<T>(body, when, problems);
  if constexpr (requires { entity<T>::check(out, when, problems); })
    entity<T>::check(out, when, problems); // rules between fields
  if (!problems.empty())
    return rejection(problems);
  return out;
}

} // namespace callboard
