// What the crash of a part of the storage does to the others: the whole
// program.
#define CAF_SUITE store_crash
#include "tests/support/api.hpp"
#include "tests/support/inner_server.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <filesystem>

using namespace callboard;
using namespace callboard::test;

namespace {

struct scene {
  scene() : client(server.port()) { client.sign_up("ann"); }

  /// The actor of this name.
  child_ptr at(const std::string& id) const {
    for (auto& x : server.find(id))
      if (x->id() == id)
        return x;
    throw std::runtime_error{"nobody is " + id};
  }

  /// Another incarnation than the one that was there.
  static bool is_back(const child_ptr& place, const caf::actor_addr& before) {
    auto now = place->get();
    return now && now.address() != before;
  }

  /// Writes a row; the status of the answer.
  int change() {
    auto name = "a" + std::to_string(++changes);
    return client
        .post("/api/v1/agents", "{\"name\":\"" + name + R"(","type":"coder"})")
        .status;
  }

  uintmax_t log_size() const {
    std::error_code none;
    auto size = std::filesystem::file_size(
        server.database_file().string() + "-wal", none);
    return none ? 0 : size;
  }

  inner_server server;
  api client;
  int changes = 0;
};

} // namespace

CAF_TEST(a store that is killed starts again alone and finds its workers) {
  scene x;
  auto store = x.at("store");
  auto writer = x.at("writer");
  auto repository = x.at("task_repository");
  for (int i = 1; i <= 3; ++i) {
    auto front = store->get().address();
    kill(store);
    CAF_CHECK(eventually([&] { return x.is_back(store, front); }));
    CAF_CHECK(eventually([&] { return x.change() == 201; }));
  }
  CAF_CHECK_EQUAL(writer->restarts(), 0u);
  CAF_CHECK_EQUAL(repository->restarts(), 0u);
}

CAF_TEST(workers that start again leave the log of the file alone) {
  scene x;
  for (int i = 0; i < 20; ++i)
    CAF_CHECK_EQUAL(x.change(), 201);
  auto before = x.log_size();
  CAF_REQUIRE(before > 0u);
  auto workers = {x.at("writer"), x.at("reader-1"), x.at("reader-2")};
  std::vector<caf::actor_addr> former;
  for (auto& worker : workers)
    former.push_back(worker->get().address());
  for (auto& worker : workers)
    kill(worker);
  auto old = former.begin();
  for (auto& worker : workers) {
    CAF_CHECK(eventually([&] { return x.is_back(worker, *old); }));
    ++old;
  }
  CAF_CHECK(eventually([&] { return x.change() == 201; }));
  CAF_CHECK(x.log_size() >= before); // written from its start again
}
