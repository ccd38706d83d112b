#include "tests/support/ws_client.hpp"

#include "protocols/realtime.hpp"

#include <stdexcept>

namespace callboard::test {

namespace {

/// The member at `a.b`, or null.
const json_value* find_member(const json_value& root, std::string_view path) {
  auto* at = &root;
  while (!path.empty()) {
    auto dot = path.find('.');
    std::string name{path.substr(0, dot)};
    if (!at->IsObject() || !at->HasMember(name.c_str()))
      return nullptr;
    at = &(*at)[name.c_str()];
    path.remove_prefix(dot == path.npos ? path.size() : dot + 1);
  }
  return at;
}

/// Comes whenever it likes.
bool is_heartbeat(std::string_view type) {
  return type == "ping" || type.starts_with("presence")
         || type.starts_with("user_");
}

ws_message message_of(std::string text) {
  ws_message out;
  json_problem why;
  if (!parse_json(text, out.json, why) || !out.json.IsObject())
    throw std::runtime_error{"a message that is no JSON object: " + text};
  out.text = std::move(text);
  return out;
}

} // namespace

std::string ws_message::member(std::string_view path) const {
  auto* x = find_member(json, path);
  if (x == nullptr)
    return {};
  return x->IsString() ? std::string{x->GetString(), x->GetStringLength()}
                       : canonical(*x);
}

int64_t ws_message::number(std::string_view path) const {
  auto* x = find_member(json, path);
  return x != nullptr && x->IsInt64() ? x->GetInt64() : -1;
}

int64_t ws_message::position() const {
  auto found = read_stream_position(member("event_id"));
  return found ? found->position : -1;
}

ws_client::ws_client(uint16_t port, ws_request asked, const link_options& link)
    : link_(port, link), asked_(std::move(asked)) {
  shake_hands();
}

void ws_client::shake_hands() {
  auto end = ws_link::clock::now() + usual;
  link_.send(asked_.text());
  auto more = [&] {
    auto size = buffer_.size();
    return link_.receive(buffer_, end) && buffer_.size() > size;
  };
  while ((handshake_ = take_head(buffer_)).status == 0)
    if (!more())
      throw std::runtime_error{"no answer to the handshake: " + buffer_};
  if (handshake_.status == 101) {
    if (auto why = upgrade_problem(asked_, handshake_); !why.empty())
      throw std::runtime_error{"the server sent " + why};
    reader_.add(buffer_);
    return;
  }
  auto length = handshake_.fields["content-length"];
  while (!length.empty() && buffer_.size() < std::stoul(length))
    if (!more())
      break;
  handshake_.body = buffer_;
  ended_ = true;
}

bool ws_client::send_text(std::string_view text) {
  return send_frame(ws_opcode::text, text);
}

bool ws_client::send_frame(ws_opcode opcode, std::string_view payload,
                           const ws_form& form) {
  return link_.send(client_frame(opcode, payload, form));
}

std::optional<ws_frame> ws_client::next_frame(milliseconds limit) {
  auto end = ws_link::clock::now() + limit;
  for (;;) {
    if (auto found = reader_.next()) {
      last_ = found->to_text();
      if (found->opcode == ws_opcode::ping && answers_pings)
        send_frame(ws_opcode::pong, found->payload);
      return found;
    }
    buffer_.clear();
    if (ended_)
      return std::nullopt;
    ended_ = !link_.receive(buffer_, end);
    if (buffer_.empty() && !ended_)
      return std::nullopt; // nothing in time
    reader_.add(buffer_);
  }
}

std::string ws_client::missing(std::string_view what) const {
  auto out = "waited for " + std::string{what} + " in vain";
  if (!is_open())
    return out + ": the handshake was answered "
           + std::to_string(handshake_.status) + ' ' + handshake_.body;
  out += ended_ ? ", the connection has ended" : ", the connection is silent";
  return out + (last_.empty() ? "" : "; last came: " + last_);
}

ws_message ws_client::next(milliseconds limit) {
  auto end = ws_link::clock::now() + limit;
  std::string text;
  for (;;) {
    auto left = std::chrono::ceil<milliseconds>(end - ws_link::clock::now());
    auto got = next_frame(std::max(left, milliseconds{0}));
    if (!got)
      throw std::runtime_error{missing("a message")};
    if (got->opcode == ws_opcode::close || got->opcode == ws_opcode::binary)
      throw std::runtime_error{"waited for a message and got "
                               + got->to_text()};
    if (got->opcode != ws_opcode::text
        && got->opcode != ws_opcode::continuation)
      continue;
    text += got->payload;
    if (got->fin)
      return message_of(std::move(text));
  }
}

ws_message ws_client::expect(std::string_view type, milliseconds limit) {
  for (;;) {
    auto got = next(limit);
    if (got.type() == type)
      return got;
    if (!is_heartbeat(got.type()))
      throw std::runtime_error{"waited for " + std::string{type} + " and got "
                               + got.text};
  }
}

ws_message ws_client::find(std::string_view type, milliseconds limit) {
  auto end = ws_link::clock::now() + limit;
  while (ws_link::clock::now() < end) {
    auto got = next(limit);
    if (got.type() == type)
      return got;
  }
  throw std::runtime_error{missing(type)};
}

std::vector<ws_message> ws_client::events_to(int64_t position,
                                             milliseconds limit) {
  std::vector<ws_message> out;
  for (;;) {
    auto got = next(limit);
    auto type = got.type();
    if (type == "ping" || type == "pong" || type == "ack")
      continue;
    out.push_back(std::move(got));
    if (out.back().position() == position)
      return out;
    if (out.back().position() > position)
      throw std::runtime_error{"waited for position " + std::to_string(position)
                               + " and got " + out.back().text};
  }
}

ws_end ws_client::end(milliseconds limit) {
  auto until = ws_link::clock::now() + limit;
  ws_end out;
  while (ws_link::clock::now() < until) {
    auto left = std::chrono::ceil<milliseconds>(until - ws_link::clock::now());
    auto got = next_frame(std::max(left, milliseconds{0}));
    if (!got && ended_)
      return out;
    if (!got)
      break;
    if (got->opcode != ws_opcode::close)
      continue;
    out = {got->close_code(), std::string{got->close_reason()}};
    send_frame(ws_opcode::close, got->payload.substr(0, 2));
  }
  throw std::runtime_error{missing("the end")};
}

ws_end ws_client::close(uint16_t code, std::string_view reason) {
  send_frame(ws_opcode::close, close_payload(code, reason));
  return end();
}

ws_request with_token(std::string_view token, std::string_view more) {
  ws_request out;
  out.query = "token=" + std::string{token};
  if (!more.empty())
    out.query += '&' + std::string{more};
  return out;
}

std::unique_ptr<ws_client> subscriber(uint16_t port, std::string_view token,
                                      std::string_view more) {
  auto out = std::make_unique<ws_client>(port, with_token(token, more));
  out->expect("ack");
  return out;
}

} // namespace callboard::test
