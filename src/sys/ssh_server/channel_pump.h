// Moves the bytes of one SSH channel to and from descriptors, never holding more than the channel's
// window and one buffer: a slow end holds up its sender, and nobody else.
#pragma once

#include <libssh/libssh.h>
#include <poll.h>
#include <string>
#include <vector>

namespace curbstop {

// A channel with what is behind it. `in` is written to, `out` and `err` are read; `in` may be the
// same socket as `out`. The pump closes them.
class ChannelPump {
 public:
  ChannelPump(ssh_session session, ssh_channel channel) : session_(session), channel_(channel) {}
  ChannelPump(const ChannelPump&) = delete;
  ChannelPump& operator=(const ChannelPump&) = delete;
  ~ChannelPump();

  void Connect(int in, int out, int err);
  bool is_connected() const { return connected_; }
  int terminal() const { return out_; }

  // What it waits for now.
  void AddPolls(std::vector<pollfd>& polls) const;

  // Moves what can be moved without waiting. `may_end`: the end of the output may be said. A client
  // may close the channel on hearing of it, and would then never learn of an exit that comes later.
  void Pump(bool may_end);

  // Everything that there was to read has been sent.
  bool IsDrained() const { return connected_ && out_ < 0 && err_ < 0 && unsent_.empty(); }
  bool IsClosedByPeer() const { return ssh_channel_is_closed(channel_) != 0; }

  ssh_channel channel() const { return channel_; }

 private:
  bool MaySend() const;
  void Receive();
  bool WritePending();
  void CloseInput();
  void Send(int& fd, bool is_error);
  bool SendUnsent();

  ssh_session session_;
  ssh_channel channel_;
  bool connected_ = false;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string pending_;  // received, not yet written to `in_`
  std::string unsent_;   // read, while new keys are agreed on
  bool unsent_is_error_ = false;
  bool said_eof_ = false;
};

}  // namespace curbstop
