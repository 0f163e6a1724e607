// The step's own process: a shell in a session, process group and (where it may) cgroup of its own,
// its output read through a pipe.
//
// Threads: one. Only one at a time per process.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>

#include "base/result.h"
#include "run/agent/step_cgroup.h"
#include "sys/clock.h"
#include "sys/environment.h"
#include "sys/process_identity.h"

namespace curbstop {

// How a step's processes are known, by whoever comes after it.
struct StepMark {
  std::string step_id;                // they carry `CURBSTOP_STEP_ID=step_id` in their environment
  std::filesystem::path cgroup_list;  // the run's `step.cgroup`: or they are in that cgroup
  // Or in the session that this process leads, as long as it is alive itself.
  std::optional<ProcessIdentity> leader = {};
};

class StepProcess {
 public:
  // `command` goes to /bin/sh -euc. stdout and stderr share one pipe, stdin is empty.
  // Errors: kNotFound (the folder), kExhausted, kUnavailable.
  static Result<StepProcess> Start(const std::string& command, const std::filesystem::path& folder,
                                   const EnvironmentList& environment,
                                   std::optional<StepCgroup> cgroup = {});

  StepProcess(StepProcess&& other) noexcept;
  StepProcess& operator=(StepProcess&&) = delete;
  ~StepProcess();

  pid_t pid() const { return pid_; }
  // What it has written since the last call, at most about 8 MiB.
  std::string ReadOutput();
  // The exit code (128 + signal) once it has ended.
  std::optional<int> Poll();
  void Signal(int signal_number) const;  // to the whole group
  // SIGTERM, once, to each process of the step, in or out of its group.
  void AskToEnd(const StepMark& mark) const;
  // Processor time used by the processes of its group and its cgroup that are still alive, and by
  // those of their children that have ended.
  std::chrono::milliseconds CpuTime() const;

 private:
  StepProcess(pid_t pid, int output, std::optional<StepCgroup> cgroup)
      : pid_(pid), output_(output), cgroup_(std::move(cgroup)) {}
  pid_t pid_;
  int output_;
  std::optional<StepCgroup> cgroup_;
  std::optional<int> exit_code_;
};

// Whether a process of the step is alive, in or out of its group.
bool HasStepProcesses(const StepMark& mark);

// Ends whatever still belongs to the step, in or out of its group. SIGTERM, once, up to `grace` (0:
// no SIGTERM) or until `hurry` says so, then SIGKILL; returns when all are gone that we may signal.
// Its empty cgroup is removed. True if there were any.
bool EndStepProcesses(
    const StepMark& mark, std::chrono::milliseconds grace, Clock& clock,
    const std::function<bool()>& hurry = [] { return false; });

inline constexpr std::string_view kCgroupList = "step.cgroup";  // in the run's folder

// "exit code 3", "signal 9 (killed)".
std::string ExitText(int exit_code);

}  // namespace curbstop
