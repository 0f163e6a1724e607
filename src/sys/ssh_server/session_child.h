// The process behind an SSH session: a session of its own, with pipes or a terminal.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.h"
#include "sys/environment.h"

namespace curbstop {

struct TerminalShape {
  int columns = 80;
  int rows = 24;
  int pixels_wide = 0;
  int pixels_high = 0;
};

struct SessionRequest {
  std::vector<std::string> argv;  // argv[0]: the program's path
  std::string name;               // what it sees as argv[0]; empty: the path
  EnvironmentList environment;
  std::filesystem::path folder;
  std::optional<TerminalShape> terminal;
};

// Descriptors do not block; -1: there is none. With a terminal `out` is its master and `in` a copy.
struct SessionChild {
  pid_t pid = -1;
  int in = -1;
  int out = -1;
  int err = -1;
};

// To be called from a process with one thread. The child's process group has its pid.
// Errors: kExhausted, kUnavailable; what execve says comes as exit code 127.
Result<SessionChild> StartSessionChild(const SessionRequest& request);

void ReshapeTerminal(int master, const TerminalShape& shape);

}  // namespace curbstop
