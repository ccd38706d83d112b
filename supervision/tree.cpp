#include "supervision/tree.hpp"

namespace callboard {

namespace {

void write_crash(json_writer& out, const crash& x) {
  out.StartObject();
  out.Key("reason");
  out.String(x.reason);
  out.Key("message_type");
  out.String(x.message_type);
  out.Key("at");
  out.String(to_string(x.at));
  out.Key("restarts");
  out.Uint64(x.restarts);
  out.EndObject();
}

std::string text_of(const json_value& node, const char* name) {
  auto i = node.FindMember(name);
  if (i == node.MemberEnd())
    return {};
  return i->value.IsString() ? i->value.GetString() : canonical(i->value);
}

void append_node(std::string& out, const json_value& node, size_t depth) {
  out += std::string(depth * 2, ' ') + text_of(node, "id");
  if (auto strategy = text_of(node, "strategy"); !strategy.empty())
    out += " (" + strategy + ", " + text_of(node, "child_count") + " children)";
  out += "  " + text_of(node, "state") + ", " + text_of(node, "policy")
         + ", up " + text_of(node, "uptime_ms") + " ms, "
         + text_of(node, "restarts") + " restarts, " + text_of(node, "messages")
         + " messages, backlog " + text_of(node, "backlog");
  if (auto i = node.FindMember("last_crash");
      i != node.MemberEnd() && i->value.IsObject())
    out += "\n" + std::string(depth * 2 + 2, ' ') + "! "
           + text_of(i->value, "at") + ' ' + text_of(i->value, "reason")
           + " on " + text_of(i->value, "message_type");
  out += '\n';
  if (auto i = node.FindMember("children"); i != node.MemberEnd())
    for (auto& x : i->value.GetArray())
      append_node(out, x, depth + 1);
}

} // namespace

void write_tree(json_writer& out, const child& x) {
  out.StartObject();
  out.Key("id");
  out.String(x.id());
  out.Key("kind");
  auto strategy = x.supervises();
  out.String(strategy ? "supervisor" : "actor");
  if (strategy) {
    out.Key("strategy");
    out.String(to_string(*strategy));
  }
  out.Key("policy");
  out.String(to_string(x.policy()));
  out.Key("state");
  out.String(to_string(x.state()));
  out.Key("uptime_ms");
  out.Int64(x.uptime_ms());
  out.Key("restarts");
  out.Uint64(x.restarts());
  out.Key("messages");
  out.Uint64(x.messages());
  out.Key("backlog");
  out.Uint64(x.backlog());
  out.Key("waiting_ms");
  out.Int64(x.waiting_ms());
  out.Key("last_crash");
  if (auto why = x.last_crash())
    write_crash(out, *why);
  else
    out.Null();
  if (strategy) {
    out.Key("child_count");
    out.Uint64(x.child_count());
    out.Key("children");
    out.StartArray();
    for (auto& y : x.children(max_shown_children))
      write_tree(out, *y);
    out.EndArray();
  }
  out.EndObject();
}

std::string tree_text(const json_value& answer) {
  std::string out;
  for (auto& loop : answer["loops"].GetArray())
    out += "loop " + text_of(loop, "index") + "  " + text_of(loop, "jobs")
           + " jobs, blocked " + text_of(loop, "blocked") + " times, worst "
           + text_of(loop, "worst_ms") + " ms"
           + (text_of(loop, "last_blocked_by").empty()
                  ? ""
                  : ", last by " + text_of(loop, "last_blocked_by"))
           + '\n';
  append_node(out, answer["tree"], 0);
  return out;
}

} // namespace callboard
