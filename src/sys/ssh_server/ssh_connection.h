// One SSH connection from its first byte to its last: what a rented machine's sshd does.
//
// Public keys only. A session runs a command, a shell or `sftp`, with a terminal where one is asked
// for; several at once; environment variables are refused. Forwarding of ports goes to this host's
// loopback alone. When the client hangs up, each session's process group gets SIGHUP and, two
// seconds later, SIGKILL; who has left the group by setsid stays.
//
// Source: RFC 4252, RFC 4254; libssh 0.10.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "sys/environment.h"

namespace curbstop {

struct SshSetup {
  std::string host_key;  // NewSshHostKey
  std::string user = "root";
  std::filesystem::path authorized_keys;  // read again at each try
  std::filesystem::path home;             // where sessions start
  std::string shell = "/bin/sh";
  EnvironmentList environment;  // of sessions
};

// Serves `socket`, which it closes, until the client has gone. For a process of its own with one
// thread: it takes SIGCHLD and ignores SIGPIPE.
// Errors: kDenied (nobody logged in), kUnavailable (broken on the way), kCorrupt (the host key).
Status ServeSshConnection(int socket, const SshSetup& setup);

// Listens on 127.0.0.1. Errors: kConflict (taken), kDenied, kExhausted.
Result<int> ListenOnLoopback(int64_t port);

}  // namespace curbstop
