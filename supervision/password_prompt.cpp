#include "supervision/password_prompt.hpp"

#include "protocols/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace callboard {

namespace {

/// The terminal without echo, as long as this lives.
class silent_terminal {
public:
  silent_terminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0)
      return;
    auto silent = before_;
    // Without ISIG, Ctrl-C is a character and cannot leave the echo off.
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ISIG | ICANON);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    usable_ = ::tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
  }
  silent_terminal(const silent_terminal&) = delete;
  silent_terminal& operator=(const silent_terminal&) = delete;
  ~silent_terminal() {
    if (usable_)
      ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0)
      ::close(fd_);
  }

  bool usable() const { return usable_; }

  bool show(std::string_view text) const {
    auto n = ::write(fd_, text.data(), text.size());
    return n == static_cast<ssize_t>(text.size());
  }

  /// The next character; 0 at the end.
  char next() const {
    char c = 0;
    ssize_t n = 0;
    do
      n = ::read(fd_, &c, 1);
    while (n < 0 && errno == EINTR);
    return n == 1 ? c : '\0';
  }

private:
  int fd_;
  termios before_{};
  bool usable_ = false;
};

caf::error refusal(const char* text) {
  return caf::make_error(errc::bad_request, std::string{text});
}

void erase_last_character(std::string& text) {
  auto continues
      = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  while (!text.empty() && continues(text.back()))
    text.pop_back();
  if (!text.empty())
    text.pop_back();
}

} // namespace

caf::expected<std::string> prompt_password(std::string_view prompt) {
  constexpr char ctrl_c = 3;
  constexpr char ctrl_d = 4;
  constexpr char backspace = 8;
  constexpr char ctrl_u = 21;
  constexpr char del = 127;
  silent_terminal terminal;
  if (!terminal.usable())
    return refusal("there is no terminal to ask on");
  terminal.show(prompt);
  std::string result;
  for (;;) {
    char c = terminal.next();
    switch (c) {
    case '\r':
    case '\n':
      terminal.show("\n");
      return result;
    case '\0':
    case ctrl_c:
    case ctrl_d:
      terminal.show("\n");
      return refusal("nothing was entered");
    case backspace:
    case del:
      erase_last_character(result);
      break;
    case ctrl_u:
      result.clear();
      break;
    default:
      result += c;
    }
  }
}

} // namespace callboard
