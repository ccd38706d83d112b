#define CAF_SUITE static_files
#include "net/file_path.hpp"
#include "net/file_reader.hpp"
#include "net/static_files.hpp"
#include "tests/support/temporary_folder.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace callboard::net;
using callboard::test::temporary_folder;
namespace fs = std::filesystem;

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (auto& x : names)
    out += '/' + x;
  return out;
}

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream{file} << text;
}

struct fixture {
  bool opens(const std::vector<std::string>& names) const {
    return file_reader::open(folder.path() / "site", names) != nullptr;
  }
  temporary_folder folder;
};

} // namespace

CAF_TEST(a path is a list of plain names or nothing) {
  const std::pair<const char*, const char*> table[] = {
      {"/index.html", "/index.html"},
      {"/assets/a%20b.js", "/assets/a b.js"},
      {"/%C3%A9.html", "/\xc3\xa9.html"},
      {"/", ""},
      {"", ""},
      {"index.html", ""},
      {"//etc/passwd", ""},
      {"/a//b", ""},
      {"/a/", ""},
      {"/..", ""},
      {"/../etc/passwd", ""},
      {"/a/../../etc/passwd", ""},
      {"/%2e%2e/etc/passwd", ""},
      {"/..%2fetc%2fpasswd", ""},
      {"/a%2f..%2f..%2fetc", ""},
      {"/%252e%252e/etc/passwd", "/%2e%2e/etc/passwd"}, // decoded once
      {"/.env", ""},
      {"/a/.git/config", ""},
      {"/.", ""},
      {"/a\\..\\b", ""},
      {"/a%5c..%5cb", ""},
      {"/a%00.html", ""},
      {"/a%0", ""},
      {"/a%zz", ""},
      {"/%ff", ""},
      {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", ""},
  };
  for (auto& [path, expected] : table)
    CAF_CHECK_EQUAL(joined(file_segments(path)), expected);
  CAF_CHECK(file_segments('/' + std::string(256, 'a')).empty());
}

CAF_TEST(only a request for a file outside the API may be one) {
  auto may = [](verb method, std::string_view path) {
    request in;
    in.method = method;
    in.path = path;
    return may_be_file(in);
  };
  for (auto path : {"/", "/index.html", "/apis", "/wsx", "/a/api"})
    CAF_CHECK(may(verb::get, path) && may(verb::head, path));
  for (auto path : {"/api", "/api/", "/api/v1/nothing", "/ws", "/ws/x", "x"})
    CAF_CHECK(!may(verb::get, path));
  for (auto method : {verb::post, verb::put, verb::del, verb::options})
    CAF_CHECK(!may(method, "/index.html"));
}

CAF_TEST(a content type follows from the name) {
  const std::pair<const char*, const char*> table[] = {
      {"index.html", "text/html; charset=utf-8"},
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.min.css", "text/css; charset=utf-8"},
      {"a.woff2", "font/woff2"},
      {"a.svg", "image/svg+xml"},
      {"a", "application/octet-stream"},
      {"a.exe", "application/octet-stream"},
  };
  for (auto& [name, type] : table)
    CAF_CHECK_EQUAL(std::string{type_of_file(name)}, type);
}

CAF_TEST(only assets with a hash in their name are kept for ever) {
  for (auto path : {"assets/index-BkX3a9fL.js", "assets/a-b-0a1b2c3d.css",
                    "assets/logo-DiwrgTda.svg"})
    CAF_CHECK(is_hashed(path));
  for (auto path :
       {"index-BkX3a9fL.js", "assets/index.js", "assets/jquery-validation.js",
        "assets/a-short1.js", "assets/index-BkX3a9fL", "other/a-BkX3a9fL.js"})
    CAF_CHECK(!is_hashed(path));
}

CAF_TEST_FIXTURE_SCOPE(static_file_tests, fixture)

CAF_TEST(a file is opened below its folder and never through a link) {
  auto site = folder.path() / "site";
  write(site / "index.html", "page");
  write(site / "assets/a.js", "script");
  write(folder.path() / "secret.txt", "secret");
  fs::create_symlink(folder.path() / "secret.txt", site / "link.txt");
  fs::create_directory_symlink(folder.path(), site / "up");
  fs::create_symlink("index.html", site / "inner.html");
  mkfifo((site / "pipe").c_str(), 0600);
  CAF_CHECK(opens({"index.html"}));
  CAF_CHECK(opens({"assets", "a.js"}));
  for (auto& names : std::vector<std::vector<std::string>>{{},
                                                           {"assets"},
                                                           {"absent"},
                                                           {"link.txt"},
                                                           {"inner.html"},
                                                           {"up", "secret.txt"},
                                                           {"pipe"},
                                                           {"index.html", "x"}})
    CAF_CHECK(!opens(names));
  // The folder itself may be one: releases are switched that way.
  fs::create_directory_symlink(site, folder.path() / "current");
  CAF_CHECK(file_reader::open(folder.path() / "current", {"index.html"}));
}

CAF_TEST(a file is read in pieces and its end is noticed when it shrinks) {
  auto file = folder.path() / "site/big.bin";
  std::string text(200'000, 'x');
  text.back() = 'y';
  write(file, text);
  auto reader = file_reader::open(folder.path() / "site", {"big.bin"});
  CAF_REQUIRE(reader != nullptr);
  std::string all;
  std::string piece;
  while (reader->left() > 0) {
    CAF_REQUIRE(reader->read(piece));
    CAF_CHECK(piece.size() <= 65'536);
    all += piece;
  }
  CAF_CHECK(all == text);
  reader = file_reader::open(folder.path() / "site", {"big.bin"});
  fs::resize_file(file, 100'000);
  CAF_CHECK(reader->read(piece));
  CAF_CHECK(!reader->read(piece));
}

CAF_TEST_FIXTURE_SCOPE_END()
