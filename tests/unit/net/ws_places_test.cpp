#define CAF_SUITE ws_places
#include "net/ws_places.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <thread>
#include <vector>

using namespace callboard::net;

CAF_TEST(a place is given back when it ends) {
  auto all = std::make_shared<ws_places>();
  {
    auto [why, place] = all->take("a", 2, 0);
    CAF_CHECK(why == no_place::none);
    CAF_CHECK_EQUAL(all->taken(), 1);
    auto moved = std::move(place);
    CAF_CHECK_EQUAL(all->taken(), 1);
  }
  CAF_CHECK_EQUAL(all->taken(), 0);
}

CAF_TEST(no more places are taken than there are) {
  auto all = std::make_shared<ws_places>();
  auto first = all->take("a", 2, 0);
  auto second = all->take("b", 2, 0);
  CAF_CHECK(all->take("c", 2, 0).first == no_place::full);
  CAF_CHECK_EQUAL(all->taken(), 2);
  first.second = ws_place{};
  CAF_CHECK(all->take("c", 2, 0).first == no_place::none);
}

CAF_TEST(an address has its own limit and is forgotten with its last place) {
  auto all = std::make_shared<ws_places>();
  {
    auto first = all->take("a", 10, 1);
    CAF_CHECK(all->take("a", 10, 1).first == no_place::address_full);
    CAF_CHECK(all->take("b", 10, 1).first == no_place::none);
    CAF_CHECK_EQUAL(all->addresses(), 1u);
    CAF_CHECK_EQUAL(all->taken(), 1);
  }
  CAF_CHECK_EQUAL(all->addresses(), 0u);
  CAF_CHECK(all->take("a", 10, 1).first == no_place::none);
}

CAF_TEST(nothing is kept of addresses that have no limit) {
  auto all = std::make_shared<ws_places>();
  auto place = all->take("a", 10, 0);
  CAF_CHECK_EQUAL(all->addresses(), 0u);
}

CAF_TEST(many threads never take more than there are) {
  auto all = std::make_shared<ws_places>();
  std::atomic<int64_t> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        auto got = all->take("a", 3, 0);
        auto now = all->taken();
        for (auto seen = most.load(); now > seen;)
          if (most.compare_exchange_weak(seen, now))
            break;
      }
    });
  for (auto& x : threads)
    x.join();
  CAF_CHECK(most.load() <= 3);
  CAF_CHECK_EQUAL(all->taken(), 0);
}
