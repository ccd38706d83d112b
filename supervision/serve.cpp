#include "supervision/serve.hpp"

#include "net/edge.hpp"
#include "net/listener.hpp"
#include "net/openapi.hpp"
#include "net/reply_port.hpp"
#include "net/routes.hpp"
#include "net/runtime.hpp"
#include "net/tls.hpp"
#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "protocols/system_config.hpp"
#include "supervision/application.hpp"
#include "supervision/open_database.hpp"
#include "supervision/root_watch.hpp"
#include "supervision/secret.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>
#include <time.h>

namespace callboard {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// The graces of the tree add up to less, unless a thread is stuck.
constexpr auto tree_limit = 60s;

/// The signals that end us; blocked in all threads, taken by the main one.
sigset_t ending_signals() {
  sigset_t out;
  sigemptyset(&out);
  sigaddset(&out, SIGTERM);
  sigaddset(&out, SIGINT);
  return out;
}

/// The next of them within `limit`, or 0.
int wait_for_signal(std::chrono::milliseconds limit,
                    const sigset_t& set = ending_signals()) {
  auto end = clock::now() + limit;
  while (true) {
    auto left = std::max(end - clock::now(), clock::duration::zero());
    auto s = std::chrono::duration_cast<std::chrono::seconds>(left);
    timespec t{s.count(), (left - s) / 1ns};
    auto got = sigtimedwait(&set, nullptr, &t);
    if (got > 0)
      return got;
    if (errno != EINTR) // a debugger, or a sanitizer at the exit
      return 0;
  }
}

[[noreturn]] void end_at_once(const char* why) {
  log::write(log::level::critical, "stop", why);
  log::stop();
  std::_Exit(1);
}

int failed(const caf::error& err) {
  log::write(log::level::critical, "start", detail(err));
  return 1;
}

net::edge_settings edge_settings_of(const config& x, std::string key) {
  net::edge_settings out;
  out.app_name = x.app_name;
  out.environment = to_string(x.environment);
  out.keys = signing_keys{std::move(key), x.jwt_previous_secret_key};
  out.access_lifetime = x.jwt_expiration;
  out.refresh_lifetime = x.jwt_refresh_expiration;
  out.single_user = x.auth_single_user_id;
  out.login_backoff = x.login_free_failures > 0;
  out.rate_limit = x.rate_limit_enabled;
  out.rate_limit_exempt = x.rate_limit_exempt;
  out.trusted_proxies = x.trusted_proxies;
  out.cors_origins = x.cors_origins;
  out.check_host = x.environment == environment::production;
  out.allowed_hosts = x.allowed_hosts;
  out.trust_request_id = x.trust_request_id;
  out.max_in_flight = x.max_in_flight;
  out.rate_limit_ws = x.rate_limit_ws_per_minute > 0;
  out.ws.total = x.ws_max_connections;
  out.ws.per_address = x.ws_max_connections_per_ip;
  out.deadline = x.db_deadline;
  out.access_log = x.access_log;
  out.workers = x.workers;
  out.static_dir = x.static_dir;
  return out;
}

net::listener_settings listener_settings_of(const config& x) {
  net::listener_settings out;
  out.host = x.host;
  out.port = static_cast<uint16_t>(x.port);
  out.max_connections = x.max_connections;
  out.limits.body = static_cast<size_t>(x.max_body_bytes);
  out.limits.header_timeout = x.header_timeout;
  out.limits.body_timeout = x.body_timeout;
  out.limits.write_timeout = x.write_timeout;
  out.limits.keep_alive = x.keep_alive_timeout;
  out.limits.request_timeout = x.request_timeout;
  return out;
}

/// Everything of a running server, in the order of its start.
class server {
public:
  server(const config& settings, std::string key,
         std::shared_ptr<storage::database> database, stream_mark_ptr stream)
      : settings_(settings),
        loops_({static_cast<size_t>(settings.workers),
                settings.scheduler == scheduling::sharing}),
        app_(settings, std::move(database), std::move(stream)) {
    shared_.settings = edge_settings_of(settings, std::move(key));
    net::add_routes(shared_.table);
    shared_.document
        = net::openapi_json(shared_.table, settings.app_name + " API");
    app_.connect(shared_);
    shared_.tree = [this] { return app_.tree_json(loops_); };
    shared_.root = app_.root();
    shared_.loops = [this] { return loops_.gauges(); };
    shared_.refused_connections = [this] { return listener_->refused(); };
    loops_.configure(cfg_);
  }

