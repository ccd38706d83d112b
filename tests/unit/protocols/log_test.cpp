#define CAF_SUITE log

#include "protocols/json.hpp"
#include "protocols/log.hpp"
#include "protocols/log_line.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <poll.h>
#include <set>
#include <signal.h>
#include <sstream>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

constexpr timestamp nine{1'762'678'800'007}; // 2025-11-09T09:00:00.007Z

std::string json_line(std::string_view message,
                      std::initializer_list<log::field> fields = {}) {
  std::string out;
  append_json(out, log::record{nine, log::level::info, "t", message, fields});
  return out;
}

std::string text_line(std::string_view message,
                      std::initializer_list<log::field> fields = {}) {
  std::string out;
  append_text(out, log::record{nine, log::level::info, "t", message, fields});
  return out;
}

/// The message of a JSON line, read back.
std::string message_of(const std::string& line) {
  json_document doc;
  json_problem why;
  if (!parse_json(line, doc, why))
    return "no JSON: " + why.text;
  return {doc["message"].GetString(), doc["message"].GetStringLength()};
}

/// A pipe, read by the test.
struct channel {
  channel() { CAF_REQUIRE_EQUAL(::pipe2(ends, O_CLOEXEC), 0); }
  ~channel() {
    close_reader();
    close_writer();
  }
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  void close_reader() { close_end(ends[0]); }
  void close_writer() { close_end(ends[1]); }

  /// What arrives next, or nothing within the time.
  std::string read_some(std::chrono::milliseconds within) const {
    pollfd item{ends[0], POLLIN, 0};
    if (::poll(&item, 1, static_cast<int>(within.count())) <= 0)
      return {};
    std::string out(65536, '\0');
    auto n = ::read(ends[0], out.data(), out.size());
    out.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return out;
  }

  std::string read_all() {
    std::string out;
    for (auto part = read_some(5s); !part.empty(); part = read_some(5s))
      out += part;
    return out;
  }

  int ends[2] = {-1, -1};

private:
  static void close_end(int& fd) {
    if (fd >= 0)
      ::close(std::exchange(fd, -1));
  }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    result.push_back(line);
  return result;
}

/// The numbers of all lines that report losses, wherever they stand.
std::vector<int64_t> reports(const std::vector<std::string>& lines) {
  std::vector<int64_t> result;
  for (auto& line : lines) {
    json_document doc;
    json_problem why;
    if (parse_json(line, doc, why) && doc.HasMember("lost"))
      result.push_back(doc["lost"].GetInt64());
  }
  return result;
}

std::set<std::string> threads() {
  std::set<std::string> result;
  for (auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    result.insert(entry.path().string());
  return result;
}

/// How often a thread went to sleep.
long switches_of(const std::string& thread) {
  std::ifstream in{thread + "/status"};
  for (std::string line; std::getline(in, line);)
    if (line.rfind("voluntary_ctxt_switches:", 0) == 0)
      return std::stol(line.substr(line.find(':') + 1));
  return -1;
}

} // namespace

CAF_TEST(a JSON line has time and level and logger and message and fields) {
  std::string out;
  append_json(out, log::record{nine,
                               log::level::warning,
                               "http",
                               "request",
                               {{"path", "/health"},
                                {"status", int64_t{200}},
                                {"duration_ms", 12'345'678ns},
                                {"ok", true}}});
  CAF_CHECK_EQUAL(out,
                  R"({"timestamp":"2025-11-09T09:00:00.007Z",)"
                  R"("level":"WARNING","logger":"http","message":"request",)"
                  R"("path":"/health","status":200,"duration_ms":12.345,)"
                  R"("ok":true})"
                  "\n");
}

CAF_TEST(a text line has the same in one glance) {
  CAF_CHECK_EQUAL(text_line("request done", {{"path", "/health"},
                                             {"status", int64_t{200}},
                                             {"text", "a b"},
                                             {"none", ""},
                                             {"quote", "\""}}),
                  "2025-11-09T09:00:00.007Z INFO     t: request done "
                  "path=/health status=200 text=\"a b\" none=\"\" "
                  "quote=\"\\\"\"\n");
}

CAF_TEST(lines of different seconds have different times) {
  std::string out;
  for (auto ms : std::vector<int64_t>{0, 999, 1000, nine.ms, 1001})
    append_text(out, log::record{{ms}, log::level::info, "t", "", {}});
  auto lines = lines_of(out);
  CAF_REQUIRE_EQUAL(lines.size(), 5u);
  CAF_CHECK_EQUAL(lines[0].substr(0, 24), "1970-01-01T00:00:00.000Z");
  CAF_CHECK_EQUAL(lines[1].substr(0, 24), "1970-01-01T00:00:00.999Z");
  CAF_CHECK_EQUAL(lines[2].substr(0, 24), "1970-01-01T00:00:01.000Z");
  CAF_CHECK_EQUAL(lines[3].substr(0, 24), "2025-11-09T09:00:00.007Z");
  CAF_CHECK_EQUAL(lines[4].substr(0, 24), "1970-01-01T00:00:01.001Z");
}

