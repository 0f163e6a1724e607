#include "store/transfer/internal/byte_stream.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace curbstop {
namespace {

bool IsNothingNow(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

FdStream::FdStream(int in, int out) : in_(in), out_(out) {
  for (const int fd : {in, out}) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

Result<std::string> FdStream::Read(size_t most) {
  std::string bytes(std::min<size_t>(most, 64 << 10), '\0');
  const ssize_t count = ended_ ? 0 : read(in_, bytes.data(), bytes.size());
  if (count < 0 && !IsNothingNow(errno)) return Unavailable("the link is broken");
  if (count == 0) ended_ = true;
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  return bytes;
}

Result<size_t> FdStream::Write(std::string_view bytes) {
  const ssize_t count = write(out_, bytes.data(), bytes.size());
  if (count < 0 && !IsNothingNow(errno)) return Unavailable("the link is broken");
  return static_cast<size_t>(std::max<ssize_t>(count, 0));
}

void FdStream::Wait(bool to_write, Millis limit) {
  pollfd fds[] = {{ended_ ? -1 : in_, POLLIN, 0}, {to_write ? out_ : -1, POLLOUT, 0}};
  poll(fds, 2, static_cast<int>(std::clamp<int64_t>(limit.count(), 0, 3'600'000)));
}

}  // namespace curbstop
