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

  /// The one actor of this name.
  child_ptr at(const std::string& id) const {
    auto found = server.find(id);
    CAF_REQUIRE_EQUAL(found.size(), 1u);
    return found[0];
  }

  /// Another incarnation than the one that was there.
  static bool is_back(const child_ptr& place, const caf::actor_addr& before) {
    auto now = place->get();
    return now && now.address() != before;
  }

  uintmax_t log_size() const {
    std::error_code none;
    auto size = std::filesystem::file_size(
        server.database_file().string() + "-wal", none);
    return none ? 0 : size;
  }

  inner_server server;
  api client;
};

} // namespace

CAF_TEST(a store that is killed starts again with its workers alone) {
  scene x;
  auto store = x.at("store");
  auto writer = x.at("writer");
  auto repository = x.at("task_repository");
  auto front = store->get().address();
  auto worker = writer->get().address(); // a handle would hold its file open
  auto tasks = repository->get().address();
  kill(store);
  CAF_CHECK(eventually([&] { return x.is_back(store, front); }));
  CAF_CHECK(eventually([&] { return x.is_back(writer, worker); }));
  CAF_CHECK(
      eventually([&] { return x.client.get("/api/v1/tasks").status == 200; }));
  CAF_CHECK(repository->get().address() == tasks);
  CAF_CHECK_EQUAL(repository->restarts(), 0u);
}

CAF_TEST(workers that start again leave the log of the file alone) {
  scene x;
  auto change = [&](int i) {
    return x.client
        .post("/api/v1/agents",
              "{\"name\":\"a" + std::to_string(i) + R"(","type":"coder"})")
        .status;
  };
  for (int i = 0; i < 20; ++i)
    CAF_CHECK_EQUAL(change(i), 201);
  auto before = x.log_size();
  CAF_REQUIRE(before > 0u);
  auto writer = x.at("writer");
  auto worker = writer->get().address();
  kill(x.at("store")); // all workers end before the first starts again
  CAF_CHECK(eventually([&] { return x.is_back(writer, worker); }));
  CAF_CHECK(eventually([&] { return change(20) == 201; }));
  CAF_CHECK(x.log_size() >= before); // written from its start again
}
