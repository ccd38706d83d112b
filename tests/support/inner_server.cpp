#include "tests/support/inner_server.hpp"

#include "net/openapi.hpp"
#include "net/routes.hpp"
#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "supervision/open_database.hpp"

#include <stdexcept>

namespace callboard::test {

namespace {

using namespace std::chrono_literals;

config settings_for(const std::filesystem::path& file) {
  config out;
  out.database_url = "sqlite:///" + file.string();
  out.workers = 2;
  out.password_cost = 4;
  out.rate_limit_enabled = false;
  out.access_log = false;
  out.jwt_secret_key = "0123456789abcdef0123456789abcdef";
  return out;
}

template <class T>
T value_of(caf::expected<T> x) {
  if (!x)
    throw std::runtime_error{detail(x.error())};
  return std::move(*x);
}

bool is_kind(const std::string& id, const std::string& kind) {
  return id == kind || id.starts_with(kind + '-');
}

void collect(const child& at, const std::string& kind,
             std::vector<child_ptr>& out) {
  for (auto& x : at.children(SIZE_MAX)) {
    if (is_kind(x->id(), kind))
      out.push_back(x);
    collect(*x, kind, out);
  }
}

} // namespace

inner_server::inner_server(const std::function<void(net::services&)>& change)
    : settings_(settings_for(database_file())), loops_({2, false}) {
  auto database = value_of(open_database(settings_));
  auto stream = value_of(read_stream_mark(*database));
  shared_.settings.keys = signing_keys{settings_.jwt_secret_key};
  shared_.settings.rate_limit = false;
  shared_.settings.access_log = false;
  shared_.settings.workers = settings_.workers;
  net::add_routes(shared_.table);
  shared_.document = net::openapi_json(shared_.table, "test");
  app_ = std::make_unique<application>(settings_, std::move(database),
                                       std::move(stream));
  app_->connect(shared_);
  change(shared_);
  shared_.tree = [this] { return app_->tree_json(loops_); };
  shared_.root = app_->root();
  shared_.loops = [this] { return loops_.gauges(); };
  shared_.refused_connections = [] { return uint64_t{0}; };
  loops_.configure(cfg_);
  system_ = std::make_unique<caf::actor_system>(cfg_);
  system_->await_actors_before_shutdown(false);
  loops_.start();
  root_ = app_->start(*system_, loops_);
  listen();
}

void inner_server::listen() {
  std::vector<net::http_handler*> handlers;
  for (auto& loop : loops_.loops()) {
    ports_.push_back(std::make_unique<net::port_handle>(*system_, *loop));
    edges_.push_back(std::make_unique<net::edge>(shared_, **ports_.back()));
    handlers.push_back(edges_.back().get());
  }
  listener_ = std::make_unique<net::listener>(loops_, net::listener_settings{},
                                              handlers, shared_.connections);
  port_ = value_of(listener_->start());
}

inner_server::~inner_server() {
  shared_.draining.store(true);
  listener_->drain();
  listener_->abort();
  end_tree();
  loops_.stop();
  ports_.clear();
  system_.reset();
}

void inner_server::end_tree() {
  caf::scoped_actor self{*system_};
  self->monitor(root_);
  caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  self->receive([](const caf::down_msg&) {}, caf::after(20s) >> [] {});
  root_ = nullptr;
  app_->ended();
}

std::vector<child_ptr> inner_server::find(const std::string& kind) const {
  std::vector<child_ptr> out;
  collect(*app_->root(), kind, out);
  return out;
}

void kill(const child_ptr& x) {
  caf::anon_send_exit(x->get(), caf::exit_reason::kill);
}

} // namespace callboard::test
