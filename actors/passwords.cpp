#include "actors/passwords.hpp"

#include "actors/bcrypt.hpp"
#include "protocols/error.hpp"
#include "protocols/owed.hpp"

#include <sys/resource.h>

#include <unistd.h>
#include <utility>

namespace callboard::actors {

namespace {

using self_pointer = passwords_actor::stateful_pointer<passwords_state>;

/// Hashing at normal priority would take the loops' cores (measured: an echo's
/// p99 rose from 86 us to 2.5 ms; at nice 19 it did not).
constexpr int worker_nice = 19;

/// Ends with its front, however that ends.
password_worker_actor::behavior_type
password_worker(password_worker_actor::pointer self,
                const caf::strong_actor_ptr& front, int cost) {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), worker_nice);
  self->monitor(front);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  return {
      [cost](atom::hash,
             const std::string& password) -> caf::result<std::string> {
        auto hash = bcrypt_hash(password, cost);
        if (!hash)
          return hash.error();
        return std::move(*hash);
      },
      [cost](atom::verify, const std::string& password,
             const std::string& hash) {
        if (!hash.empty())
          return bcrypt_verify(password, hash);
        bcrypt_hash(password, cost); // takes as long as a comparison
        return false;
      },
  };
}

void add_worker(self_pointer self) {
  auto worker = self->spawn<caf::detached>(
      password_worker, caf::actor_cast<caf::strong_actor_ptr>(self),
      self->state.settings.cost);
  self->monitor(worker);
  self->state.idle.emplace(worker.id(), worker);
}

void pump(self_pointer self) {
  auto& state = self->state;
  auto now = deadline_in(std::chrono::milliseconds{0});
  while (!state.waiting.empty()) {
    if (state.waiting.front().deadline <= now) { // nobody waits for it
      state.waiting.front().refuse(caf::make_error(errc::deadline_exceeded));
      state.waiting.pop_front();
      continue;
    }
    if (state.idle.empty())
      return;
    auto worker = state.idle.extract(state.idle.begin());
    auto job = std::move(state.waiting.front());
    state.waiting.pop_front();
    job.run(worker.mapped());
    state.busy.insert(std::move(worker));
  }
}

void release(self_pointer self, uint64_t id) {
  auto worker = self->state.busy.extract(id);
  if (!worker.empty())
    self->state.idle.insert(std::move(worker));
  pump(self);
}

/// Queues work for the next free thread; the answer goes to the caller.
template <class Answer, class... Ts>
caf::result<Answer> queue(self_pointer self, const call& ctx, Ts... message) {
  auto& state = self->state;
  if (state.waiting.size() >= state.settings.max_waiting)
    return caf::make_error(errc::unavailable,
                           std::string{"Too many logins at once"});
  auto promise = self->make_response_promise<Answer>();
  owed caller{promise};
  auto refuse = [caller](caf::error why) { caller.deliver(std::move(why)); };
  auto run = [=](const password_worker_actor& worker) {
    auto id = worker.id();
    self->request(worker, caf::infinite, message...)
        .then(
            [=](Answer& answer) {
              caller.deliver(std::move(answer));
              release(self, id);
            },
            [=](caf::error& why) {
              caller.deliver(std::move(why));
              release(self, id);
            });
  };
  state.waiting.push_back({ctx.deadline, std::move(run), std::move(refuse)});
  pump(self);
  return promise;
}

} // namespace

passwords_actor::behavior_type passwords(self_pointer self,
                                         password_settings settings) {
  self->state.settings = settings;
  self->set_down_handler([self](caf::down_msg& x) {
    self->state.idle.erase(x.source.id());
    self->state.busy.erase(x.source.id());
    add_worker(self);
    pump(self);
  });
  for (size_t i = 0; i < settings.threads; ++i)
    add_worker(self);
  return {
      [=](atom::hash, const call& ctx, const std::string& password) {
        return queue<std::string>(self, ctx, atom::hash_v, password);
      },
      [=](atom::verify, const call& ctx, const std::string& password,
          const std::string& hash) {
        return queue<bool>(self, ctx, atom::verify_v, password, hash);
      },
  };
}

} // namespace callboard::actors
