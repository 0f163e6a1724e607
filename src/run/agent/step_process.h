// The step's own process: a shell in a session, process group and (where it may) cgroup of its own,
// its output read through a pipe.
//
// Threads: one. Only one at a time per process.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

#include "base/result.h"
#include "sys/clock.h"
#include "sys/environment.h"

namespace curbstop {

class StepProcess {
 public:
  // `command` goes to /bin/sh -euc. stdout and stderr share one pipe, stdin is empty.
  // Errors: kNotFound (the folder), kExhausted, kUnavailable.
  static Result<StepProcess> Start(const std::string& command, const std::filesystem::path& folder,
                                   const EnvironmentList& environment);

  StepProcess(StepProcess&& other) noexcept;
  StepProcess& operator=(StepProcess&&) = delete;
  ~StepProcess();

  pid_t pid() const { return pid_; }
  // What it has written since the last call, at most 64 KiB.
  std::string ReadOutput();
  // The exit code (128 + signal) once it has ended.
  std::optional<int> Poll();
  void Signal(int signal_number) const;  // to the whole group
  // Processor time used by the group's processes that are still alive.
  std::chrono::milliseconds CpuTime() const;

 private:
  StepProcess(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_;
  int output_;
  std::optional<int> exit_code_;
};

// Ends whatever still belongs to the step: processes that carry `CURBSTOP_STEP_ID=step_id` in their
// environment, in or out of its group. SIGTERM, up to `grace`, then SIGKILL; returns when all are
// gone. True if there were any.
bool EndStepProcesses(const std::string& step_id, std::chrono::milliseconds grace, Clock& clock);

// "exit code 3", "signal 9 (killed)".
std::string ExitText(int exit_code);

}  // namespace curbstop
