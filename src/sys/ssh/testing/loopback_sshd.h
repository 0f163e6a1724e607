// A real sshd on loopback for one test: its own host key, one authorised key, this user.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "sys/ssh/ssh_client.h"

namespace curbstop {

class LoopbackSshd {
 public:
  // Everything of it lies under `folder`. Errors: kNotFound (no sshd here: skip the test).
  static Result<LoopbackSshd> Start(const std::filesystem::path& folder);
  LoopbackSshd(LoopbackSshd&& other) noexcept;
  LoopbackSshd& operator=(LoopbackSshd&&) = delete;
  ~LoopbackSshd();  // with all sessions

  int port() const { return port_; }
  // A target that works; `port` stands for the server's where something lies between.
  SshTarget Target(int port = 0) const;
  // Another host key from the next connection on.
  Status ChangeHostKey();

 private:
  LoopbackSshd(std::filesystem::path folder, int port, int pid)
      : folder_(std::move(folder)), port_(port), pid_(pid) {}
  Status Launch();
  std::filesystem::path folder_;
  int port_;
  int pid_;
};

// Ends the target's connection and with it all its channels, by whatever process.
void CloseSsh(SshTarget target);

// A port of 127.0.0.1 that nobody has just now.
int FreePort();

std::string UserName();

}  // namespace curbstop
