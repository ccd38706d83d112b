#include "storage/transact.hpp"

#include "protocols/call.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <random>
#include <thread>

namespace callboard::storage {

namespace {

using std::chrono::milliseconds;

/// Long enough for the rows of a healthy batch, short enough that a blocked one
/// does not hold up its neighbours (A4).
constexpr milliseconds brief_lock{100};

caf::error too_late() {
  return caf::make_error(errc::deadline_exceeded,
                         std::string{"the database took too long"});
}

/// An exception is a bug in the body: it fails this transaction alone.
caf::error guarded(const std::function<caf::error()>& body) {
  try {
    return body();
  } catch (const std::exception& x) {
    return caf::make_error(errc::internal,
                           std::string{"in a transaction: "} + x.what());
  }
}

caf::error attempt(connection& db, milliseconds left, lock_wait how,
                   int64_t deadline, const std::function<caf::error()>& body) {
  transaction_limits limits{left};
  if (how == lock_wait::brief)
    limits.lock = std::min(brief_lock, left);
  if (auto err = db.begin(limits))
    return err;
  auto err = guarded(body);
  if (!err && remaining_until(deadline).count() == 0)
    err = too_late();
  if (!err)
    return db.commit();
  db.rollback();
  return err;
}

/// Two that collided shall not meet again at once.
void pause(int round, milliseconds left) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  auto most = std::min<int64_t>(int64_t{1} << std::min(round, 6), 50);
  std::uniform_int_distribution<int64_t> choose{0, most};
  std::this_thread::sleep_for(std::min(milliseconds{choose(random)}, left));
}

} // namespace

milliseconds remaining_until(int64_t deadline) {
  call ctx;
  ctx.deadline = deadline;
  return remaining(ctx);
}

caf::error run_transaction(connection& db, int64_t deadline, lock_wait how,
                           const std::function<caf::error()>& body) {
  for (int round = 0;; ++round) {
    auto left = remaining_until(deadline);
    if (left.count() == 0)
      return too_late();
    auto err = attempt(db, left, how, deadline, body);
    if (fault_of(err) != fault::retry)
      return err;
    pause(round, remaining_until(deadline));
  }
}

} // namespace callboard::storage
