#include "protocols/realtime.hpp"

#include "protocols/digest.hpp"

#include <charconv>

namespace callboard {

namespace {

constexpr size_t uuid_size = 36;

/// Opcode text, final; lengths as RFC 6455 section 5.2 has them.
std::string frame_head(size_t size) {
  std::string out{'\x81'};
  auto append = [&](int bytes) {
    for (int i = bytes - 1; i >= 0; --i)
      out += static_cast<char>((uint64_t{size} >> (8 * i)) & 0xff);
  };
  if (size < 126) {
    append(1);
  } else if (size <= 0xffff) {
    out += '\x7e';
    append(2);
  } else {
    out += '\x7f';
    append(8);
  }
  return out;
}

} // namespace

frame_ptr make_frame(std::string_view text) {
  auto out = std::make_shared<frame>();
  out->bytes = frame_head(text.size());
  out->text_at = out->bytes.size();
  out->bytes += text;
  return out;
}

std::string to_text(const stream_position& x) {
  return x.epoch + '-' + std::to_string(x.position);
}

std::optional<stream_position> read_stream_position(std::string_view text) {
  if (text.size() < uuid_size + 2 || text[uuid_size] != '-'
      || !is_uuid(text.substr(0, uuid_size)))
    return std::nullopt;
  auto digits = text.substr(uuid_size + 1);
  stream_position out{std::string{text.substr(0, uuid_size)}, 0};
  auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(),
                                   out.position);
  if (ec != std::errc{} || end != digits.data() + digits.size()
      || out.position < 0 || to_text(out) != text)
    return std::nullopt;
  return out;
}

void stream_mark::advance(int64_t position) {
  auto known = committed.load();
  while (known < position && !committed.compare_exchange_weak(known, position))
    ;
}

frame_ptr frame_for(const encoded_event& x, const audience_of_session& who) {
  auto user = who.user_id == 0 ? std::string{} : std::to_string(who.user_id);
  auto& row = x.row;
  if (row.channel == control_channel)
    return nullptr;
  if (!who.admin && row.audience != "everyone"
      && (user.empty() || row.audience != user))
    return nullptr;
  if (who.kind == session_kind::sync)
    return x.sync;
  auto owns = !user.empty() && row.owner_id == user;
  return who.admin || owns ? x.whole : x.redacted;
}

bool concerns(const encoded_event& x, const audience_of_session& who) {
  if (x.row.channel == control_channel)
    return who.user_id != 0 && x.row.audience == std::to_string(who.user_id);
  return frame_for(x, who) != nullptr;
}

} // namespace callboard
