#define CAF_SUITE passwords
#include "actors/bcrypt.hpp"
#include "actors/passwords.hpp"
#include "protocols/error.hpp"
#include "protocols/system_config.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

call within(std::chrono::milliseconds d) {
  call out;
  out.deadline = deadline_in(d);
  return out;
}

template <class Handle>
errc code(Handle& answer) {
  errc out{};
  answer.receive([](const std::string&) {},
                 [&](caf::error& err) { out = classify(err); });
  return out;
}

struct fixture {
  explicit fixture(password_settings settings = {4, 1, 64})
      : aut(sys.spawn(passwords, settings)) {}

  ~fixture() { caf::anon_send_exit(aut, caf::exit_reason::user_shutdown); }

  system_config cfg;
  caf::actor_system sys{cfg};
  passwords_actor aut;
  caf::scoped_actor self{sys};
};

} // namespace

CAF_TEST(known hashes of all three prefixes verify) {
  // Made with other programs: the vectors of the crypt_blowfish distribution.
  const std::pair<const char*, const char*> table[] = {
      {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
      {"U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
      {"U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
  };
  for (auto& [password, hash] : table) {
    CAF_CHECK(bcrypt_verify(password, hash));
    CAF_CHECK(!bcrypt_verify("other", hash));
  }
  for (auto bad : {"", "*0", "$1$abc$def", "$2b$05$short", "plain"})
    CAF_CHECK(!bcrypt_verify("x", bad));
}

CAF_TEST(only the first 72 bytes count) {
  std::string long_one(72, 'a');
  auto hash = bcrypt_hash(long_one + "b", 4);
  CAF_REQUIRE(hash);
  CAF_CHECK(hash->starts_with("$2b$04$"));
  CAF_CHECK(bcrypt_verify(long_one + "c", *hash));
  CAF_CHECK(!bcrypt_verify(std::string(71, 'a'), *hash));
}

// Not the last one: its thread is at work for a moment longer.
CAF_TEST(a front that is killed answers those at work and those who wait) {
  fixture x{{10, 1, 64}};
  auto ask = [&] {
    return x.self->request(x.aut, 20s, atom::hash_v, within(20s),
                           std::string{"a"});
  };
  auto at_work = ask();
  auto waits = ask();
  caf::anon_send_exit(x.aut, caf::exit_reason::kill);
  CAF_CHECK(code(at_work) == errc::unavailable);
  CAF_CHECK(code(waits) == errc::unavailable);
}

CAF_TEST(a hash made by the actor is verified by it and none fits no account) {
  fixture x;
  std::string hash;
  x.self->request(x.aut, 20s, atom::hash_v, within(20s), std::string{"Secret1"})
      .receive([&](std::string& h) { hash = h; },
               [](caf::error&) { CAF_ERROR("no hash"); });
  auto verify = [&](const char* password, const std::string& with) {
    bool out = false;
    x.self
        ->request(x.aut, 20s, atom::verify_v, within(20s),
                  std::string{password}, with)
        .receive([&](bool good) { out = good; },
                 [](caf::error&) { CAF_ERROR("no answer"); });
    return out;
  };
  CAF_CHECK(verify("Secret1", hash));
  CAF_CHECK(!verify("Secret2", hash));
  CAF_CHECK(!verify("", ""));
}

CAF_TEST(a full queue refuses what comes after it) {
  fixture x{{10, 1, 1}};
  auto ask = [&](std::chrono::milliseconds limit) {
    return x.self->request(x.aut, 20s, atom::hash_v, within(limit),
                           std::string{"a"});
  };
  auto at_work = ask(20s);
  auto waits = ask(20s);
  auto refused = ask(20s);
  CAF_CHECK(code(refused) == errc::unavailable);
  CAF_CHECK(code(at_work) == errc{});
  CAF_CHECK(code(waits) == errc{});
}

CAF_TEST(nothing is worked on for a caller whose time is over) {
  fixture x{{10, 1, 64}};
  auto at_work = x.self->request(x.aut, 20s, atom::hash_v, within(20s),
                                 std::string{"a"});
  auto late = x.self->request(x.aut, 20s, atom::hash_v, within(1ms),
                              std::string{"b"});
  CAF_CHECK(code(at_work) == errc{});
  CAF_CHECK(code(late) == errc::deadline_exceeded);
}
