#include "run/agent/keeper.h"

#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "run/agent/away_duties.h"
#include "run/agent/checkpoints.h"
#include "run/agent/revival.h"
#include "run/agent/step_leader.h"
#include "run/agent/step_process.h"
#include "sys/failpoint.h"
#include "sys/file_lock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::filesystem::path LockOf(const std::filesystem::path& folder) { return folder / "keeper.lock"; }

class Keeper {
 public:
  Keeper(std::filesystem::path folder, const AgentOrder& order, std::string secrets,
         std::filesystem::path program)
      : folder_(std::move(folder)),
        order_(order),
        secrets_(std::move(secrets)),
        program_(std::move(program)) {}

  // Until the worker has ended by itself, or has died too often.
  void Run() {
    for (int64_t starts = 0;;) {
      if (!revival_.Look(clock_.Awake(), pid_ > 0)) {
        clock_.Wait(milliseconds(pid_ > 0 ? 100 : 20));
      } else {
        if (++starts > order_.away->worker_starts) return GiveUp();
        FAILPOINT("keeper.before_worker");
        Start();
        FAILPOINT("keeper.after_worker");
      }
      if (pid_ <= 0) continue;
      if (clock_.Awake() - started_ > Revival::kLongLife) starts = 0;
      if (HasEnded()) return;
    }
  }

 private:
  void Start() {
    ChildRequest request;
    request.argv = {program_.string(), "work", folder_.string()};
    request.folder = "/";
    request.environment = ReadEnvironment();
    request.out = request.err = folder_ / "agent.log";
    request.input = secrets_;
    const Result<int> pid = StartChild(request);
    if (!pid.ok()) return Log(pid.error().OneLine());
    pid_ = *pid;
    started_ = clock_.Awake();
  }

  // Released, and ended as it should.
  bool HasEnded() {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
    pid_ = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    Log(fmt::format("the worker ended with {}",
                    ExitText(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status))));
    return false;
  }

  // The step ends here; what it has done so far is saved as the order says.
  void GiveUp() {
    Log("the worker died too often: ending the machine");
    EndStepProcesses({order_.step_id, folder_ / kCgroupList, LostLeader(folder_ / "agent.events")},
                     order_.grace, clock_);
    const Result<AgentSecrets> secrets = ParseSecrets(secrets_);
    RealProcessRunner processes;
    const Result<std::vector<SpoolLine>> told = ReadSpool(folder_ / "agent.events", 0);
    AwayDuties away(folder_, order_.run, *order_.away, secrets.ok() ? secrets->away : AwaySecrets(),
                    Ticks(0), told.ok() ? *told : std::vector<SpoolLine>(), clock_, processes);
    for (;; clock_.Wait(milliseconds(200))) {
      const EndAct act = away.NextAct(false, false);
      if (act == EndAct::kEndMachine) away.EndMachine();
      if (act != EndAct::kSave) continue;
      const Status saved = away.Save(NewestCheckpoint(), Json());
      if (!saved.ok()) Log(saved.error().OneLine());
    }
  }

  std::filesystem::path NewestCheckpoint() const {
    if (order_.checkpoint_dir.empty()) return {};
    const auto scan = ScanCheckpoints(order_.checkpoint_dir, AfterKill::kYes, {});
    if (!scan.ok() || scan->complete.empty()) return {};
    return order_.checkpoint_dir / scan->complete.back();
  }

  void Log(const std::string& text) {
    static_cast<void>(AppendQuickly(folder_ / "agent.log", fmt::format("[keeper] {}\n", text)));
  }

  std::filesystem::path folder_;
  const AgentOrder& order_;
  std::string secrets_;
  std::filesystem::path program_;
  RealClock clock_;
  Revival revival_;
  int pid_ = -1;
  Ticks started_{0};
};

// Away from the caller's session and files: an ssh channel ends when nobody holds it open.
void LeaveCaller() {
  setsid();
  signal(SIGHUP, SIG_IGN);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, fd);
  if (nothing > STDERR_FILENO) close(nothing);
  static_cast<void>(chdir("/"));
}

Status AwaitWorker(const std::filesystem::path& folder, int keeper) {
  RealClock clock;
  const Ticks end = clock.Awake() + seconds(10);
  while (!IsLocked(folder / "agent.lock")) {
    const bool is_gone = waitpid(keeper, nullptr, WNOHANG) == keeper;
    if ((is_gone || clock.Awake() > end) && !IsLocked(folder / "agent.lock")) {
      const Result<std::string> log = ReadTail(folder / "agent.log", 2048);
      return Unavailable(fmt::format("the agent did not begin: {}",
                                     log.ok() ? Printable(Trim(*log)) : "no message"));
    }
    clock.Wait(milliseconds(5));
  }
  return {};
}

}  // namespace

void HideMemory() {
  prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

bool KeeperLives(const std::filesystem::path& folder) { return IsLocked(LockOf(folder)); }

Status Keep(const std::filesystem::path& folder, const AgentOrder& order, std::string secrets,
            const std::filesystem::path& program) {
  if (!order.away) return InvalidInput("the order says nothing of `away`");
  if (KeeperLives(folder)) return Conflict(fmt::format("run `{}` has a keeper", order.run));
  if (IsLocked(folder / "agent.lock"))
    return Conflict(fmt::format("run `{}` has an agent", order.run));
  HideMemory();
  const pid_t child = fork();
  if (child < 0) return FromErrno(errno, "cannot start a keeper");
  if (child > 0) return AwaitWorker(folder, child);
  LeaveCaller();
  {
    const auto lock = FileLock::TryTake(LockOf(folder));
    if (lock.ok() && *lock) Keeper(folder, order, std::move(secrets), program).Run();
  }
  _exit(0);
}

}  // namespace curbstop
