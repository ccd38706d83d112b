#define CAF_SUITE static_files
#include "tests/support/process_memory.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace callboard;
using namespace callboard::test;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto page = "<!doctype html><title>Board</title>";
constexpr auto browser
    = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream{file} << text;
}

/// A server with a frontend beside its secrets.
struct scene {
  scene() {
    write(site() / "index.html", page);
    write(site() / "assets/index-BkX3a9fL.js", std::string(5000, 'j'));
    write(site() / "assets/logo.png", std::string(5000, 'p'));
    write(site() / ".env", "SECRET=1");
    write(folder.path() / "secret.txt", "secret");
    fs::create_symlink(folder.path() / "secret.txt", site() / "link.txt");
    served_ = serve_sqlite({{"STATIC_DIR", site().string()}});
    client().documented = false;
  }

  fs::path site() const { return folder.path() / "site"; }
  api& client() const { return served_->client; }
  served& server() const { return *served_; }

  answer as_browser(const std::string& path) const {
    client().extra = {browser};
    auto out = client().get(path);
    client().extra = {};
    return out;
  }

  temporary_folder folder;

private:
  std::unique_ptr<served> served_;
};

} // namespace

CAF_TEST(files have their type their tag and how long they may be kept) {
  scene x;
  auto& client = x.client();
  auto got = client.get("/index.html");
  CAF_CHECK_EQUAL(got.status, 200);
  CAF_CHECK_EQUAL(got.body, page);
  CAF_CHECK_EQUAL(got.fields["content-type"], "text/html; charset=utf-8");
  CAF_CHECK_EQUAL(got.fields["cache-control"], "no-cache");
  CAF_CHECK_EQUAL(got.fields["x-content-type-options"], "nosniff");
  CAF_CHECK(got.fields["last-modified"].ends_with(" GMT"));
  CAF_CHECK_EQUAL(got.fields.count("x-ratelimit-limit"), 0u);
  auto script = client.get("/assets/index-BkX3a9fL.js");
  CAF_CHECK_EQUAL(script.fields["cache-control"],
                  "public, max-age=31536000, immutable");
  auto head = client.send("HEAD", "/assets/logo.png");
  CAF_CHECK_EQUAL(head.status, 200);
  CAF_CHECK_EQUAL(head.fields["content-length"], "5000");
  CAF_CHECK_EQUAL(head.body, "");
  client.extra = {"If-None-Match: " + got.fields["etag"]};
  CAF_CHECK_EQUAL(client.get("/index.html").status, 304);
  client.extra = {"If-Modified-Since: " + got.fields["last-modified"]};
  CAF_CHECK_EQUAL(client.get("/index.html").status, 304);
  client.extra = {"If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT"};
  CAF_CHECK_EQUAL(client.get("/index.html").status, 200);
  client.extra = {"If-Modified-Since: tomorrow"};
  CAF_CHECK_EQUAL(client.get("/index.html").status, 200);
  client.extra = {"Accept-Encoding: gzip"};
  script = client.get("/assets/index-BkX3a9fL.js");
  CAF_CHECK_EQUAL(script.fields["content-encoding"], "gzip");
  CAF_CHECK_EQUAL(
      client.get("/assets/logo.png").fields.count("content-encoding"), 0u);
  client.extra = {};
  std::this_thread::sleep_for(5ms); // a file of the same size, written later
  write(x.site() / "index.html",
        std::string(std::string_view{page}.size(), 'x'));
  auto changed = client.get("/index.html");
  CAF_CHECK(changed.fields["etag"] != got.fields["etag"]);
}

CAF_TEST(a browser gets the page at every path of the frontend) {
  scene x;
  for (auto path : {"/", "/projects/7", "/calendar/", "/a.b"}) {
    auto got = x.as_browser(path);
    CAF_CHECK_EQUAL(got.status, 200);
    CAF_CHECK_EQUAL(got.body, page);
    CAF_CHECK(got.fields["vary"].find("Accept") != std::string::npos);
  }
  for (auto path : {"/api", "/api/nothing", "/api/v1/nothing", "/ws/nothing"})
    CAF_CHECK_EQUAL(x.as_browser(path).status, 404);
  CAF_CHECK(x.as_browser("/health").body.starts_with("{"));
  CAF_CHECK_EQUAL(x.client().get("/").text("version"), "1.0.0");
  for (auto path : {"/projects/7", "/absent.js"}) {
    auto got = x.client().get(path);
    CAF_CHECK_EQUAL(got.status, 404);
    CAF_CHECK_EQUAL(got.detail(), "Not Found");
  }
  CAF_CHECK_EQUAL(x.client().post("/index.html", "{}").status, 404);
}

CAF_TEST(no path leads out of the folder) {
  scene x;
  for (auto path :
       {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
        "/assets/../../secret.txt", "/assets/..%2f..%2fsecret.txt",
        "/%252e%252e/secret.txt", "//secret.txt", "/.env", "/%2eenv",
        "/link.txt", "/assets", "/assets/", "/..\\secret.txt",
        "/..%5csecret.txt", "/index.html%00.txt", "/index.html/", "/%zz"}) {
    auto got = x.client().get(path);
    CAF_CHECK(got.status == 404 || got.status == 400);
    CAF_CHECK(got.body.find("secret") == std::string::npos);
    CAF_CHECK(got.body.find("SECRET") == std::string::npos);
  }
}

CAF_TEST(a large file is sent whole and not held in memory) {
  scene x;
  constexpr size_t size = 64 << 20;
  std::string text(size, 'a');
  for (size_t i = 0; i < size; i += 4096)
    text[i] = static_cast<char>('a' + i / 4096 % 26);
  write(x.site() / "video.mp4", text);
  auto pid = x.server().server.pid();
  auto before = memory_of(pid).first;
  std::vector<std::unique_ptr<raw_client>> slow; // they never read
  for (int i = 0; i < 20; ++i) {
    slow.push_back(
        std::make_unique<raw_client>(x.server().server.port(), 4096));
    slow.back()->send("GET /video.mp4 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  }
  auto got = x.client().get("/video.mp4");
  CAF_CHECK_EQUAL(got.status, 200);
  CAF_CHECK_EQUAL(got.fields["content-type"], "video/mp4");
  CAF_CHECK(got.body == text);
  CAF_CHECK(memory_of(pid).first - before < 20'000); // [KiB]
}

CAF_TEST(a folder that is not there ends the start) {
  temporary_folder folder;
  server_options options{folder.path() / "data"};
  options.env["STATIC_DIR"] = "/nowhere";
  options.wait_for_port = false;
  server_process server{options};
  CAF_CHECK_EQUAL(server.wait(30s).value_or(-1), 1);
  CAF_CHECK(server.output().find("STATIC_DIR: no folder is at /nowhere")
            != std::string::npos);
}

CAF_TEST(without the setting an unknown path is 404 for browsers too) {
  auto x = serve_sqlite();
  x->client.extra = {browser};
  CAF_CHECK_EQUAL(x->client.get("/projects/7").status, 404);
  CAF_CHECK_EQUAL(x->client.get("/").text("version"), "1.0.0");
}
