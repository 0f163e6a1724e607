// Another computer over SSH: the system's OpenSSH as child processes that share one connection.
//
// The first use starts a master process (ControlMaster) that belongs to nobody and ends a minute
// after its last use; everything else is a channel of it. What the user's own ssh configuration
// says (ProxyJump, HostName, ciphers) holds, except that nothing is ever asked, no agent and no
// forwarding is used, and the host key is pinned: ssh_options.h.
//
// A link that has gone dead is noticed within 5 s: a keepalive each second, four without an answer
// end the connection.
//
// Source: ssh(1), ssh_config(5) of OpenSSH 9.2.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace curbstop {

struct SshTarget {
  std::string host;
  int port = 22;
  std::string user;
  std::filesystem::path identity;     // private key file (ssh_key.h)
  std::filesystem::path known_hosts;  // the run's own; made at the first contact
  // Where the connection's socket lies: short, 0700 (ssh_folder.h). Empty: found by itself.
  std::filesystem::path control_folder;
  // The name under which the host key is pinned; a machine's id, since addresses and ports are used
  // again. Empty: `[host]:port`.
  std::string pinned_as;
};

struct SshOutput {
  int exit_code = 0;  // 128 + signal where one ended it
  std::string out;
  std::string err;  // at most the last 16 KiB
};

// A command that runs over there. Its destructor ends our side at once; over there its stdin and
// stdout close, and a command that minds neither runs on.
// Threads: one at a time.
class SshChannel {
 public:
  virtual ~SshChannel() = default;

  // What has come from its stdout, at most `most` bytes; empty: nothing just now, or AtEnd().
  // Errors: kUnavailable.
  virtual Result<std::string> Read(size_t most) = 0;
  virtual bool AtEnd() const = 0;  // its stdout is closed and read

  // Takes what fits now and says how much; 0: nothing does.
  // Errors: kUnavailable (nobody reads any more).
  virtual Result<size_t> Write(std::string_view bytes) = 0;
  virtual void CloseInput() = 0;

  // Returns when something can be read, or written where `to_write`, or it has ended, or after
  // `limit`.
  virtual void Wait(bool to_write, Millis limit) = 0;

  // Empty while our child lives; then the command's exit code, 255 also where the link was lost.
  // (ssh cannot tell the two apart; no command of ours ends with 255.)
  virtual std::optional<int> ExitCode() = 0;
  bool Alive() { return !ExitCode().has_value(); }

  virtual void Kill() = 0;
  // The end of what came on stderr, at most 16 KiB.
  virtual std::string ErrorText() = 0;
};

class SshClient {
 public:
  virtual ~SshClient() = default;

  // Errors: kUnavailable (refused, timed out, lost: again later), kDenied (the key is not taken, or
  // the host key is another one than at the first contact), kInvalidInput (the user's ssh
  // configuration is wrong), kNotFound (no ssh here).
  // Just after a machine's birth kDenied may only mean that its sshd is up before its keys are.
  virtual Result<std::unique_ptr<SshChannel>> Open(const std::string& command) = 0;

  // `command` goes to the far user's shell; what may not be seen in a process list goes by `input`.
  // Errors: as Open; kUnavailable where the link is lost or `limit` passes; kCorrupt above
  // `most_bytes` of stdout. Any exit code but 255 is an answer.
  Result<SshOutput> Run(const std::string& command, std::string_view input, Millis limit,
                        int64_t most_bytes = 1 << 20);
};

// Nothing is connected before the first use. Errors: kDenied and kInvalidInput of ssh_folder.h.
Result<std::unique_ptr<SshClient>> OpenSsh(SshTarget target);

// What a channel that ended with 255 died of.
Error LostLink(SshChannel& channel);

}  // namespace curbstop