  int run() {
    system_ = std::make_unique<caf::actor_system>(cfg_);
    system_->await_actors_before_shutdown(false); // we wait, with a limit
    loops_.start();
    auto root = app_.start(*system_, loops_);
    watcher_ = system_->spawn(watch_root, root, watch_);
    if (auto err = listen()) {
      stop_tree(root);
      tear_down();
      return failed(err);
    }
    while (true) {
      auto got = wait_for_signal(1s, signals_);
      if (got == SIGHUP)
        reload_certificate();
      else if (got != 0)
        break;
    }
    drain();
    stop_tree(root);
    tear_down();
    log::info("stop", "stopped");
    return gave_up_ ? 1 : 0;
  }

private:
  caf::error listen() {
    auto wanted = listener_settings_of(settings_);
    if (!settings_.ssl_certfile.empty()) {
      auto tls = net::make_tls_context(settings_.ssl_certfile,
                                       settings_.ssl_keyfile);
      if (!tls)
        return tls.error();
      wanted.tls = *tls;
      sigaddset(&signals_, SIGHUP);
    }
    std::vector<net::http_handler*> handlers;
    for (auto& loop : loops_.loops()) {
      ports_.push_back(std::make_unique<net::port_handle>(*system_, *loop));
      edges_.push_back(std::make_unique<net::edge>(shared_, **ports_.back()));
      handlers.push_back(edges_.back().get());
    }
    auto tls = wanted.tls != nullptr;
    listener_ = std::make_unique<net::listener>(loops_, std::move(wanted),
                                                handlers, shared_.connections);
    auto port = listener_->start();
    if (!port)
      return port.error();
    log::info("start", "listening",
              {{"host", settings_.host},
               {"port", int64_t{*port}},
               {"tls", tls},
               {"loops", settings_.workers},
               {"version", CALLBOARD_VERSION}});
    return caf::none;
  }

  /// Connections that are open keep the old one. A file that does not fit
  /// changes nothing.
  void reload_certificate() {
    auto tls
        = net::make_tls_context(settings_.ssl_certfile, settings_.ssl_keyfile);
    if (!tls)
      return log::error("tls", "the certificate was not replaced",
                        {{"error", detail(tls.error())}});
    listener_->use(std::move(*tls));
    log::info("tls", "the certificate was read anew");
  }

  /// Readiness says no, nothing new is taken, what runs is finished.
  void drain() {
    gave_up_ = watch_->gave_up.load();
    log::info("stop", "shutting down", {{"connections", listener_->open()}});
    shared_.draining.store(true);
    listener_->drain();
    auto end = clock::now() + settings_.shutdown_timeout;
    while (listener_->open() > 0 && clock::now() < end)
      if (wait_for_signal(10ms) != 0)
        end_at_once("second signal");
    listener_->abort();
  }

  void stop_tree(const caf::actor& root) {
    watch_->expected.store(true);
    caf::scoped_actor self{*system_};
    self->monitor(root);
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
    bool down = false;
    auto end = clock::now() + tree_limit;
    while (!down && clock::now() < end) {
      self->receive([&](const caf::down_msg&) { down = true; },
                    caf::after(50ms) >> [] {});
      if (!down && wait_for_signal(0ms) != 0)
        end_at_once("second signal");
    }
    if (!down || app_.has_abandoned())
      end_at_once("an actor did not end");
    app_.ended();
  }

