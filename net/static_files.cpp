#include "net/static_files.hpp"

#include "net/accept.hpp"
#include "net/file_path.hpp"
#include "net/file_reader.hpp"

#include <ctime>

namespace callboard::net {

namespace {

/// What a page of the frontend may load: bundles set styles of their own.
constexpr std::string_view page_policy
    = "default-src 'self'; style-src 'self' 'unsafe-inline'; "
      "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; "
      "base-uri 'self'; frame-ancestors 'none'";

/// What gzip makes smaller.
bool is_compressible(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("application/")
         || type == "image/svg+xml";
}

/// Larger files are neither compressed nor held in memory [bytes].
constexpr size_t most_in_memory = 1 << 20;

bool is_below(std::string_view path, std::string_view folder) {
  return path == folder
         || (path.starts_with(folder) && path[folder.size()] == '/');
}

/// Of what it was when it was written; another content has another one.
std::string tag_of(const file_reader& file) {
  auto when = file.written();
  return "\"f" + std::to_string(when.tv_sec) + '.'
         + std::to_string(when.tv_nsec) + '.' + std::to_string(file.size())
         + '"';
}

/// RFC 9110 section 5.6.7.
constexpr auto date_format = "%a, %d %b %Y %H:%M:%S GMT";

std::string http_date(std::time_t when) {
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[48];
  return {text, std::strftime(text, sizeof(text), date_format, &parts)};
}

/// RFC 9110 section 13.1.3; `If-None-Match` is the better question.
bool unchanged_since(const request& in, std::time_t written) {
  std::string since{in.find("if-modified-since")};
  if (since.empty() || in.count("if-none-match") > 0)
    return false;
  std::tm parts{};
  auto* end = strptime(since.c_str(), date_format, &parts);
  return end != nullptr && *end == '\0' && written <= timegm(&parts);
}

/// All of it; false if it shrank meanwhile.
bool read_whole(file_reader& file, std::string& out) {
  std::string piece;
  while (file.left() > 0) {
    if (!file.read(piece))
      return false;
    out += piece;
  }
  return true;
}

void send_open(exchange& x, std::shared_ptr<file_reader> file,
               std::string_view name, bool hashed) {
  auto type = type_of_file(name);
  x.policy(page_policy);
  x.header("Cache-Control",
           hashed ? "public, max-age=31536000, immutable" : "no-cache");
  x.header("Last-Modified", http_date(file->written().tv_sec));
  x.tag(tag_of(*file));
  if (unchanged_since(x.in(), file->written().tv_sec))
    return x.send(304, "");
  if (file->size() > most_in_memory || !is_compressible(type))
    return x.send(std::move(file), type);
  std::string text;
  if (!read_whole(*file, text))
    return x.fail(errc::unavailable, "The file is being written");
  x.send(200, std::move(text), type);
}

} // namespace

bool may_be_file(const request& in) {
  return (in.method == verb::get || in.method == verb::head)
         && in.path.starts_with('/') && !is_below(in.path, "/api")
         && !is_below(in.path, "/ws");
}

void send_file(exchange& x, const std::string& folder) {
  auto names = file_segments(x.in().path);
  if (auto file = file_reader::open(folder, names)) {
    auto& name = names.back();
    auto hashed = names.size() > 1 && is_hashed(names[0] + '/' + name);
    return send_open(x, std::move(file), name, hashed);
  }
  if (prefers_html(x.in().list("accept").value_or("")))
    if (auto page = file_reader::open(folder, {"index.html"})) {
      x.vary("Accept");
      return send_open(x, std::move(page), "index.html", false);
    }
  x.fail(errc::not_found, "Not Found");
}

} // namespace callboard::net
