#include "tests/support/temporary_postgres.hpp"

#include "protocols/error.hpp"
#include "storage/database.hpp"
#include "storage/migrate.hpp"

#include <caf/all.hpp>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <grp.h>
#include <libpq-fe.h>
#include <memory>
#include <pwd.h>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

namespace callboard::test {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds start_limit{60};

/// PostgreSQL refuses to run as root.
const passwd* server_account() {
  return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
}

/// The newest of Debian's versions, else whatever the PATH has.
std::string program(const std::string& name) {
  fs::path best;
  int newest = 0;
  std::error_code ignored;
  for (auto& x : fs::directory_iterator{"/usr/lib/postgresql", ignored}) {
    auto version = std::atoi(x.path().filename().c_str());
    if (version > newest && fs::exists(x.path() / "bin" / name)) {
      newest = version;
      best = x.path() / "bin" / name;
    }
  }
  return best.empty() ? name : best.string();
}

/// In the child; never returns.
[[noreturn]] void become(const passwd* account, std::vector<std::string> words,
                         const std::string& log, pid_t parent) {
  auto out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (account != nullptr
      && (::initgroups(account->pw_name, account->pw_gid) != 0
          || ::setgid(account->pw_gid) != 0 || ::setuid(account->pw_uid) != 0))
    ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT); // dies with us; after setuid clears it
  if (::getppid() != parent)
    ::_exit(126);
  std::vector<char*> pointers;
  for (auto& x : words)
    pointers.push_back(x.data());
  pointers.push_back(nullptr);
  ::execvp(pointers[0], pointers.data());
  ::_exit(127);
}

pid_t spawn(std::vector<std::string> words, const fs::path& log) {
  auto* account = server_account();
  auto parent = ::getpid();
  auto child = ::fork();
  if (child == 0)
    become(account, std::move(words), log.string(), parent);
  if (child < 0)
    throw std::runtime_error{"fork failed"};
  return child;
}

[[noreturn]] void give_up(const std::string& what, const fs::path& log) {
  std::ifstream in{log};
  std::stringstream text;
  text << in.rdbuf();
  throw std::runtime_error{what + ": " + text.str()};
}

using session = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

} // namespace

temporary_postgres& temporary_postgres::shared() {
  static temporary_postgres one;
  return one;
}

temporary_postgres::temporary_postgres() {
  if (auto* account = server_account()) {
    if (::chown(folder_.path().c_str(), account->pw_uid, account->pw_gid) != 0)
      throw std::runtime_error{"cannot give the folder away"};
  }
  auto log = folder_.path() / "initdb.log";
  auto child
      = spawn({program("initdb"), "-D", (folder_.path() / "data").string(),
               "-U", "callboard", "-A", "trust", "-E", "UTF8",
               "--locale=C.UTF-8", "--no-sync"},
              log);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0)
    give_up("initdb failed", log);
  start();
}

temporary_postgres::~temporary_postgres() { stop(); }

void temporary_postgres::start(const std::vector<std::string>& more) {
  auto log = folder_.path() / "server.log";
  std::vector<std::string> words{program("postgres"),
                                 "-D",
                                 (folder_.path() / "data").string(),
                                 "-k",
                                 folder_.path().string(),
                                 "-c",
                                 "listen_addresses=",
                                 "-c",
                                 "fsync=off",
                                 "-c",
                                 "full_page_writes=off",
                                 "-c",
                                 "shared_buffers=32MB",
                                 "-c",
                                 "deadlock_timeout=100ms"};
  words.insert(words.end(), more.begin(), more.end());
  server_ = spawn(words, log);
  auto limit = std::chrono::steady_clock::now() + start_limit;
  while (PQping(url("postgres").c_str()) != PQPING_OK) {
    int status = 0;
    if (::waitpid(server_, &status, WNOHANG) == server_) {
      server_ = -1;
      give_up("PostgreSQL ended", log);
    }
    if (std::chrono::steady_clock::now() > limit)
      give_up("PostgreSQL does not answer", log);
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

void temporary_postgres::stop() {
  if (server_ < 0)
    return;
  thaw();                   // a frozen one would not hear of it
  ::kill(server_, SIGQUIT); // at once
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
}

std::string temporary_postgres::give(const std::string& file) const {
  auto target = folder_.path() / fs::path{file}.filename();
  fs::copy_file(file, target, fs::copy_options::overwrite_existing);
  fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
  if (auto* account = server_account())
    if (::chown(target.c_str(), account->pw_uid, account->pw_gid) != 0)
      throw std::runtime_error{"cannot give a file away"};
  return target;
}

namespace {

/// The postmaster and its children.
void signal_all(pid_t server, int number) {
  ::kill(server, number);
  auto id = std::to_string(server);
  std::ifstream children{"/proc/" + id + "/task/" + id + "/children"};
  for (pid_t child = 0; children >> child;)
    ::kill(child, number);
}

} // namespace

void temporary_postgres::freeze() const { signal_all(server_, SIGSTOP); }

void temporary_postgres::thaw() const { signal_all(server_, SIGCONT); }

std::string temporary_postgres::url(const std::string& name) const {
  return "postgresql:///" + name
         + "?user=callboard&host=" + folder_.path().string();
}

void temporary_postgres::run_sql(const std::string& text) const {
  session db{PQconnectdb(url("postgres").c_str()), PQfinish};
  answer done{PQexec(db.get(), text.c_str()), PQclear};
  if (PQresultStatus(done.get()) != PGRES_COMMAND_OK)
    throw std::runtime_error{text + ": " + PQerrorMessage(db.get())};
}

std::string temporary_postgres::create(const std::string& source) {
  auto name = "test_" + std::to_string(++count_);
  run_sql("CREATE DATABASE " + name + " TEMPLATE " + source);
  return url(name);
}

std::string temporary_postgres::empty_database() { return create("template0"); }

std::string temporary_postgres::new_database() {
  if (!has_template_) {
    run_sql("CREATE DATABASE migrated TEMPLATE template0");
    auto place = storage::database::open(url("migrated"));
    if (auto err = storage::migrate(*place->connect()))
      throw std::runtime_error{"migrations failed: " + detail(err)};
    has_template_ = true;
  }
  return create("migrated");
}

} // namespace callboard::test
