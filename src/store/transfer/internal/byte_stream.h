// Both ways of a connection, never blocking but in Wait: an ssh channel at home, stdin and stdout
// at the far end.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "sys/ssh/ssh_client.h"

namespace curbstop {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  virtual Result<std::string> Read(size_t most) = 0;  // empty: nothing now
  virtual bool AtEnd() const = 0;
  virtual Result<size_t> Write(std::string_view bytes) = 0;
  virtual void Wait(bool to_write, Millis limit) = 0;
};

class ChannelStream final : public ByteStream {
 public:
  explicit ChannelStream(SshChannel& channel) : channel_(channel) {}
  Result<std::string> Read(size_t most) override { return channel_.Read(most); }
  bool AtEnd() const override { return channel_.AtEnd(); }
  Result<size_t> Write(std::string_view bytes) override { return channel_.Write(bytes); }
  void Wait(bool to_write, Millis limit) override { channel_.Wait(to_write, limit); }

 private:
  SshChannel& channel_;
};

class FdStream final : public ByteStream {
 public:
  FdStream(int in, int out);  // made non-blocking; not closed
  Result<std::string> Read(size_t most) override;
  bool AtEnd() const override { return ended_; }
  Result<size_t> Write(std::string_view bytes) override;
  void Wait(bool to_write, Millis limit) override;

 private:
  int in_;
  int out_;
  bool ended_ = false;
};

}  // namespace curbstop
