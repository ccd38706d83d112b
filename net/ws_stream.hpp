// One WebSocket: frames in both directions between a connection and the actor
// of its session (RFC 6455; websocket.md).
#pragma once

#include "net/connection.hpp"
#include "net/frame_queue.hpp"
#include "net/frame_reader.hpp"
#include "net/reply_port.hpp"
#include "net/services.hpp"
#include "net/ws_places.hpp"
#include "net/ws_port.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace callboard::net {

/// Its loop's thread alone. Lives as long as something waits for its socket, or
/// for its session to start. Keeps no buffer while nothing is under way.
class ws_stream final : public connection,
                        public expirable,
                        public std::enable_shared_from_this<ws_stream> {
public:
  /// `port`: of the same loop.
  ws_stream(taken_connection&& from, services& shared, reply_port& port,
            ws_place place);
  ~ws_stream() override;

  /// Starts the session, in turn with others that begin with a token, then
  /// reads; 1013 if there is none in time.
  void start(session_start what);

  // -- the session's side (`session_socket`) ----------------------------------

  void send(frame_ptr x);
  void ping();
  void close(close_code code, std::string_view reason);
  void when_drained();
  /// 1011, unless it was closed before.
  void session_gone();

  // -- the server's side ------------------------------------------------------

  /// Closes with 1001, not all at the same moment.
  void drain() override;
  void abort() override;
  void expired() override;

  /// Writes what waits, as far as it goes.
  void flush();

private:
  enum class stage : uint8_t {
    starting,
    open,
    leaving,   ///< the session was told to say goodbye
    closing,   ///< our goodbye is queued
    lingering, ///< all is said; the client may still be sending
    closed,
  };

  void begin(session_start what);
  void started(caf::expected<caf::actor> session);
  bool take_turn();
  void leave_starts();
  void read();
  void wait_to_read(byte_stream::wants what);
  void take(std::string_view bytes);
  void take_text(std::string&& text);
  bool is_too_fast();
  void take_ping(std::string_view payload);
  void take_goodbye(const incoming& x);
  void refuse(close_code code, std::string_view reason);
  void overflow();
  void push(frame_ptr x);
  void flush_soon();
  bool write_some();
  void written(size_t size);
  void wait_to_write(byte_stream::wants what);
  void finish();
  void discard();
  void gone();
  void end_session();
  template <class... Ts>
  void tell(Ts&&... message);

  // What a frame that is sent touches comes first, side by side: when an event
  // goes to thousands, each cache line more is one to wait for.
  std::shared_ptr<session_host> host_;
  std::shared_ptr<ws_gauge> gauge_;
  ws_counters& counts_; ///< of the loop
  stage stage_ = stage::starting;
  bool unflushed_ = false; ///< stands in the host's list
  bool writing_ = false;   ///< waits for room
  bool deaf_ = false;      ///< nothing that comes counts any more
  bool over_ = false;      ///< the session is, or is to be, gone
  bool asked_ = false;     ///< the session waits for room
  bool in_turn_ = false;   ///< others wait until this session has begun
  frame_queue queue_;
  frame_ptr pong_; ///< in the queue
  byte_stream stream_;

  services& shared_;
  reply_port& port_;
  ws_place place_;
  frame_reader reader_;
  caf::actor session_;                   ///< null: not yet, or no more
  std::string rest_;                     ///< came with the handshake
  std::unique_ptr<session_start> given_; ///< until its turn
  std::shared_ptr<ws_stream> waits_; ///< itself, until its turn to start or end
  frame_ptr next_pong_;              ///< behind `pong_`
  int64_t counted_at_ = 0;           ///< texts, monotonic [ms]
  int64_t credit_ = 0;               ///< texts that may come at once [1/1000]
};

template <class... Ts>
void ws_stream::tell(Ts&&... message) {
  if (!session_)
    return;
  auto* to = caf::actor_cast<caf::abstract_actor*>(session_);
  to->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(), {},
                                        std::forward<Ts>(message)...),
              host_->loop.home());
}

} // namespace callboard::net
