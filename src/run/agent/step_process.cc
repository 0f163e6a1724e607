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

namespace curbstop {
namespace {

constexpr int kPipeBytes = 1 << 20;  // what /proc/sys/fs/pipe-max-size allows by default
constexpr size_t kMostOutput = 8 << 20;

// Fields 3 (state), 5 (process group), 6 (session) and 14 to 17 (user and system time in ticks, its
// own and that of the children it has waited for) of /proc/PID/stat.
struct StepStat {
  int pid = 0;
  bool is_dead = true;
  int group = 0;
  int session = 0;
  int64_t ticks = 0;
};

StepStat ReadStepStat(const std::string& pid) {
  const Result<std::string> text = ReadFile("/proc/" + pid + "/stat");
  if (!text.ok() || text->rfind(')') == text->npos) return {};
  const std::vector<std::string> fields = Split(text->substr(text->rfind(')') + 2), ' ');
  if (fields.size() < 15) return {};
  StepStat stat{.pid = std::atoi(pid.c_str()),
                .is_dead = fields[0] == "Z" || fields[0] == "X",
                .group = std::atoi(fields[2].c_str()),
                .session = std::atoi(fields[3].c_str())};
  for (size_t i = 11; i < 15; ++i) stat.ticks += std::atoll(fields[i].c_str());
  return stat;
}

std::vector<StepStat> ReadAllStats() {
  std::vector<StepStat> stats;
  const auto processes = ListFolder("/proc");
  for (const FolderEntry& process : processes.ok() ? *processes : std::vector<FolderEntry>()) {
    if (IsDigits(process.name)) stats.push_back(ReadStepStat(process.name));
  }
  return stats;
}

// What a step's processes are recognized by, resolved once: while they are ended, the session's
// leader may go before its members.
struct StepTraits {
  explicit StepTraits(const StepMark& mark)
      : entry("CURBSTOP_STEP_ID=" + mark.step_id), cgroup(StepCgroup::Find(mark.cgroup_list)) {
    if (mark.leader && IsAlive(*mark.leader)) session = mark.leader->pid;
  }
  std::string entry;
  std::optional<StepCgroup> cgroup;
  int session = 0;  // 0: none
};

std::vector<int> FindInSession(int session) {
  std::vector<int> pids;
  for (const StepStat& stat : session > 0 ? ReadAllStats() : std::vector<StepStat>()) {
    if (stat.session == session && !stat.is_dead) pids.push_back(stat.pid);
  }
  return pids;
}

std::vector<int> FindStepProcesses(const StepTraits& traits) {
  std::vector<int> pids = FindByEnvironment(traits.entry);
  const std::vector<int> inside = traits.cgroup ? traits.cgroup->Processes() : std::vector<int>();
  const std::vector<int> beside = FindInSession(traits.session);
  pids.insert(pids.end(), inside.begin(), inside.end());
  pids.insert(pids.end(), beside.begin(), beside.end());
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
  for (const int pid : FindStepProcesses(StepTraits(mark))) {
    if (!has_group || getpgid(pid) != pid_) kill(pid, SIGTERM);
  }
}

std::chrono::milliseconds StepProcess::CpuTime() const {
  const std::vector<int> inside = cgroup_ ? cgroup_->Processes() : std::vector<int>();
  const auto is_inside = [&](int pid) {
    return std::find(inside.begin(), inside.end(), pid) != inside.end();
  };
  int64_t ticks = 0;
  for (const StepStat& stat : ReadAllStats()) {
    if (stat.group == pid_ || is_inside(stat.pid)) ticks += stat.ticks;
  }
  return std::chrono::milliseconds(ticks * 1000 / sysconf(_SC_CLK_TCK));
}

bool HasStepProcesses(const StepMark& mark) { return !FindStepProcesses(StepTraits(mark)).empty(); }

bool EndStepProcesses(const StepMark& mark, std::chrono::milliseconds grace, Clock& clock,
                      const std::function<bool()>& hurry) {
  const StepTraits traits(mark);
  const std::vector<int> found = FindStepProcesses(traits);
  const bool any = SignalAll(found, grace.count() > 0 ? SIGTERM : 0) > 0;
  const Ticks end = clock.Awake() + grace;
  while (any && clock.Awake() < end && !hurry() && !FindStepProcesses(traits).empty())
    clock.Wait(std::chrono::milliseconds(50));
  if (traits.cgroup) traits.cgroup->Kill();
  // Again and again: while we look, a process may start another one.
  while (SignalAll(FindStepProcesses(traits), SIGKILL) > 0)
    clock.Wait(std::chrono::milliseconds(20));
  if (traits.cgroup) traits.cgroup->Remove();
  return any;
}

std::string ExitText(int exit_code) {
  if (exit_code <= 128 || exit_code > 128 + 64) return fmt::format("exit code {}", exit_code);
  const int number = exit_code - 128;
  const char* name = sigdescr_np(number);
  return fmt::format("signal {} ({})", number, name ? Lower(name) : "unknown");
}

}  // namespace curbstop