CAF_TEST(hostile text stays inside its line and its string) {
  const std::string bad = "\xEF\xBF\xBD";
  struct row {
    std::string in;
    std::string json;
  };
  const std::vector<row> table{
      {"plain", "plain"},
      {"a\"b\\c", "a\\\"b\\\\c"},
      {"a\nb\r\t", "a\\nb\\r\\t"},
      {std::string("a\0b", 3), "a\\u0000b"},
      {"\x1b[31m\x7f", "\\u001b[31m\\u007f"},
      {"\xC2\x9B", "\\u009b"}, // C1: the CSI of a terminal
      {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
      {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
      {"\xFF", bad},
      {"\x80x", bad + "x"},
      {"\xC3", bad},
      {"\xC3x", bad + "x"},
      {"\xC0\xAF", bad + bad},           // overlong
      {"\xE0\x80\x80", bad + bad + bad}, // overlong
      {"\xED\xA0\x80", bad + bad + bad}, // surrogate
      {"\xF4\x90\x80\x80", bad + bad + bad + bad},
      {"\xE2\x82x", bad + bad + "x"}, // cut short
      {"\xF0\x9F\x98", bad + bad + bad},
      {"\xF5\x80", bad + bad},
  };
  for (auto& [in, json] : table) {
    auto line = json_line(in, {{in, in}});
    auto quoted = '"' + json + '"';
    CAF_CHECK(line.find("\"message\":" + quoted) != line.npos);
    CAF_CHECK(line.find(',' + quoted + ':' + quoted + "}\n") != line.npos);
    CAF_CHECK_EQUAL(std::count(line.begin(), line.end(), '\n'), 1);
    CAF_CHECK(message_of(line).rfind("no JSON", 0) == std::string::npos
              || in.find('\0') != in.npos);
    auto text = text_line(in, {{"key", in}});
    CAF_CHECK(std::none_of(text.begin(), text.end() - 1, [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    }));
  }
}

CAF_TEST(a byte is escaped wherever it stands among others) {
  for (int c = 0; c < 256; ++c) {
    std::string one(1, static_cast<char>(c));
    auto alone = json_line(one);
    auto begin = alone.find(R"("message":")") + 11;
    auto escaped = alone.substr(begin, alone.rfind('"') - begin);
    for (size_t before = 0; before < 18; ++before) {
      std::string front(before, 'a');
      std::string back(17 - before, 'z');
      auto line = json_line(front + one + back);
      auto wanted = front;
      wanted += escaped;
      wanted += back;
      CAF_CHECK(line.find(":\"" + wanted + "\"}\n") != line.npos);
    }
  }
}

CAF_TEST(numbers and durations) {
  auto most = std::numeric_limits<int64_t>::min();
  CAF_CHECK(json_line("m", {{"n", most}}).find("-9223372036854775808")
            != std::string::npos);
  const std::vector<std::pair<std::chrono::nanoseconds, std::string>> table{
      {0ns, "0.000"},     {999ns, "0.000"},       {1us, "0.001"},
      {1'090us, "1.090"}, {999'999us, "999.999"}, {1h, "3600000.000"},
  };
  for (auto& [in, text] : table)
    CAF_CHECK(json_line("m", {{"d", in}}).find("\"d\":" + text + "}\n")
              != std::string::npos);
}

CAF_TEST(lines below the level are dropped) {
  channel out;
  log::start(log::level::info, log::format::text, out.ends[1]);
  CAF_CHECK(!log::enabled(log::level::debug));
  CAF_CHECK(log::enabled(log::level::info));
  log::debug("t", "one");
  log::info("t", "two");
  log::set_level(log::level::error);
  log::warning("t", "three");
  log::error("t", "four");
  log::critical("t", "five");
  log::set_level(log::level::debug);
  log::debug("t", "six");
  log::stop();
  out.close_writer();
  auto lines = lines_of(out.read_all());
  CAF_REQUIRE_EQUAL(lines.size(), 4u);
  CAF_CHECK(lines[0].find("INFO     t: two") != std::string::npos);
  CAF_CHECK(lines[1].find("ERROR    t: four") != std::string::npos);
  CAF_CHECK(lines[2].find("CRITICAL t: five") != std::string::npos);
  CAF_CHECK(lines[3].find("DEBUG    t: six") != std::string::npos);
}

CAF_TEST(without a writer only warnings count) {
  CAF_CHECK(!log::enabled(log::level::info));
  CAF_CHECK(log::enabled(log::level::warning));
  channel out;
  log::start(log::level::debug, log::format::json, out.ends[1]);
  log::stop();
  CAF_CHECK(!log::enabled(log::level::info));
}

CAF_TEST(a line arrives although nothing follows it) {
  channel out;
  log::start(log::level::info, log::format::json, out.ends[1]);
  log::info("t", "alone");
  CAF_CHECK_EQUAL(message_of(out.read_some(5s)), "alone");
  log::info("t", "again");
  CAF_CHECK_EQUAL(message_of(out.read_some(5s)), "again");
  log::stop();
}

CAF_TEST(a warning does not wait for others) {
  channel out;
  log::start(log::level::info, log::format::json, out.ends[1]);
  auto best = 1000ms;
  for (int i = 0; i < 10 && best > 20ms; ++i) { // the machine may be busy
    auto before = std::chrono::steady_clock::now();
    log::warning("t", "now");
    CAF_CHECK(!out.read_some(5s).empty());
    best = std::min(best, std::chrono::duration_cast<std::chrono::milliseconds>(
                              std::chrono::steady_clock::now() - before));
  }
  CAF_CHECK_LESS(best.count(), 20);
  log::stop();
}

CAF_TEST(many threads write whole lines) {
  channel out;
  log::start(log::level::info, log::format::json, out.ends[1]);
  constexpr int each = 500;
  std::string text;
  std::thread reader{[&] { text = out.read_all(); }};
  std::vector<std::thread> writers;
  for (int t = 0; t < 8; ++t)
    writers.emplace_back([t] {
      for (int i = 0; i < each; ++i)
        log::info("t", std::to_string(t * each + i));
    });
  for (auto& x : writers)
    x.join();
  log::stop();
  out.close_writer();
  reader.join();
  std::set<std::string> seen;
  for (auto& line : lines_of(text))
    seen.insert(message_of(line));
  CAF_CHECK_EQUAL(seen.size(), 8u * each);
  CAF_CHECK_EQUAL(log::lost(), 0u);
}

CAF_TEST(a reader that stalls costs lines and not time) {
  channel out;
  log::start(log::level::info, log::format::json, out.ends[1]);
  const std::string filler(1000, 'x');
  constexpr uint64_t written = 6000; // 6 MB into 4 MiB
  for (uint64_t i = 0; i < written; ++i)
    log::info("t", filler);
  auto lost = log::lost();
  CAF_CHECK_GREATER(lost, 1000u);
  CAF_CHECK_LESS(lost, 3000u);
  std::string text;
  std::thread reader{[&] { text = out.read_all(); }};
  log::stop();
  out.close_writer();
  reader.join();
  auto lines = lines_of(text);
  CAF_CHECK_EQUAL(lines.size() - 1, written - lost);
  CAF_CHECK_EQUAL(reports(lines), std::vector{static_cast<int64_t>(lost)});
}

CAF_TEST(stop gives up on a reader that never comes back) {
  channel out;
  log::start(log::level::info, log::format::json, out.ends[1]);
  for (int i = 0; i < 1000; ++i)
    log::info("t", std::string(1000, 'x'));
  auto before = std::chrono::steady_clock::now();
  log::stop();
  CAF_CHECK(std::chrono::steady_clock::now() - before < 20s);
  CAF_CHECK_GREATER(log::lost(), 0u);
}

CAF_TEST(a reader that is gone is counted and kills nobody) {
  auto old = ::signal(SIGPIPE, SIG_DFL);
  channel out;
  log::start(log::level::info, log::format::json, out.ends[1]);
  out.close_reader();
  log::info("t", "one");
  log::info("t", "two");
  log::stop();
  CAF_CHECK_EQUAL(log::lost(), 2u);
  ::signal(SIGPIPE, old);
}

CAF_TEST(a full disk is counted and reported when there is room) {
  channel out;
  int fd = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  CAF_REQUIRE_GREATER(fd, 0);
  log::start(log::level::info, log::format::json, fd);
  log::warning("t", "one");
  log::warning("t", "two");
  while (log::lost() < 2)
    std::this_thread::yield();
  CAF_REQUIRE_EQUAL(::dup2(out.ends[1], fd), fd);
  log::info("t", "three");
  log::stop();
  ::close(fd);
  out.close_writer();
  auto lines = lines_of(out.read_all());
  CAF_REQUIRE_EQUAL(lines.size(), 2u);
  CAF_CHECK_EQUAL(reports(lines), std::vector{int64_t{2}});
}

CAF_TEST(a writer without work sleeps) {
  channel out;
  auto before = threads();
  log::start(log::level::info, log::format::json, out.ends[1]);
  std::vector<std::string> fresh;
  auto after = threads();
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(fresh));
  CAF_REQUIRE_EQUAL(fresh.size(), 1u);
  log::warning("t", "work");
  CAF_CHECK(!out.read_some(5s).empty());
  std::this_thread::sleep_for(50ms); // until it is asleep again
  auto settled = switches_of(fresh[0]);
  std::this_thread::sleep_for(
      300ms); // what is measured is that nothing happens
  CAF_CHECK_EQUAL(switches_of(fresh[0]), settled);
  log::stop();
}
