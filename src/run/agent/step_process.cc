#include "run/agent/step_process.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/process_identity.h"

namespace curbstop {
namespace {

constexpr int kPipeBytes = 1 << 20;  // what /proc/sys/fs/pipe-max-size allows by default
constexpr size_t kMostOutput = 8 << 20;

// Fields 5 (process group) and 14 to 17 (user and system time in ticks, its own and that of the
// children it has waited for) of /proc/PID/stat.
struct GroupTime {
  int group = 0;
  int64_t ticks = 0;
};

GroupTime ReadGroupTime(const std::string& pid) {
  const Result<std::string> stat = ReadFile("/proc/" + pid + "/stat");
  if (!stat.ok() || stat->rfind(')') == stat->npos) return {};
  const std::vector<std::string> fields = Split(stat->substr(stat->rfind(')') + 2), ' ');
  if (fields.size() < 15) return {};
  GroupTime time{std::atoi(fields[2].c_str())};
  for (size_t i = 11; i < 15; ++i) time.ticks += std::atoll(fields[i].c_str());
  return time;
}

std::vector<int> FindStepProcesses(const StepMark& mark, const std::optional<StepCgroup>& cgroup) {
  std::vector<int> pids = FindByEnvironment("CURBSTOP_STEP_ID=" + mark.step_id);
  const std::vector<int> inside = cgroup ? cgroup->Processes() : std::vector<int>();
  pids.insert(pids.end(), inside.begin(), inside.end());
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());  // one signal each
  return pids;
}

// How many could be signalled.
int64_t SignalAll(const std::vector<int>& pids, int signal_number) {
  return std::count_if(pids.begin(), pids.end(),
                       [&](int pid) { return kill(pid, signal_number) == 0; });
}

}  // namespace

Result<StepProcess> StepProcess::Start(const std::string& command,
                                       const std::filesystem::path& folder,
                                       const EnvironmentList& environment,
                                       std::optional<StepCgroup> cgroup) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return FromErrno(errno, "cannot make a pipe");
  ChildRequest request;
  request.argv = {"/bin/sh", "-euc", command};
  request.folder = folder;
  request.environment = environment;
  request.output_fd = ends[1];
  if (cgroup) request.cgroup_procs = cgroup->folder() / "cgroup.procs";
  Result<int> pid = StartChild(request);
  close(ends[1]);
  if (!pid.ok()) {
    close(ends[0]);
    return std::move(pid).error();
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  // Best effort: more than a pipe's usual 64 KiB, so that a look now and then slows nobody down.
  fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes);
  return StepProcess(*pid, ends[0], std::move(cgroup));
}

StepProcess::StepProcess(StepProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      cgroup_(std::move(other.cgroup_)),
      exit_code_(other.exit_code_) {}

StepProcess::~StepProcess() {
  if (output_ >= 0) close(output_);
}

std::string StepProcess::ReadOutput() {
  std::string output;
  char buffer[65536];
  for (ssize_t count = 0;
       output.size() < kMostOutput && (count = read(output_, buffer, sizeof buffer)) > 0;) {
    output.append(buffer, static_cast<size_t>(count));
  }
  return output;
}

std::optional<int> StepProcess::Poll() {
  int status = 0;
  if (!exit_code_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return exit_code_;
}

void StepProcess::Signal(int signal_number) const { kill(-pid_, signal_number); }

void StepProcess::AskToEnd(const StepMark& mark) const {
  const bool has_group = !exit_code_;  // else its number may be another's by now
  if (has_group) Signal(SIGTERM);
  for (const int pid : FindStepProcesses(mark, cgroup_)) {
    if (!has_group || getpgid(pid) != pid_) kill(pid, SIGTERM);
  }
}

std::chrono::milliseconds StepProcess::CpuTime() const {
  const std::vector<int> inside = cgroup_ ? cgroup_->Processes() : std::vector<int>();
  const auto is_inside = [&](const std::string& pid) {
    return std::find(inside.begin(), inside.end(), std::atoi(pid.c_str())) != inside.end();
  };
  const auto processes = ListFolder("/proc");
  int64_t ticks = 0;
  if (!processes.ok()) return std::chrono::milliseconds(0);
  for (const FolderEntry& process : *processes) {
    if (!IsDigits(process.name)) continue;
    const GroupTime time = ReadGroupTime(process.name);
    if (time.group == pid_ || is_inside(process.name)) ticks += time.ticks;
  }
  return std::chrono::milliseconds(ticks * 1000 / sysconf(_SC_CLK_TCK));
}

bool HasStepProcesses(const StepMark& mark) {
  return !FindStepProcesses(mark, StepCgroup::Find(mark.cgroup_list)).empty();
}

bool EndStepProcesses(const StepMark& mark, std::chrono::milliseconds grace, Clock& clock,
                      const std::function<bool()>& hurry) {
  const std::optional<StepCgroup> cgroup = StepCgroup::Find(mark.cgroup_list);
  const std::vector<int> found = FindStepProcesses(mark, cgroup);
  const bool any = SignalAll(found, grace.count() > 0 ? SIGTERM : 0) > 0;
  const Ticks end = clock.Awake() + grace;
  while (any && clock.Awake() < end && !hurry() && !FindStepProcesses(mark, cgroup).empty())
    clock.Wait(std::chrono::milliseconds(50));
  if (cgroup) cgroup->Kill();
  // Again and again: while we look, a process may start another one.
  while (SignalAll(FindStepProcesses(mark, cgroup), SIGKILL) > 0)
    clock.Wait(std::chrono::milliseconds(20));
  if (cgroup) cgroup->Remove();
  return any;
}

std::string ExitText(int exit_code) {
  if (exit_code <= 128 || exit_code > 128 + 64) return fmt::format("exit code {}", exit_code);
  const int number = exit_code - 128;
  const char* name = sigdescr_np(number);
  return fmt::format("signal {} ({})", number, name ? Lower(name) : "unknown");
}

}  // namespace curbstop
