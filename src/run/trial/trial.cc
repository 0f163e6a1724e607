#include "run/trial/trial.h"

#include <fcntl.h>
#include <memory>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "base/text.h"
#include "record/record.h"
#include "record/record_server.h"
#include "run/agent/gpu_use.h"
#include "run/agent/step_process.h"
#include "run/trial/memory_watch.h"
#include "sys/files.h"
#include "sys/process_identity.h"
#include "sys/redactor.h"
#include "sys/secrets.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kRead{10};  // a step's time is as exact as this
constexpr milliseconds kHostLook{50};
constexpr milliseconds kGpuLook{500};
constexpr milliseconds kRecordLook{500};
constexpr milliseconds kDying{10'000};
constexpr size_t kTailBytes = 4096;

void Set(EnvironmentList& list, const std::string& name, std::string value) {
  std::erase_if(list, [&](const auto& one) { return one.first == name; });
  list.emplace_back(name, std::move(value));
}

constexpr const char* kLeash =
    "exec 2>/dev/null\n"
    "while read -r line; do pid=$line; done\n"
    "[ -n \"${pid-}\" ] && kill -KILL -- \"-$pid\"\n"
    "group=$(cat \"$2/step.cgroup\")\n"
    "[ -n \"$group\" ] && echo 1 >\"$group/cgroup.kill\"\n"
    "for one in $(grep -lzxF -e \"CURBSTOP_STEP_ID=$1\" /proc/[0-9]*/environ); do\n"
    "  one=${one#/proc/}\n"
    "  kill -KILL \"${one%/environ}\"\n"
    "done\n"
    "for i in 1 2 3 4 5 6 7 8 9; do\n"
    "  [ -n \"$group\" ] && [ -d \"$group\" ] || break\n"
    "  rmdir \"$group\" || sleep 0.3\n"
    "done\n"
    "rm -rf -- \"$2\"";

// A shell that waits for us: when its stdin ends because we did, it ends the step's session and
// whatever else carries the step's id, and clears the room.
class Leash {
 public:
  static Result<Leash> Hold(const fs::path& room, const std::string& id) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return FromErrno(errno, "cannot make a pipe");
    ChildRequest request;
    request.argv = {"/bin/sh", "-c", kLeash, "leash", id, room.string()};
    request.folder = "/";
    request.environment = ReadEnvironment();
    request.input_fd = ends[0];
    Result<int> pid = StartChild(request);
    close(ends[0]);
    if (pid.ok()) return Leash(*pid, ends[1]);
    close(ends[1]);
    return std::move(pid).error();
  }

  Leash(Leash&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), input_(std::exchange(other.input_, -1)) {}
  Leash& operator=(Leash&&) = delete;
  ~Leash() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(input_);
  }

  void Tie(int pid) const {
    const std::string line = std::to_string(pid) + "\n";
    [[maybe_unused]] const ssize_t written = write(input_, line.data(), line.size());
  }

 private:
  Leash(int pid, int input) : pid_(pid), input_(input) {}
  int pid_;
  int input_;
};

// Clears the room whatever happens.
struct Room {
  fs::path folder;
  ~Room() { [[maybe_unused]] const Status removed = RemoveTree(folder); }
};

// MLflow's endpoint, for scripts that log: into the room.
class TrialRecord {
 public:
  static Result<std::unique_ptr<TrialRecord>> Open(const TrialRequest& request, Random& random,
                                                   int64_t now_ms) {
    RecordServerOptions options;
    options.database = request.room / "mlflow.db";
    options.artifacts = request.room / "artifacts";
    options.run_uuid = NewToken(random);
    options.step_id = request.id;
    const std::string token = NewToken(random);
    options.token = Secret(token);
    TRY_ASSIGN(Record record, Record::Open(options.database, options.artifacts));
    RecordRunRequest run;
    run.run_uuid = options.run_uuid;
    run.experiment = run.run_name = "probe";
    run.start_ms = now_ms;
    TRY_ASSIGN(const RecordRun started, record.StartRun(run));
    TRY_ASSIGN(std::unique_ptr<RecordServer> server, RecordServer::Start(options));
    auto one = std::make_unique<TrialRecord>(std::move(record), std::move(server));
    one->variables_ = {
        {"MLFLOW_TRACKING_URI", "http://127.0.0.1:" + std::to_string(one->server_->port())},
        {"MLFLOW_RUN_ID", started.run_uuid},
        {"MLFLOW_EXPERIMENT_ID", started.experiment_id},
        {"MLFLOW_TRACKING_TOKEN", token}};
    return one;
  }

