#include "sys/http/http_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

namespace curbstop {

HttpConnection::~HttpConnection() { close(socket_); }

bool HttpConnection::WaitFor(short events, int timeout_ms) const {
  pollfd waited{socket_, events, 0};
  int ready = 0;
  do ready = poll(&waited, 1, timeout_ms);
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

bool HttpConnection::WaitForRequest() {
  if (position_ < end_) return true;
  pollfd waited[] = {{socket_, POLLIN, 0}, {stop_, POLLIN, 0}};
  int ready = 0;
  do ready = poll(waited, 2, kIdleMs);
  while (ready < 0 && errno == EINTR);
  return ready > 0 && waited[1].revents == 0;
}

ssize_t HttpConnection::Receive(char* to, size_t size) {
  if (!WaitFor(POLLIN, kRequestMs)) return -1;
  ssize_t got = 0;
  do got = recv(socket_, to, size, 0);
  while (got < 0 && errno == EINTR);
  return got;
}

ssize_t HttpConnection::read(char* to, size_t size) {
  if (!Flush()) return -1;  // "100 Continue" goes out before we wait for the body
  if (position_ == end_) {
    if (size >= in_.size()) return Receive(to, size);
    const ssize_t got = Receive(in_.data(), in_.size());
    if (got <= 0) return got;
    position_ = 0;
    end_ = static_cast<size_t>(got);
  }
  const size_t taken = std::min(size, end_ - position_);
  std::memcpy(to, in_.data() + position_, taken);
  position_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t HttpConnection::write(const char* bytes, size_t size) {
  if (out_.size() + size < kWriteAhead) {
    out_.append(bytes, size);
  } else if (!Flush() || !SendAll(bytes, size)) {
    return -1;
  }
  return static_cast<ssize_t>(size);
}

bool HttpConnection::Flush() {
  const bool sent = SendAll(out_.data(), out_.size());
  out_.clear();
  return sent;
}

bool HttpConnection::SendAll(const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t sent = send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) {
      if (!WaitFor(POLLOUT, kRequestMs)) return false;
    } else if (sent < 0 && errno != EINTR) {
      return false;
    } else if (sent > 0) {
      bytes += sent;
      size -= static_cast<size_t>(sent);
    }
  }
  return true;
}

void HttpConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip = "127.0.0.1";
  port = 0;
}

void HttpConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip = "127.0.0.1";
  port = 0;
}

}  // namespace curbstop
