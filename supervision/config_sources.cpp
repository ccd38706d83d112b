#include "supervision/config_sources.hpp"

#include "protocols/error.hpp"
#include "protocols/json.hpp"
#include "supervision/config_checks.hpp"
#include "supervision/env_file.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unistd.h>

namespace callboard {

namespace {

constexpr size_t max_env_file = 1 << 20;     // [bytes]
constexpr size_t max_secret_file = 64 << 10; // [bytes]
constexpr size_t max_shown = 80;             // [bytes] of a refused value

/// Clients of the reference set these; there is no Redis here (A18).
constexpr std::array<std::string_view, 2> retired{"REDIS_URL",
                                                  "REDIS_PASSWORD"};

/// A value and where it was found.
struct candidate {
  std::string value;
  source from = source::fallback;
  std::string where; ///< for people
};

const std::string* find(const named_values& in, std::string_view name) {
  auto i = in.find(name);
  return i == in.end() ? nullptr : &i->second;
}

/// The value of a setting in one source, under its name or its alias.
const std::string* find(const named_values& in, const setting& what,
                        std::string_view suffix) {
  for (auto name : {what.name, what.alias})
    if (!name.empty())
      if (auto value = find(in, std::string{name} + std::string{suffix}))
        return value;
  return nullptr;
}

/// Editors and `echo` end a file with a line end that is no part of a secret.
void drop_line_end(std::string& text) {
  if (text.ends_with('\n'))
    text.pop_back();
  if (text.ends_with('\r'))
    text.pop_back();
}

class loader {
public:
  explicit loader(const config_sources& from) : environment_(from.environment) {
    for (auto& [name, value] : from.options)
      options_[name] = value;
    read_env_file(from.env_file);
  }

  loaded_config run() {
    for (auto what : settings())
      load(*what);
    warn_of_retired();
    check();
    return std::move(result_);
  }

private:
  void read_env_file(const std::optional<std::string>& wanted) {
    auto path = wanted.value_or(".env");
    if (!wanted && ::access(path.c_str(), F_OK) != 0)
      return;
    auto text = read_small_file(path, max_env_file);
    if (!text) {
      problem(path, {}, "cannot be read: " + detail(text.error()));
      return;
    }
    auto parsed = parse_env_file(*text);
    for (auto& [name, value] : parsed.values)
      env_file_[name] = std::move(value);
    for (auto& why : parsed.problems)
      problem(path, {}, std::move(why));
  }

  void load(const setting& what) {
    candidate best;
    take(best, env_file_, what, source::env_file);
    take(best, environment_, what, source::environment);
    bool readable = true;
    if (what.has_file()) {
      // The file that the environment names, before that of the .env file.
      auto path = find(environment_, what, "_FILE");
      if (!path)
        path = find(env_file_, what, "_FILE");
      readable = take_file(best, what, path, source::file);
    }
    take(best, options_, what, source::option);
    if (what.has_file())
      readable &= take_file(best, what, find(options_, what, "_FILE"),
                            source::option);
    bool taken
        = best.from != source::fallback && readable && assign_to(what, best);
    result_.origins.push_back(taken ? best.from : source::fallback);
  }

  static void take(candidate& best, const named_values& in, const setting& what,
                   source from) {
    if (auto value = find(in, what, ""))
      best = {*value, from, std::string{to_string(from)}};
  }

  bool take_file(candidate& best, const setting& what, const std::string* path,
                 source from) {
    if (!path || path->empty())
      return true;
    auto text = read_small_file(*path, max_secret_file);
    if (!text) {
      refused_.insert(std::string{what.name});
      problem(std::string{what.name} + "_FILE", json_quoted(*path),
              "cannot be read: " + detail(text.error()));
      return false;
    }
    drop_line_end(*text);
    best = {std::move(*text), from, "file"};
    return true;
  }

  bool assign_to(const setting& what, const candidate& x) {
    auto why = assign(result_.values, what, x.value);
    if (why.empty())
      return true;
    std::string value;
    if (what.shown == privacy::open)
      value = json_quoted(x.value.substr(0, max_shown));
    refused_.insert(std::string{what.name});
    problem(std::string{what.name}, std::move(value), std::move(why), x.where);
    return false;
  }

  void warn_of_retired() {
    for (auto name : retired)
      if (find(environment_, name) || find(env_file_, name))
        result_.warnings.push_back(std::string{name}
                                   + " is set, but Redis is not used");
  }

  void check() {
    for (auto& x : check_config(result_.values)) {
      // Its value is the default because the given one was refused.
      if (refused_.contains(x.name))
        continue;
      if (x.fatal)
        problem(std::move(x.name), {}, std::move(x.why));
      else
        result_.warnings.push_back(x.name + ' ' + x.why);
    }
  }

  void problem(std::string name, std::string value, std::string why,
               const std::string& where = {}) {
    if (!where.empty())
      name += " (" + where + ')';
    result_.problems.push_back(
        {std::move(name), std::move(value), std::move(why)});
  }

  named_values env_file_;
  const named_values& environment_;
  named_values options_;
  std::set<std::string> refused_; ///< names of settings
  loaded_config result_;
};

void pad(std::string& line, size_t width) {
  line.append(width > line.size() ? width - line.size() : 1, ' ');
}

} // namespace

std::string_view to_string(source x) {
  constexpr std::array<std::string_view, 5> names{
      "default", ".env", "environment", "file", "option"};
  return names[static_cast<size_t>(x)];
}

std::string to_string(const config_problem& x) {
  auto value = x.value.empty() ? std::string{} : ' ' + x.value;
  return x.name + value + ": " + x.why;
}

loaded_config load_config(const config_sources& from) {
  return loader{from}.run();
}

named_values process_environment() {
  named_values result;
  for (auto entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    if (auto equals = text.find('='); equals != text.npos)
      result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

std::string describe(const loaded_config& x) {
  std::string result;
  for (size_t i = 0; i < x.origins.size(); ++i) {
    auto& what = *settings()[i];
    std::string line{what.name};
    pad(line, 28);
    line += shown_value(x.values, what);
    pad(line, 70);
    result += line + to_string(x.origins[i]).data() + '\n';
  }
  return result;
}

} // namespace callboard