  TrialRecord(Record record, std::unique_ptr<RecordServer> server)
      : record_(std::move(record)), server_(std::move(server)) {}

  const EnvironmentList& variables() const { return variables_; }

  // The highest step that a metric was logged with.
  std::optional<int64_t> LastStep() {
    if (server_->writes() == 0) return std::nullopt;
    Result<Statement> query = record_.database().Prepare("SELECT MAX(step) FROM metrics");
    if (!query.ok()) return std::nullopt;
    const Result<bool> row = query->Step();
    if (!row.ok() || !*row || query->IsNull(0)) return std::nullopt;
    return query->Int(0);
  }

 private:
  Record record_;
  std::unique_ptr<RecordServer> server_;
  EnvironmentList variables_;
};

class Watcher {
 public:
  Watcher(const TrialRequest& request, StepProcess& process, TrialRecord* record,
          ProcessRunner& processes, Clock& clock)
      : request_(request),
        process_(process),
        record_(record),
        clock_(clock),
        memory_("/proc", request.gpu, processes),
        started_(clock.Awake()) {}

  Trial Watch(const std::function<bool()>& interrupted) {
    std::optional<TrialEnd> end;
    while (!(end = Look(interrupted))) clock_.Wait(kRead);
    if (*end == TrialEnd::kEnough || *end == TrialEnd::kOutOfMemory) LookAtMemory(true);
    Trial trial;
    trial.end = *end;
    trial.exit_code = process_.Poll().value_or(0);
    trial.steps = signs_.StepsDone();
    trial.seconds = signs_.SecondsOfStep();
    trial.gpu_peak = memory_.gpu_peak();
    trial.gpu_is_theirs = memory_.gpu_is_theirs();
    trial.host_peak = memory_.host_peak();
    trial.told = signs_.told();
    trial.tail = std::move(tail_);
    return trial;
  }

 private:
  void Read() {
    const std::string output = process_.ReadOutput();
    signs_.Feed(output, clock_.Awake());
    tail_ += output;
    if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  }

  void LookAtMemory(bool at_the_end) {
    if (!at_the_end && clock_.Awake() < next_host_look_) return;
    next_host_look_ = clock_.Awake() + kHostLook;
    const std::vector<int> pids = FindByEnvironment("CURBSTOP_STEP_ID=" + request_.id);
    memory_.LookAtHost(pids);
    if (!at_the_end && clock_.Awake() < next_gpu_look_) return;
    memory_.LookAtGpu(pids);
    next_gpu_look_ = clock_.Awake() + kGpuLook;
  }

  void LookAtRecord() {
    if (record_ == nullptr || clock_.Awake() < next_record_look_) return;
    next_record_look_ = clock_.Awake() + kRecordLook;
    if (const auto step = record_->LastStep())
      signs_.Note(StepSigns::Way::kRecord, *step, clock_.Awake());
  }

  bool RanOut() const {
    if (!signs_.told().out_of_memory.empty()) return true;
    return request_.most_host && memory_.host_now() > *request_.most_host;
  }

  // A script may go on after a full GPU, with less; one that has ended by it has not.
  std::optional<TrialEnd> HowItEnded(int exit_code) const {
    if (signs_.HasDone(request_.steps)) return TrialEnd::kEnough;
    const bool killed = exit_code == 128 + SIGKILL;  // the kernel, when the computer is full
    if (exit_code != 0 && (signs_.saw_out_of_memory() || killed)) return TrialEnd::kOutOfMemory;
    return TrialEnd::kExited;
  }

