#include "sys/ssh_server/channel_pump.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace curbstop {
namespace {

constexpr uint32_t kPiece = 64 << 10;
constexpr int kRounds = 8;  // then the other channels have their turn

bool WouldBlock() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

ChannelPump::~ChannelPump() {
  CloseInput();
  if (out_ >= 0) close(out_);
  if (err_ >= 0) close(err_);
  ssh_channel_free(channel_);
}

void ChannelPump::Connect(int in, int out, int err) {
  in_ = in;
  out_ = out;
  err_ = err;
  connected_ = true;
}

// Only while nothing waits in front of the socket: what is read is then soon gone.
bool ChannelPump::MaySend() const {
  const bool waits = (ssh_get_poll_flags(session_) & SSH_WRITE_PENDING) != 0;
  return !waits && ssh_channel_window_size(channel_) > 0;
}

void ChannelPump::AddPolls(std::vector<pollfd>& polls) const {
  if (in_ >= 0 && !pending_.empty()) polls.push_back({.fd = in_, .events = POLLOUT, .revents = 0});
  if (!MaySend()) return;  // a descriptor that is at its end would wake us again and again
  for (const int fd : {out_, err_}) {
    if (fd >= 0) polls.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  }
}

void ChannelPump::Pump(bool may_end) {
  if (!connected_) return;
  Receive();
  if (SendUnsent()) Send(out_, false);
  if (SendUnsent()) Send(err_, true);
  if (!may_end || !IsDrained() || said_eof_ || IsClosedByPeer()) return;
  said_eof_ = true;
  ssh_channel_send_eof(channel_);
}

void ChannelPump::Receive() {
  for (int round = 0; round < kRounds; ++round) {
    if (!WritePending()) return;
    pending_.resize(kPiece);
    const int count = ssh_channel_read_nonblocking(channel_, pending_.data(), kPiece, 0);
    pending_.resize(count > 0 ? static_cast<size_t>(count) : 0);
    if (count == SSH_EOF || IsClosedByPeer()) CloseInput();
    if (count <= 0) return;
  }
}

// False: it would have to wait. What nobody will read is dropped.
bool ChannelPump::WritePending() {
  while (!pending_.empty() && in_ >= 0) {
    const ssize_t count = write(in_, pending_.data(), pending_.size());
    if (count < 0 && WouldBlock()) return false;
    if (count < 0) CloseInput();
    else pending_.erase(0, static_cast<size_t>(count));
  }
  pending_.clear();
  return true;
}

void ChannelPump::CloseInput() {
  if (in_ < 0) return;
  shutdown(in_, SHUT_WR);  // a socket is told, though `out_` holds it open; a pipe does not mind
  close(in_);
  in_ = -1;
}

// The library takes nothing while new keys are agreed on.
bool ChannelPump::SendUnsent() {
  if (unsent_.empty()) return true;
  const auto size = static_cast<uint32_t>(unsent_.size());
  const int sent = unsent_is_error_ ? ssh_channel_write_stderr(channel_, unsent_.data(), size)
                                    : ssh_channel_write(channel_, unsent_.data(), size);
  unsent_.erase(0, sent > 0 ? static_cast<size_t>(sent) : 0);
  if (sent < 0) unsent_.clear();  // the channel is no more
  return unsent_.empty();
}

void ChannelPump::Send(int& fd, bool is_error) {
  std::array<char, kPiece> bytes;
  for (int round = 0; round < kRounds && fd >= 0 && MaySend(); ++round) {
    const size_t most = std::min<size_t>(bytes.size(), ssh_channel_window_size(channel_));
    const ssize_t count = read(fd, bytes.data(), most);
    if (count < 0 && WouldBlock()) return;
    if (count <= 0) {  // a terminal whose last user has left says EIO
      close(fd);
      fd = -1;
      return;
    }
    unsent_.assign(bytes.data(), static_cast<size_t>(count));
    unsent_is_error_ = is_error;
    if (!SendUnsent()) return;
  }
}

}  // namespace curbstop
