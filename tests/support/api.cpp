#include "tests/support/api.hpp"

#include "tests/support/answer_check.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <stdexcept>
#include <unistd.h>

namespace callboard::test {

namespace {

constexpr timeval receive_limit{60, 0};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

} // namespace

json_document answer::json() const {
  json_document out;
  json_problem why;
  if (!parse_json(body, out, why))
    out.SetNull();
  return out;
}

std::string answer::text(const char* name) const {
  auto document = json();
  if (!document.IsObject() || !document.HasMember(name))
    return {};
  auto& value = document[name];
  return value.IsString() ? value.GetString() : canonical(value);
}

int64_t answer::number(const char* name) const {
  auto document = json();
  if (!document.IsObject() || !document.HasMember(name)
      || !document[name].IsInt64())
    return -1;
  return document[name].GetInt64();
}

std::string answer::detail() const {
  auto document = json();
  if (!document.IsObject() || !document.HasMember("detail"))
    return {};
  auto& value = document["detail"];
  if (value.IsArray() && !value.Empty())
    return value[0]["type"].GetString();
  return value.IsString() ? value.GetString() : "";
}

bool api::connect() {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &receive_limit,
             sizeof(receive_limit));
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0)
    return true;
  close();
  return false;
}

void api::close() {
  if (fd_ >= 0)
    ::close(fd_);
  fd_ = -1;
  buffer_.clear();
}

answer api::send(std::string_view method, const std::string& path,
                 const std::string& body) {
  if (fd_ >= 0) { // the server may have closed it while it was idle
    char probe = 0;
    auto n = recv(fd_, &probe, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n >= 0)
      close();
  }
  answer out;
  if (fd_ < 0 && !connect())
    return out;
  out.sent = true;
  auto text
      = std::string{method} + ' ' + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (!token.empty())
    text += "Authorization: Bearer " + token + "\r\n";
  for (auto& line : extra)
    text += line + "\r\n";
  if (!body.empty())
    text += "Content-Type: " + content_type
            + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n" + body;
  for (std::string_view rest = text; !rest.empty();) {
    auto n = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n <= 0)
      break; // the answer may be there all the same (413)
    rest.remove_prefix(static_cast<size_t>(n));
  }
  if (!read_answer(method == "HEAD", out)
      || out.fields["connection"] == "close")
    close();
  if (documented && out.status != 0)
    if (auto why = answer_check::shared().problem(method, path, out);
        !why.empty())
      throw std::runtime_error{std::string{method} + ' ' + path + " -> "
                               + std::to_string(out.status) + ' ' + why + "; "
                               + out.body.substr(0, 1000)};
  return out;
}

bool api::read_answer(bool head_only, answer& out) {
  auto more = [&] {
    char block[16'384];
    auto n = recv(fd_, block, sizeof(block), 0);
    if (n > 0)
      buffer_.append(block, static_cast<size_t>(n));
    return n > 0;
  };
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == buffer_.npos)
    if (!more())
      return false;
  auto status = std::stoi(buffer_.substr(9, 3));
  for (size_t at = buffer_.find("\r\n") + 2; at < end;) {
    auto next = buffer_.find("\r\n", at);
    auto line = buffer_.substr(at, next - at);
    auto colon = line.find(':');
    out.fields[lower(line.substr(0, colon))]
        = line.substr(std::min(line.size(), colon + 2));
    at = next + 2;
  }
  auto length = out.fields["content-length"];
  auto size = head_only || length.empty() ? 0 : std::stoul(length);
  while (buffer_.size() < end + 4 + size)
    if (!more())
      return false;
  out.status = status; // only a whole answer is one
  out.body = buffer_.substr(end + 4, size);
  buffer_.erase(0, end + 4 + size);
  return true;
}

answer api::log_in(const std::string& name, const std::string& password) {
  auto out = post("/api/v1/auth/login",
                  "{\"username\":" + json_quoted(name)
                      + ",\"password\":" + json_quoted(password) + '}');
  if (out.status == 200)
    token = out.text("access_token");
  return out;
}

void api::sign_up(const std::string& name) {
  auto made = post("/api/v1/auth/register",
                   "{\"username\":" + json_quoted(name)
                       + ",\"email\":" + json_quoted(name + "@example.com")
                       + R"(,"password":"Passw0rd!"})");
  if (made.status != 201 || log_in(name).status != 200)
    throw std::runtime_error{"cannot sign up: " + made.body};
}

} // namespace callboard::test
