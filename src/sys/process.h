// Starting other programs, by argument vector, never through a shell of ours.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/environment.h"

namespace curbstop {

struct ProcessRequest {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH unless it holds a slash
  std::filesystem::path folder;   // working folder; empty: ours
  std::optional<EnvironmentList> environment;  // empty: ours
  std::string input;                           // its stdin
  std::chrono::milliseconds timeout{30'000};
  int64_t most_output =
      16 << 20;  // bytes kept of stdout and of stderr; the rest is read and dropped
};

struct ProcessOutcome {
  int exit_code = 0;  // 128 + signal where one ended it
  bool timed_out = false;
  std::string out;
  std::string err;
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  // Blocks until it ends; at the timeout it and its process group are killed. From the first call
  // on this process ignores SIGPIPE. Errors: kNotFound (no such program or folder), kDenied,
  // kExhausted.
  virtual Result<ProcessOutcome> Run(const ProcessRequest& request) = 0;
};

class RealProcessRunner final : public ProcessRunner {
 public:
  Result<ProcessOutcome> Run(const ProcessRequest& request) override;
};

// A child that a parent keeps and waits for, or lets go.
struct ChildRequest {
  std::vector<std::string> argv;
  std::filesystem::path folder;
  EnvironmentList environment;
  std::filesystem::path out;  // appended to; empty: /dev/null
  std::filesystem::path err;  // same file as `out` allowed
  int output_fd = -1;         // where given, both go here instead
  int error_fd = -1;          // where given, its stderr goes here, whatever the lines above say
  std::string input;          // its stdin, from memory: never on a disk, of any size
  int input_fd = -1;          // where given, its stdin instead
  bool own_session = true;    // setsid: a terminal's hang-up and Ctrl-C do not reach it
  // A `cgroup.procs`: the child enters that cgroup before it runs, or runs outside where it may
  // not.
  std::filesystem::path cgroup_procs;
};

// The child's pid; it is ours to wait for (waitpid).
// Errors: kNotFound, kDenied, kExhausted.
Result<int> StartChild(const ChildRequest& request);

// The child is handed to init: nobody waits for it, and it survives us. Its pid.
// Errors: as StartChild, kUnavailable.
Result<int> StartDetached(const ChildRequest& request);

// The file that would be run, or empty.
std::filesystem::path FindProgram(const std::string& name);

}  // namespace curbstop
