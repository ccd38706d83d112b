// The baseline of the edge: a bare Beast server that answers every request with
// the bytes of a file, and writes one log line per request when asked to.
// Usage: bare_beast <port> <loops> <file with the answer> [log file]
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <sys/socket.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using reuse_port
    = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

std::string answer;
std::FILE* log_file = nullptr;

void write_log(const http::request<http::string_body>& request) {
  auto target = request.target();
  std::fprintf(log_file,
               "{\"timestamp\":%ld,\"method\":\"GET\",\"path\":\"%.*s\","
               "\"status\":200}\n",
               time(nullptr), static_cast<int>(target.size()), target.data());
}

class session : public std::enable_shared_from_this<session> {
public:
  explicit session(tcp::socket socket) : socket_(std::move(socket)) {
    socket_.set_option(tcp::no_delay{true});
  }

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [self = shared_from_this()](error_code ec, size_t) {
                       if (!ec)
                         self->write();
                     });
  }

private:
  void write() {
    if (log_file != nullptr)
      write_log(request_);
    asio::async_write(socket_, asio::buffer(answer),
                      [self = shared_from_this()](error_code ec, size_t) {
                        if (!ec)
                          self->read();
                      });
  }

  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
};

void accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](error_code ec, tcp::socket socket) {
    if (!ec)
      std::make_shared<session>(std::move(socket))->read();
    accept(acceptor);
  });
}

void run_loop(uint16_t port) {
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop};
  acceptor.open(tcp::v4());
  acceptor.set_option(tcp::acceptor::reuse_address{true});
  acceptor.set_option(reuse_port{true});
  acceptor.bind({asio::ip::address_v4::loopback(), port});
  acceptor.listen();
  accept(acceptor);
  loop.run();
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: bare_beast <port> <loops> <answer> [log]\n";
    return 2;
  }
  std::ifstream in{argv[3], std::ios::binary};
  std::stringstream text;
  text << in.rdbuf();
  answer = text.str();
  if (argc > 4)
    log_file = std::fopen(argv[4], "w");
  auto port = static_cast<uint16_t>(std::stoi(argv[1]));
  std::vector<std::thread> others;
  for (int i = 1; i < std::stoi(argv[2]); ++i)
    others.emplace_back(run_loop, port);
  run_loop(port);
}