  /// Threads first, then what they used. CAF's wait for its threads has no
  /// limit: one that never ends must not keep the process.
  void tear_down() {
    std::thread{[] {
      auto second = wait_for_signal(10s) != 0;
      end_at_once(second ? "second signal" : "a thread did not end");
    }}.detach();
    loops_.stop();
    ports_.clear();
    watcher_ = nullptr;
    system_.reset();
  }

  config settings_;
  net::services shared_;
  net::runtime loops_;
  application app_;
  system_config cfg_;
  std::unique_ptr<caf::actor_system> system_;
  std::vector<std::unique_ptr<net::port_handle>> ports_;
  std::vector<std::unique_ptr<net::edge>> edges_;
  std::unique_ptr<net::listener> listener_;
  std::shared_ptr<root_watch> watch_ = std::make_shared<root_watch>();
  caf::actor watcher_;
  sigset_t signals_ = ending_signals(); ///< with TLS also SIGHUP
  bool gave_up_ = false;
};

/// The first admin from the settings, when there is none.
caf::error bootstrap(storage::database& database, const config& settings) {
  if (settings.admin_bootstrap_username.empty())
    return caf::none;
  auto made = create_admin(database, settings,
                           {settings.admin_bootstrap_username,
                            settings.admin_bootstrap_email,
                            settings.admin_bootstrap_password},
                           true);
  if (!made)
    return caf::make_error(errc::bad_request,
                           "ADMIN_BOOTSTRAP_*: " + detail(made.error()));
  if (*made)
    log::info("start", "admin created",
              {{"username", settings.admin_bootstrap_username}});
  return caf::none;
}

/// As many descriptors as the system allows, and no more connections than fit:
/// database, files and log need some as well.
void fit_connections(config& settings) {
  constexpr int64_t others = 256;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  auto room = std::max(static_cast<int64_t>(limit.rlim_cur) - others, others);
  if (limit.rlim_cur != RLIM_INFINITY && settings.max_connections > room) {
    log::info("start", "fewer connections than MAX_CONNECTIONS: descriptors",
              {{"wanted", settings.max_connections}, {"allowed", room}});
    settings.max_connections = room;
  }
  // WebSockets stay: some places are for requests alone.
  auto requests = std::min<int64_t>(256, settings.max_connections / 4);
  settings.ws_max_connections = std::min(settings.ws_max_connections,
                                         settings.max_connections - requests);
}

/// Better told now than to the first browser.
bool has_frontend(const config& settings) {
  std::error_code ec;
  return settings.static_dir.empty()
         || std::filesystem::is_directory(settings.static_dir, ec);
}

int start_and_run(config settings) {
  if (!has_frontend(settings))
    return failed(
        caf::make_error(errc::bad_request,
                        "STATIC_DIR: no folder is at " + settings.static_dir));
  fit_connections(settings);
  auto key = secret_key(settings);
  if (!key)
    return failed(key.error());
  auto database = open_database(settings);
  if (!database)
    return failed(database.error());
  if (auto err = bootstrap(**database, settings))
    return failed(err);
  auto stream = read_stream_mark(**database);
  if (!stream)
    return failed(stream.error());
  return server{settings, std::move(*key), *database, *stream}.run();
}

} // namespace

int serve(const loaded_config& settings) {
  auto set = ending_signals();
  if (!settings.values.ssl_certfile.empty())
    sigaddset(&set, SIGHUP);                 // else it ends us, as ever
  pthread_sigmask(SIG_BLOCK, &set, nullptr); // before the first thread
  std::signal(SIGPIPE, SIG_IGN);
  auto& values = settings.values;
  log::start(values.log_level, values.log_format);
  for (auto& text : settings.warnings)
    log::warning("start", text);
  auto status = start_and_run(values);
  log::stop();
  return status;
}

} // namespace callboard
