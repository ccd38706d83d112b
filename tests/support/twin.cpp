#include "tests/support/twin.hpp"

#include "protocols/timestamp.hpp"

#include <algorithm>
#include <cstdlib>

namespace callboard::test {

namespace {

/// Says something else on each server, or each time.
constexpr std::string_view different[]
    = {"error_id",     "timestamp",        "next_cursor",        "id",
       "execution_id", "similarity_score", "record_id",          "request_id",
       "input",        "search_time_ms",   "unix_timestamp",     "readable",
       "duration_ms",  "avg_duration_ms",  "execution_result_id"};

bool is_different(std::string_view key) {
  return std::find(std::begin(different), std::end(different), key)
         != std::end(different);
}

/// `Task 17 not found` -> `Task # not found`
std::string without_numbers(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c < '0' || c > '9')
      out += c;
    else if (out.empty() || out.back() != '#')
      out += '#';
  return out;
}

void set_text(json_value& x, json_document& owner, const std::string& text) {
  x.SetString(text.c_str(), static_cast<rapidjson::SizeType>(text.size()),
              owner.GetAllocator());
}

} // namespace

twin::twin(std::unique_ptr<served> server) : server_(std::move(server)) {
  for (auto name : {"admin", "ann", "bob"}) {
    auto& client
        = clients_.emplace_back(std::make_unique<api>(server_->server.port()));
    if (std::string_view{name} == "admin")
      client->log_in(name, "Adm1nPassw0rd");
    else
      client->sign_up(name);
  }
}

std::string twin::with_ids(std::string text) const {
  for (size_t at = 0; (at = text.find('{', at)) != text.npos; ++at) {
    auto end = text.find('}', at);
    if (end == text.npos)
      break;
    auto found = ids_.find(text.substr(at + 1, end - at - 1));
    if (found != ids_.end())
      text.replace(at, end - at + 1, std::to_string(found->second));
  }
  return text;
}

answer twin::run(const step& x) {
  auto got
      = clients_[x.who]->send(x.method, with_ids(x.path), with_ids(x.body));
  if (got.status != 201 || x.makes.empty())
    return got;
  auto document = got.json();
  auto& row = document.HasMember("data") ? document["data"] : document;
  if (!row.IsObject() || !row.HasMember("id"))
    return got;
  auto& value = row["id"];
  auto id = value.IsString() ? std::stoll(value.GetString()) : value.GetInt64();
  ids_[x.makes] = id;
  auto& names = x.makes[0] == 't'   ? tasks_
                : x.makes[0] == 'p' ? projects_
                                    : agents_;
  names[id] = x.makes;
  return got;
}

std::string twin::normal(const answer& got) const {
  auto out = std::to_string(got.status) + ' ';
  auto document = got.json();
  if (got.body.empty() || document.IsNull())
    return out + got.body;
  make_normal(document, document, "");
  return out + canonical(document);
}

void twin::make_normal(json_value& x, json_document& owner,
                       std::string_view key) const {
  auto named = [&](const std::map<int64_t, std::string>& names) {
    auto id = x.IsString() ? std::atoll(x.GetString()) : x.GetInt64();
    auto i = names.find(id);
    set_text(x, owner, i == names.end() ? "another" : i->second);
  };
  if (key == "results") { // each database ranks in its own way
    x.SetUint(x.Size());
  } else if (is_different(key) || (key == "loc" && x.IsNumber())) {
    set_text(x, owner, "?");
  } else if (x.IsObject()) {
    for (auto& member : x.GetObject())
      make_normal(member.value, owner,
                  {member.name.GetString(), member.name.GetStringLength()});
  } else if (x.IsArray()) {
    for (auto& item : x.GetArray())
      make_normal(item, owner, key);
  } else if (x.IsNull()) {
    return;
  } else if (key == "project_id" || key == "projectId") {
    named(projects_);
  } else if (key == "agent_id" || key == "agentId") {
    named(agents_);
  } else if (key == "task_id" || key == "taskId" || key == "currentTask") {
    named(tasks_);
  } else if (x.IsString()) {
    std::string text{x.GetString(), x.GetStringLength()};
    if (parse_timestamp(text))
      set_text(x, owner, "T");
    else if (key == "detail" || key == "error" || key == "message"
             || key == "msg" || key == "content")
      set_text(x, owner, without_numbers(text));
  }
}

} // namespace callboard::test
