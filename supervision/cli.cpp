#include "supervision/cli.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <sstream>

namespace callboard {

namespace {

constexpr int mistake = 2;

constexpr auto settings_note
    = "Every option is also an environment variable: --db-pool-size is "
      "DB_POOL_SIZE.\n"
      "Later sources win: defaults, .env, environment, NAME_FILE of a secret, "
      "options.\n"
      "Pass secrets as files or variables: options are visible to other users.";

constexpr auto examples
    = "Examples:\n"
      "  callboard serve                        SQLite in ./data, port 8000\n"
      "  callboard serve --port 0 --workers 2   a free port, two event loops\n"
      "  callboard admin create --username ada --email ada@example.com\n"
      "  callboard config                       what the settings come to\n"
      "\n"
      "callboard COMMAND --help lists the options of a command.";

/// `TCP port to listen on; 0 picks a free one. Default: 8000`
std::string description_of(const setting& what) {
  std::string result{what.about};
  auto value = what.fallback.empty() ? shown_value(config{}, what)
                                     : std::string{what.fallback};
  if (what.fallback.empty() && what.shown != privacy::open)
    value = {};
  return result + ". Default: " + (value.empty() ? "none" : value);
}

void add_setting(CLI::App& to, const setting& what, const std::string& group,
                 setting_options& values) {
  auto add = [&](std::string name, const std::string& form,
                 const std::string& about) {
    auto keep = [&values, name](const std::string& text) {
      values.values.emplace_back(name, text);
    };
    to.add_option_function<std::string>(option_name(name), keep, about)
        ->type_name(form)
        ->take_last()
        ->group(group);
  };
  add(std::string{what.name}, value_form(what), description_of(what));
  if (what.has_file())
    add(std::string{what.name} + "_FILE", "FILE",
        "file that holds the value of " + option_name(what.name));
}

using setting_filter = bool (*)(const setting_group&, const setting&);

void add_settings(CLI::App& to, setting_options& values,
                  setting_filter wanted) {
  to.add_option("--env-file", values.env_file,
                "file of NAME=value lines to read instead of .env")
      ->type_name("FILE")
      ->take_last();
  for (auto& group : setting_groups())
    for (auto& what : group.settings)
      if (wanted(group, what))
        add_setting(to, what, std::string{group.title}, values);
  to.footer(settings_note);
}

bool any_setting(const setting_group&, const setting&) { return true; }

/// What it takes to open the database and to hash a password.
bool needed_for_admin(const setting_group& group, const setting& what) {
  return group.title == "Database" || what.name == "DATA_DIR"
         || what.name == "ENVIRONMENT" || what.name == "PASSWORD_COST";
}

/// The grammar, and the commands it fills.
class grammar {
public:
  grammar() {
    app_.set_version_flag("--version", "callboard " CALLBOARD_VERSION);
    app_.require_subcommand(0, 1);
    app_.footer(examples);
    app_.get_formatter()->column_width(44);
    add_settings(*serve_app_, serve_.settings, any_setting);
    add_settings(*config_app_, config_.settings, any_setting);
    add_tree();
    add_admin();
  }

  command parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      std::ostringstream out;
      std::ostringstream err;
      int code = app_.exit(error, out, err);
      return early_exit{code == 0 ? 0 : mistake, out.str(), err.str()};
    }
    if (serve_app_->parsed())
      return serve_;
    if (config_app_->parsed())
      return config_;
    if (tree_app_->parsed())
      return tree_;
    if (create_app_->parsed())
      return create_;
    auto& unfinished = admin_app_->parsed() ? *admin_app_ : app_;
    return early_exit{mistake, {}, unfinished.help()};
  }

private:
  void add_tree() {
    tree_app_
        ->add_option("--url", tree_.url,
                     "the server. Default: this machine, at PORT of the "
                     "environment and .env")
        ->type_name("URL");
    tree_app_
        ->add_option(
            "--token", tree_.token,
            "access token of an admin; better in CALLBOARD_TOKEN, where "
            "other users do not see it")
        ->envname("CALLBOARD_TOKEN")
        ->type_name("TOKEN");
  }

  void add_admin() {
    create_app_
        ->add_option("--username", create_.username, "name to log in with")
        ->type_name("NAME")
        ->required();
    create_app_->add_option("--email", create_.email, "e-mail address")
        ->type_name("ADDRESS")
        ->required();
    create_app_
        ->add_option("--password-file", create_.password_file,
                     "file that holds the password; - is standard input. "
                     "Default: ask for it")
        ->type_name("FILE");
    add_settings(*create_app_, create_.settings, needed_for_admin);
  }

  CLI::App app_{"Callboard: the server of a board that plans and runs tasks of "
                "agents, over REST and WebSocket.",
                "callboard"};
  CLI::App* serve_app_ = app_.add_subcommand("serve", "run the server");
  CLI::App* config_app_ = app_.add_subcommand(
      "config", "show the effective settings and where they come from, then "
                "whether they would do");
  CLI::App* tree_app_ = app_.add_subcommand(
      "tree", "show the supervision tree of a running server");
  CLI::App* admin_app_ = app_.add_subcommand("admin", "manage administrators");
  CLI::App* create_app_
      = admin_app_->add_subcommand("create", "make an administrator's account");
  serve_command serve_;
  config_command config_;
  tree_command tree_;
  create_admin_command create_;
};

} // namespace

config_sources sources_of(const setting_options& x) {
  return {process_environment(), x.values, x.env_file};
}

command parse_command_line(int argc, const char* const* argv) {
  return grammar{}.parse(argc, argv);
}

} // namespace callboard
