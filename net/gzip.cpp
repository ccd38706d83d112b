#include "net/gzip.hpp"

#include "net/conditions.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <zlib.h>

namespace callboard::net {

namespace {

constexpr int level = 1;
constexpr int gzip_format = 15 + 16; // the largest window, a gzip header
constexpr int memory_level = 8;

void end_stream(z_stream* x) {
  deflateEnd(x);
  delete x;
}

using stream_ptr = std::unique_ptr<z_stream, void (*)(z_stream*)>;

stream_ptr make_stream() {
  auto out = std::make_unique<z_stream>();
  if (deflateInit2(out.get(), level, Z_DEFLATED, gzip_format, memory_level,
                   Z_DEFAULT_STRATEGY)
      != Z_OK)
    return {nullptr, end_stream};
  return {out.release(), end_stream};
}

/// A stream has 256 KB to allocate and to clear: each loop keeps one.
stream_ptr& spare() {
  static thread_local stream_ptr kept{nullptr, end_stream};
  return kept;
}

stream_ptr take_stream() {
  auto out = std::move(spare());
  if (out != nullptr && deflateReset(out.get()) == Z_OK)
    return out;
  return make_stream();
}

/// An answer on its way. Dropped unfinished, it replies nothing: the loop ends.
struct sliced {
  sliced(response x, reply f, std::string text)
      : head(std::move(x)), out(std::move(f)), job(std::move(text)) {}

  response head;
  reply out;
  gzip_job job;
};

void finish(sliced& x) {
  x.head.body = x.job.take();
  x.head.fields.emplace_back("Content-Encoding", "gzip");
  for (auto& [name, value] : x.head.fields)
    if (name == "ETag")
      value = gzip_tag(std::move(value));
  x.out(std::move(x.head));
}

void advance(boost::asio::io_context& io, std::shared_ptr<sliced> x) {
  if (!x->job.advance())
    return finish(*x);
  boost::asio::post(
      io, [&io, x = std::move(x)]() mutable { advance(io, std::move(x)); });
}

} // namespace

gzip_job::gzip_job(std::string text)
    : text_(std::move(text)), stream_(take_stream()) {}

gzip_job::~gzip_job() {
  if (stream_ != nullptr && spare() == nullptr)
    spare() = std::move(stream_);
}

bool gzip_job::advance() {
  auto n = std::min(slice, text_.size() - taken_);
  auto last = taken_ + n == text_.size();
  stream_->next_in = reinterpret_cast<Bytef*>(text_.data() + taken_);
  stream_->avail_in = static_cast<uInt>(n);
  taken_ += n;
  do {
    auto used = out_.size();
    out_.resize(used + n / 4 + 512); // JSON shrinks to about a fifth
    stream_->next_out = reinterpret_cast<Bytef*>(out_.data() + used);
    stream_->avail_out = static_cast<uInt>(out_.size() - used);
    deflate(stream_.get(), last ? Z_FINISH : Z_NO_FLUSH);
    out_.resize(out_.size() - stream_->avail_out);
  } while (stream_->avail_out == 0);
  return !last;
}

void reply_compressed(boost::asio::io_context& io, response x, reply out) {
  auto text = std::move(x.body);
  auto work
      = std::make_shared<sliced>(std::move(x), std::move(out), std::move(text));
  if (work->job.is_good())
    return advance(io, std::move(work));
  work->head.body = work->job.take_text();
  work->out(std::move(work->head));
}

} // namespace callboard::net
