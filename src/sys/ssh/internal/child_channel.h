// A child process whose stdin, stdout and stderr are ours, as a channel.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "sys/ssh/ssh_client.h"

namespace curbstop {

class ChildChannel final : public SshChannel {
 public:
  // From here on this process ignores SIGPIPE. Errors: those of StartChild.
  static Result<std::unique_ptr<ChildChannel>> Start(const std::vector<std::string>& argv);
  ChildChannel(const ChildChannel&) = delete;
  ChildChannel& operator=(const ChildChannel&) = delete;
  ~ChildChannel() override;

  Result<std::string> Read(size_t most) override;
  bool AtEnd() const override { return out_ < 0; }
  Result<size_t> Write(std::string_view bytes) override;
  void CloseInput() override;
  void Wait(bool to_write, Millis limit) override;
  std::optional<int> ExitCode() override;
  void Kill() override;
  std::string ErrorText() override;

 private:
  ChildChannel(int pid, int in, int out, int err);
  void DrainErrors();
  int pid_;
  int pid_fd_;
  int in_;
  int out_;
  int err_;
  std::optional<int> exit_code_;
  std::string error_text_;
};

}  // namespace curbstop
