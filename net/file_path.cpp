#include "net/file_path.hpp"

#include "net/query.hpp"

#include <algorithm>

namespace callboard::net {

namespace {

struct file_type {
  std::string_view ending;
  std::string_view type;
};

constexpr file_type types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".xml", "application/xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".ico", "image/x-icon"},
    {".woff", "font/woff"},
    {".woff2", "font/woff2"},
    {".ttf", "font/ttf"},
    {".wasm", "application/wasm"},
    {".pdf", "application/pdf"},
    {".mp4", "video/mp4"},
    {".webm", "video/webm"},
};

} // namespace

std::string_view type_of_file(std::string_view name) {
  for (auto& x : types)
    if (name.ends_with(x.ending))
      return x.type;
  return "application/octet-stream";
}

bool is_hashed(std::string_view path) {
  constexpr size_t least = 8;
  auto name = path.substr(path.rfind('/') + 1);
  auto stem = name.substr(0, name.find('.'));
  auto dash = stem.rfind('-');
  if (!path.starts_with("assets/") || dash == stem.npos
      || name.size() == stem.size())
    return false;
  auto hash = stem.substr(dash + 1);
  auto plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return hash.size() >= least && !std::all_of(hash.begin(), hash.end(), plain);
}

std::vector<std::string> file_segments(std::string_view path) {
  constexpr size_t longest = 255;
  constexpr size_t deepest = 16;
  auto text = percent_decoded(path, false);
  if (!text || !text->starts_with('/') || text->find('\\') != text->npos)
    return {};
  std::vector<std::string> out;
  std::string_view rest{*text};
  while (!rest.empty()) {
    rest.remove_prefix(1);
    auto name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(name.size());
    if (name.empty() || name.front() == '.' || name.size() > longest
        || out.size() == deepest)
      return {};
    out.emplace_back(name);
  }
  return out;
}

} // namespace callboard::net
