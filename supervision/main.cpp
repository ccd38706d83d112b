// Executes what the command line asks for.
#include "net/http_get.hpp"
#include "protocols/error.hpp"
#include "protocols/jwt.hpp"
#include "supervision/cli.hpp"
#include "supervision/open_database.hpp"
#include "supervision/password_prompt.hpp"
#include "supervision/secret.hpp"
#include "supervision/serve.hpp"
#include "supervision/tree.hpp"

#include <fstream>
#include <iostream>

namespace {

using namespace callboard;

int failed(const caf::error& err) {
  std::cerr << "callboard: " << detail(err) << '\n';
  return 1;
}

/// All invalid settings at once; then nothing else is done.
bool refuse_problems(const loaded_config& settings) {
  for (auto& x : settings.problems)
    std::cerr << "callboard: " << to_string(x) << '\n';
  return !settings.ok();
}

int run(const early_exit& x) {
  std::cout << x.out;
  std::cerr << x.err;
  return x.code;
}

int run(const serve_command& x) {
  auto settings = load_config(sources_of(x.settings));
  return refuse_problems(settings) ? 2 : serve(settings);
}

int run(const config_command& x) {
  auto settings = load_config(sources_of(x.settings));
  std::cout << describe(settings);
  return refuse_problems(settings) ? 2 : 0;
}

// -- admin create
// -----------------------------------------------------------------

caf::expected<std::string> read_password(const create_admin_command& x) {
  if (!x.password_file)
    return prompt_password("Password for " + x.username + ": ");
  std::string line;
  std::ifstream file;
  if (*x.password_file != "-")
    file.open(*x.password_file);
  auto& in = *x.password_file == "-" ? std::cin : file;
  if (!std::getline(in, line))
    return caf::make_error(errc::bad_request,
                           *x.password_file + ": no password there");
  return line;
}

/// The violations of a rejected account, a line each.
void print_violations(const caf::error& err) {
  auto list = parse_json(detail(err));
  if (!list || !list->IsArray())
    return;
  for (auto& item : list->GetArray()) {
    auto& loc = item["loc"];
    std::cerr << "callboard: " << loc[loc.Size() - 1].GetString() << ": "
              << item["msg"].GetString() << '\n';
  }
}

int run(const create_admin_command& x) {
  auto settings = load_config(sources_of(x.settings));
  if (refuse_problems(settings))
    return 2;
  auto password = read_password(x);
  if (!password)
    return failed(password.error());
  auto database = open_database(settings.values);
  if (!database)
    return failed(database.error());
  auto made = create_admin(**database, settings.values,
                           {x.username, x.email, *password}, false);
  if (!made && classify(made.error()) == errc::rejected) {
    print_violations(made.error());
    return 1;
  }
  if (!made)
    return failed(made.error());
  std::cout << "admin " << x.username << " created\n";
  return 0;
}

// -- tree
// ---------------------------------------------------------------------------

/// Who can read the server's key may look at its tree, for a minute.
caf::expected<std::string> operator_token(const config& settings) {
  auto key = existing_secret_key(settings);
  if (!key)
    return key.error();
  claims who;
  who.type = token_type::operator_;
  who.iat = now().ms / 1000;
  who.exp = who.iat + 60;
  return sign_jwt(signing_key{*key}, who);
}

std::string local_url(const config& settings) {
  return (settings.ssl_certfile.empty() ? "http" : "https")
         + ("://127.0.0.1:" + std::to_string(settings.port));
}

int run(const tree_command& x) {
  auto settings = load_config(sources_of({}));
  if (refuse_problems(settings))
    return 2;
  auto token = x.token.empty() ? operator_token(settings.values)
                               : caf::expected<std::string>{x.token};
  if (!token)
    return failed(token.error());
  auto url = x.url.empty() ? local_url(settings.values) : x.url;
  auto answer = net::http_get(url + "/api/v1/supervision/tree", *token);
  if (!answer)
    return failed(answer.error());
  auto body = parse_json(answer->body);
  if (answer->status != 200 || !body) {
    std::cerr << "callboard: " << url << " answered " << answer->status << ": "
              << answer->body << '\n';
    return 1;
  }
  std::cout << tree_text(*body);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  return std::visit([](const auto& x) { return run(x); },
                    parse_command_line(argc, argv));
}
