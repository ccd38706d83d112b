#define CAF_SUITE realtime
#include "protocols/realtime.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <thread>

using namespace callboard;

namespace {

const std::string epoch = "0190f5b2-0000-4000-8000-000000000001";
constexpr timestamp t0{1'700'000'000'000};

/// An event with three frames that name themselves.
encoded_event shown(const std::string& audience, const std::string& owner) {
  encoded_event out;
  out.row.audience = audience;
  out.row.channel = "tasks";
  if (!owner.empty())
    out.row.owner_id = owner;
  out.whole = make_frame("whole");
  out.redacted = make_frame("redacted");
  return out;
}

std::string seen(const encoded_event& x, const audience_of_session& who) {
  auto found = frame_for(x, who);
  return found ? std::string{found->text()} : "nothing";
}

constexpr audience_of_session nobody{};

audience_of_session user(int64_t id) {
  audience_of_session out;
  out.user_id = id;
  return out;
}

audience_of_session admin(int64_t id) {
  auto out = user(id);
  out.admin = true;
  return out;
}

revocation read_back(const revocation& x) {
  return read_revocation(access_revoked(x, t0)).value_or(revocation{});
}

} // namespace

CAF_TEST(a frame has the shortest length that holds its text) {
  // RFC 6455 section 5.2: 7 bits, 16 bits, 64 bits.
  const std::pair<size_t, std::string> cases[] = {
      {0, {"\x81\x00", 2}},
      {125, "\x81\x7d"},
      {126, {"\x81\x7e\x00\x7e", 4}},
      {65'535, "\x81\x7e\xff\xff"},
      {65'536, {"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10}},
  };
  for (auto& [size, head] : cases) {
    std::string text(size, 'x');
    auto made = make_frame(text);
    CAF_CHECK(made->bytes.substr(0, made->text_at) == head);
    CAF_CHECK(made->text() == text);
  }
}

CAF_TEST(a position is read only as it is written) {
  stream_position x{epoch, 42};
  CAF_CHECK_EQUAL(to_text(x), epoch + "-42");
  CAF_CHECK(read_stream_position(epoch + "-42") == x);
  CAF_CHECK(read_stream_position(epoch + "-0").has_value());
  auto largest = std::to_string(INT64_MAX);
  CAF_CHECK(read_stream_position(epoch + '-' + largest).has_value());
  const std::string hostile[] = {
      "",
      "42",
      "-42",
      epoch,
      epoch + "-",
      epoch + "--1",
      epoch + "-+1",
      epoch + "- 1",
      epoch + "-01",
      epoch + "-1 ",
      epoch + "-1x",
      epoch + "-0x10",
      epoch + "_42",
      epoch + "-9223372036854775808",
      epoch + "-" + std::string(1000, '9'),
      epoch + std::string("-4\0", 3),
      std::string(36, '-') + "-42",
      std::string(36, 'z') + "-42",
      "'; DROP TABLE events; --",
  };
  for (auto& text : hostile) {
    CAF_MESSAGE(text.substr(0, 60));
    CAF_CHECK(!read_stream_position(text));
  }
}

CAF_TEST(the mark never goes back) {
  stream_mark mark;
  mark.advance(5);
  mark.advance(3);
  CAF_CHECK_EQUAL(mark.committed.load(), 5);
  std::vector<std::thread> writers;
  for (int64_t from = 0; from < 4; ++from)
    writers.emplace_back([&mark, from] {
      for (int64_t i = from; i < 10'000; i += 4)
        mark.advance(i);
    });
  for (auto& x : writers)
    x.join();
  CAF_CHECK_EQUAL(mark.committed.load(), 9999);
}

CAF_TEST(who sees what of an event) {
  auto of_user = shown("1", "1");
  CAF_CHECK_EQUAL(seen(of_user, user(1)), "whole");
  CAF_CHECK_EQUAL(seen(of_user, user(2)), "nothing");
  CAF_CHECK_EQUAL(seen(of_user, user(11)), "nothing");
  CAF_CHECK_EQUAL(seen(of_user, nobody), "nothing");
  CAF_CHECK_EQUAL(seen(of_user, admin(2)), "whole");
  auto of_all = shown("everyone", "1");
  CAF_CHECK_EQUAL(seen(of_all, user(1)), "whole");
  CAF_CHECK_EQUAL(seen(of_all, user(2)), "redacted");
  CAF_CHECK_EQUAL(seen(of_all, nobody), "redacted");
  CAF_CHECK_EQUAL(seen(of_all, admin(2)), "whole");
  auto ownerless = shown("everyone", "");
  CAF_CHECK_EQUAL(seen(ownerless, nobody), "redacted");
  auto of_admins = shown("admins", "1");
  CAF_CHECK_EQUAL(seen(of_admins, user(1)), "nothing");
  CAF_CHECK_EQUAL(seen(of_admins, nobody), "nothing");
  CAF_CHECK_EQUAL(seen(of_admins, admin(2)), "whole");
  auto hidden = shown("1", "1");
  hidden.row.channel = "control";
  CAF_CHECK_EQUAL(seen(hidden, user(1)), "nothing");
  CAF_CHECK_EQUAL(seen(hidden, admin(2)), "nothing");
  auto syncing = admin(2);
  syncing.kind = session_kind::sync;
  CAF_CHECK_EQUAL(seen(of_admins, syncing), "nothing");
  of_admins.sync = make_frame("sync");
  CAF_CHECK_EQUAL(seen(of_admins, syncing), "sync");
}

CAF_TEST(what concerns a session is what it sees and its own control) {
  encoded_event x;
  x.whole = x.redacted = make_frame("{}");
  x.row.audience = "7";
  x.row.channel = "tasks";
  audience_of_session seven{7, false, session_kind::main, "f"};
  audience_of_session eight{8, false, session_kind::main, "f"};
  audience_of_session admin{9, true, session_kind::main, "f"};
  CAF_CHECK(concerns(x, seven));
  CAF_CHECK(!concerns(x, eight));
  CAF_CHECK(concerns(x, admin));
  x.row = access_revoked({7, true, "", {}}, t0);
  CAF_CHECK(concerns(x, seven));
  CAF_CHECK(!concerns(x, eight));
  CAF_CHECK(!concerns(x, admin));
  CAF_CHECK(!concerns(x, {}));
  CAF_CHECK(!frame_for(x, seven));
}

CAF_TEST(a revocation ends the sessions that it names) {
  audience_of_session who{7, false, session_kind::main, "f"};
  CAF_CHECK(ends({7, true, "", {}}, who));
  CAF_CHECK(ends({7, true, "g", {}}, who));
  CAF_CHECK(!ends({7, true, "f", {}}, who));
  CAF_CHECK(ends({7, false, "", {"g", "f"}}, who));
  CAF_CHECK(!ends({7, false, "", {"g"}}, who));
  CAF_CHECK(!ends({7, false, "", {}}, who));
  CAF_CHECK(!ends({8, true, "", {"f"}}, who));
  CAF_CHECK(!ends({0, true, "", {}}, {}));
}

CAF_TEST(a revocation is read as it was written) {
  revocation all{7, true, "kept-family", {}};
  CAF_CHECK(read_back(all) == all);
  revocation some{7, false, "", {"a", "b \"quoted\""}};
  CAF_CHECK(read_back(some) == some);
  auto row = access_revoked(all, t0);
  CAF_CHECK_EQUAL(row.channel, "control");
  CAF_CHECK_EQUAL(row.audience, "7");
}

CAF_TEST(what is no revocation is none and nothing is taken for a right) {
  auto row = access_revoked({7, true, "", {}}, t0);
  row.channel = "tasks";
  CAF_CHECK(!read_revocation(row));
  row.channel = "control";
  row.type = "account_erased";
  CAF_CHECK(!read_revocation(row));
  row.type = "access_revoked";
  for (auto text : {"", "[]", "null", "{", "7"}) {
    row.data.text = text;
    CAF_CHECK(!read_revocation(row));
  }
  row.data.text = R"({"all":1,"keep":2,"families":[3,"a"]})";
  auto odd = read_revocation(row);
  CAF_REQUIRE(odd);
  CAF_CHECK(*odd == (revocation{7, false, "", {"a"}}));
  row.data.text = R"({"families":"a"})";
  CAF_CHECK(read_revocation(row) == (revocation{7, false, "", {}}));
}