  std::optional<TrialEnd> Look(const std::function<bool()>& interrupted) {
    const std::optional<int> exit_code = process_.Poll();
    Read();
    if (!exit_code) LookAtMemory(false);
    LookAtRecord();
    if (RanOut()) return TrialEnd::kOutOfMemory;
    if (exit_code) return HowItEnded(*exit_code);
    if (signs_.HasDone(request_.steps)) return TrialEnd::kEnough;
    if (interrupted()) return TrialEnd::kInterrupted;
    if (clock_.Awake() - started_ > request_.limit) return TrialEnd::kLimit;
    return std::nullopt;
  }

  const TrialRequest& request_;
  StepProcess& process_;
  TrialRecord* record_;
  Clock& clock_;
  MemoryWatch memory_;
  StepSigns signs_;
  Ticks started_;
  Ticks next_host_look_{0};
  Ticks next_gpu_look_{0};
  Ticks next_record_look_{0};
  std::string tail_;
};

// What is shown of its output names no secret that it was given.
std::string Redacted(const std::string& text, const StepCommand& command) {
  std::vector<Secret> secrets;
  for (const auto& [name, value] : command.environment) secrets.emplace_back(value);
  Redactor redactor(secrets);
  const std::string clean = redactor.Feed(text);
  return clean + redactor.Finish();
}

EnvironmentList StepVariables(const TrialRequest& request, const TrialRecord& record) {
  EnvironmentList list = ReadEnvironment();
  std::erase_if(list, [](const auto& one) { return IsAccountKey(one.first); });
  for (const auto& [name, value] : request.command.environment) Set(list, name, value);
  for (const auto& [name, value] : record.variables()) Set(list, name, value);
  Set(list, "CURBSTOP_STEP_ID", request.id);
  Set(list, "CURBSTOP_ATTEMPT", "1");
  Set(list, "CURBSTOP_OUT", TrialOut(request.room).string());
  Set(list, "CURBSTOP_CHECKPOINT_DIR", (request.room / "checkpoints").string());
  Set(list, "CURBSTOP_RESUME", "");
  Set(list, "CURBSTOP_RESUME_FROM", "");
  if (request.gpu) {
    for (const auto& [name, value] : GpuVariables({*request.gpu})) Set(list, name, value);
  }
  return list;
}

}  // namespace

Result<Trial> RunTrial(const TrialRequest& request, ProcessRunner& processes, Clock& clock,
                       FileStore& files, Random& random, const std::function<bool()>& interrupted) {
  const Room room{request.room};
  for (const char* name : {"out", "checkpoints", "artifacts"})
    TRY(MakeFolders(request.room / name, true));
  for (const auto& [name, bytes] : request.command.files)
    TRY(files.Write(request.room / name, bytes, 0600));
  TRY_ASSIGN(const Leash leash, Leash::Hold(request.room, request.id));
  TRY_ASSIGN(const std::unique_ptr<TrialRecord> record,
             TrialRecord::Open(request, random, clock.WallMs()));
  const StepMark mark{request.id, request.room / kCgroupList};
  std::optional<StepCgroup> cgroup =
      StepCgroup::Make(CgroupParents("/"), request.id, mark.cgroup_list, files);
  TRY_ASSIGN(StepProcess process,
             StepProcess::Start(request.command.line, request.command.folder,
                                StepVariables(request, *record), std::move(cgroup)));
  leash.Tie(process.pid());
  Trial trial = Watcher(request, process, record.get(), processes, clock).Watch(interrupted);
  trial.tail = Redacted(trial.tail, request.command);
  // What it would save is thrown away, so it is not asked to.
  EndStepProcesses(mark, milliseconds(0), clock);
  // A cgroup goes once its last thread has; a large process takes a moment to die.
  const Ticks end = clock.Awake() + kDying;
  while (!process.Poll() && clock.Awake() < end) clock.Wait(milliseconds(10));
  if (const auto left = StepCgroup::Find(mark.cgroup_list)) left->Remove();
  return trial;
}

}  // namespace curbstop
