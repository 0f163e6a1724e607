#include "run/agent/agent.h"

#include <algorithm>
#include <signal.h>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "run/agent/gpu_use.h"
#include "run/agent/step_leader.h"
#include "run/agent/time_limit.h"
#include "sys/failpoint.h"
#include "sys/files.h"
#include "sys/process_identity.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLookEvery{50};
constexpr std::string_view kFull =
    "the machine's disk was full, the failed attempt's outputs were removed";
constexpr size_t kTailBytes = 4096;

Json Said(std::string_view kind) { return Json::MakeObject({{"kind", kind}}); }

std::vector<Secret> SecretValues(const AgentSecrets& secrets) {
  std::vector<Secret> values;
  for (const auto& [name, value] : secrets.environment) values.emplace_back(value);
  return values;
}

// 1, 2, 4 … 60 s.
milliseconds Backoff(int64_t crashes) {
  return seconds(std::min<int64_t>(60, int64_t{1} << std::min<int64_t>(crashes - 1, 6)));
}

void SetVariable(EnvironmentList& list, const std::string& name, const std::string& value) {
  std::erase_if(list, [&](const auto& entry) { return entry.first == name; });
  list.emplace_back(name, value);
}

Json LastFinished(const std::filesystem::path& events) {
  const Result<std::vector<SpoolLine>> lines = ReadSpool(events, 0);
  Json last;
  for (const SpoolLine& line : lines.ok() ? *lines : std::vector<SpoolLine>()) {
    if (line.body.StringOr("kind", "") == "finished") last = line.body;
  }
  return last;
}

}  // namespace

Agent::Agent(std::filesystem::path folder, AgentOrder order, AgentSecrets secrets, Clock& clock,
             FileStore& files, ProcessRunner& processes)
    : folder_(std::move(folder)),
      order_(std::move(order)),
      secrets_(std::move(secrets)),
      clock_(clock),
      files_(files),
      processes_(processes),
      redactor_(SecretValues(secrets_)),
      record_life_(folder_ / "record.life"),
      started_(clock.Boot()) {}

Status Agent::Run() {
  TRY_ASSIGN(const std::optional<FileLock> lock, FileLock::TryTake(folder_ / "agent.lock"));
  if (!lock) return Conflict(fmt::format("run `{}` has an agent already", order_.run));
  TRY_ASSIGN(spool_, SpoolWriter::Open(folder_ / "agent.events", files_));
  if (order_.away) TRY(BeginAway());
  TRY(TellStarted());
  if (away_ && away_->has_finished()) return Depart(), Status();
  const CheckpointTrace trace = TraceCheckpoints();
  renamed_ = trace.renamed();
  // A process of an agent that died must not meet the next attempt.
  leader_ = LostLeader(folder_ / "agent.events");
  left_by_ = EndStep(order_.grace) ? AfterKill::kYes : trace.left_by();
  leader_.reset();
  Result<Ending> ended = RunAttempts();
  const Ending ending = ended.ok() ? *ended : Ending{"failed", 1, ended.error().OneLine()};
  if (away_ && wish_ != Wish::kNone) TellSaved();
  Tell(Said("finished")
           .Set("outcome", ending.outcome)
           .Set("exit_code", int64_t{ending.exit_code})
           .Set("reason", was_full_ ? fmt::format("{}; {}", ending.reason, kFull) : ending.reason));
  away_ ? Depart() : AwaitRelease();
  return {};
}

Status Agent::BeginAway() {
  TRY_ASSIGN(const std::vector<SpoolLine> told, ReadSpool(folder_ / "agent.events", 0));
  away_ = std::make_unique<AwayDuties>(folder_, order_.run, *order_.away, secrets_.away,
                                       order_.grace, told, clock_, processes_);
  const auto token = secrets_.environment.find("MLFLOW_TRACKING_TOKEN");
  if (token != secrets_.environment.end()) TRY(away_->ServeRecord(Secret(token->second), files_));
  if (!away_->has_greeted()) Tell(away_->Hello());
  return {};
}

Status Agent::TellStarted() {
  const ProcessIdentity self = IdentifySelf();
  TRY_ASSIGN(const std::vector<SpoolLine> before, ReadSpool(folder_ / "agent.events", 0));
  Json started = Said("started").Set("pid", int64_t{self.pid}).Set("start_ticks", self.start_ticks);
  NoteStart(started, started_, self.boot_id);
  started_ = FirstStart(before, self.boot_id, started_);
  Tell(std::move(started));
  return {};
}

Agent::Ending Agent::OutOfTime(int exit_code) const {
  return {"failed", exit_code,
          fmt::format("the time limit of {} was reached", DurationText(order_.time_limit))};
}

// Why there is nothing more to wait for.
std::optional<Agent::Ending> Agent::ReasonToEnd(int exit_code) const {
  if (wish_ != Wish::kNone) return EndingOf(wish_why_, exit_code);
  return PastLimit() ? std::optional(OutOfTime(exit_code)) : std::nullopt;
}

// What it means for the run that we ended the process; nothing where it ended by itself.
std::optional<Agent::Ending> Agent::CutOff(const AttemptEnd& end) const {
  return end.why.empty() ? std::nullopt : std::optional(EndingOf(end.why, end.exit_code));
}

Agent::Ending Agent::EndingOf(const std::string& why, int exit_code) const {
  if (why == "cancel") return {"cancelled", exit_code, "cancelled by the user"};
  if (why == "cap") return {"cancelled", exit_code, "a cap is reached"};
  if (why == "save") return {"cancelled", exit_code, "saved as it was told"};
  if (why == "lease") return {"lease_over", exit_code, "the machine's lease is over"};
  if (why == "keeper") return {"lease_over", exit_code, "the agent's keeper is gone"};
  if (why == "deadline") return OutOfTime(exit_code);
  return {"failed", exit_code,
          "no sign of life: no log line, logged metric, checkpoint, processor or GPU use for too "
          "long"};
}

Result<Agent::Ending> Agent::RunAttempts() {
  TRY_ASSIGN(const std::optional<Ending> no_right, TakeResources());
  if (no_right) return *no_right;
  TRY_ASSIGN(const std::optional<Ending> no_setup, SetUp());
  if (no_setup) return *no_setup;
  for (int64_t attempt = LastAttempt() + 1, crashes = CrashesSoFar();; ++attempt) {
    TRY_ASSIGN(const AttemptEnd end, RunAttempt(attempt));
    if (const auto cut_off = CutOff(end)) return *cut_off;
    if (end.exit_code == 0) return Ending{"done", 0, ""};
    if (++crashes > order_.retries) {
      return Ending{"failed", end.exit_code,
                    fmt::format("attempt {} ended with {}", attempt, ExitText(end.exit_code))};
    }
    Tell(Said("backoff").Set("wait_ms", int64_t{Backoff(crashes).count()}));
    Pause(Backoff(crashes));
    if (const auto reason = ReasonToEnd(end.exit_code)) return *reason;
  }
}

Result<std::optional<Agent::Ending>> Agent::TakeResources() {
  Resources resources(order_, folder_.parent_path(), files_, clock_);
  for (std::string told;;) {
    ResourceWait wait;
    TRY_ASSIGN(std::optional<HeldResources> held, resources.TryTake(wait));
    if (held) {
      held_ = *std::move(held);
      Tell(Said("held").Set("gpus", Json::ArrayOf(held_.gpus)));
      return std::optional<Ending>();
    }
    if (wait.reason != told) Tell(Said("waiting").Set("text", told = wait.reason));
    Pause(milliseconds(500));
    if (const auto reason = ReasonToEnd(0)) return reason;
  }
}

Result<std::optional<Agent::Ending>> Agent::SetUp() {
  if (order_.setup.empty() || Exists(order_.setup_marker)) return std::optional<Ending>();
  // Steps that share an environment set it up once: the others wait here.
  std::optional<FileLock> lock;
  for (;;) {
    if (const auto reason = ReasonToEnd(0)) return reason;
    TRY_ASSIGN(lock, FileLock::TryTake(order_.setup_marker.string() + ".lock"));
    if (lock) break;
    Pause(milliseconds(200));
  }
  if (Exists(order_.setup_marker)) return std::optional<Ending>();
  Tell(Said("setup_started"));
  TRY_ASSIGN(const AttemptEnd end, RunSetup());
  Tell(Said("setup_ended").Set("exit_code", int64_t{end.exit_code}).Set("tail", tail_));
  // Whatever its exit code, a setup that was cut off is not done.
  if (const auto cut_off = CutOff(end)) return cut_off;
  if (end.exit_code != 0) {
    const Ending failed{"failed", end.exit_code,
                        fmt::format("`setup:` ended with {}", ExitText(end.exit_code))};
    return std::optional(ReasonToEnd(end.exit_code).value_or(failed));
  }
  TRY(MakeFolders(order_.setup_marker.parent_path()));
  TRY(files_.Write(order_.setup_marker, order_.run + "\n", 0644));
  return ReasonToEnd(0);
}

Result<Agent::AttemptEnd> Agent::RunSetup() {
  LogOwn(fmt::format("[curbstop] setup: {}\n", order_.setup));
  TRY_ASSIGN(StepProcess process, StartStep(order_.setup, 0));
  return WatchAttempt(process);
}

int64_t Agent::AttemptsElsewhere() const { return order_.away ? order_.away->attempts_before : 0; }

int64_t Agent::LastAttempt() const {
  int64_t last = AttemptsElsewhere();
  const Result<std::vector<SpoolLine>> lines = ReadSpool(folder_ / "agent.events", 0);
  if (!lines.ok()) return last;
  for (const SpoolLine& line : *lines) last = std::max(last, line.body.IntOr("attempt", 0));
  return last;
}

// Of the step itself, under this agent or one before it.
int64_t Agent::CrashesSoFar() const {
  int64_t crashes = 0;
  const Result<std::vector<SpoolLine>> lines = ReadSpool(folder_ / "agent.events", 0);
  for (const SpoolLine& line : lines.ok() ? *lines : std::vector<SpoolLine>()) {
    const bool ended = line.body.StringOr("kind", "") == "attempt_ended";
    const bool by_itself = line.body.StringOr("why", "").empty();
    if (ended && by_itself && line.body.IntOr("exit_code", 0) != 0) ++crashes;
  }
  return crashes;
}

// How an agent before this one, or the run whose checkpoints are taken over, left the folder.
CheckpointTrace Agent::TraceCheckpoints() const {
  const std::set<std::string> renamed(order_.checkpoints_renamed.begin(),
                                      order_.checkpoints_renamed.end());
  const Result<std::vector<SpoolLine>> lines = ReadSpool(folder_ / "agent.events", 0);
  if (!lines.ok()) return CheckpointTrace(AfterKill::kYes, renamed);
  CheckpointTrace trace(order_.checkpoints_after_kill ? AfterKill::kYes : AfterKill::kNo, renamed);
  for (const SpoolLine& line : *lines) trace.Hear(line.body);
  return trace;
}

Status Agent::PrepareFolders(int64_t attempt) {
  can_make_room_ = false;
  TRY(RemoveTree(folder_ / "out"));
  TRY(MakeFolders(folder_ / "out"));
  resume_from_.clear();
  if (order_.checkpoint_dir.empty()) return {};
  TRY(MakeFolders(order_.checkpoint_dir));
  const bool fresh = attempt == AttemptsElsewhere() + 1 && !order_.keep_checkpoints;
  if (fresh) {
    TRY_ASSIGN(const CheckpointScan old,
               ScanCheckpoints(order_.checkpoint_dir, AfterKill::kNo, {}));
    TRY(MoveEntriesAside(order_.checkpoint_dir, old.complete, order_.old_checkpoints, files_));
    TRY(MoveEntriesAside(order_.checkpoint_dir, old.incomplete, order_.old_checkpoints, files_));
    return {};
  }
  TRY_ASSIGN(const CheckpointScan scan, ScanCheckpoints(order_.checkpoint_dir, left_by_, renamed_));
  TRY(MoveEntriesAside(order_.checkpoint_dir, scan.incomplete, folder_ / "incomplete", files_));
  if (!scan.complete.empty()) resume_from_ = scan.complete.back();
  for (const std::string& name : scan.complete) {
    if (away_) away_->work().Add(name);
  }
  return {};
}

// The supervisor may have moved the step's record meanwhile.
void Agent::RenewEnvironment() {
  Result<AgentOrder> order = ReadOrder(folder_);
  if (order.ok()) order_.environment = std::move(order->environment);
}

Result<Agent::AttemptEnd> Agent::RunAttempt(int64_t attempt) {
  RenewEnvironment();
  TRY(PrepareFolders(attempt));
  Tell(Said("attempt_starting").Set("attempt", attempt).Set("resume_from", resume_from_));
  if (!order_.checkpoint_dir.empty()) watch_.emplace(order_.checkpoint_dir);
  LogOwn(fmt::format("[curbstop] attempt {}: {}\n", attempt, order_.command));
  FAILPOINT("agent.before_step");
  TRY_ASSIGN(StepProcess process, StartStep(order_.command, attempt));
  FAILPOINT("agent.after_step_start");
  Json started = Said("attempt_started").Set("attempt", attempt).Set("pid", int64_t{process.pid()});
  Tell(NoteLeader(started, process.pid()));
  if (away_) away_->work().AttemptStarts(resume_from_, clock_.Boot());
  const AttemptEnd end = WatchAttempt(process);
  if (away_ && !end.killed) LookForFolders(milliseconds(0));
  if (away_) away_->work().AttemptEnds(clock_.Boot());
  if (watch_) renamed_.insert(watch_->renamed().begin(), watch_->renamed().end());
  watch_.reset();
  left_by_ = end.killed ? AfterKill::kYes : AfterKill::kNo;
  FAILPOINT("agent.after_step_end");
  can_make_room_ = away_ && end.exit_code != 0;
  Tell(Said("attempt_ended")
           .Set("attempt", attempt)
           .Set("exit_code", int64_t{end.exit_code})
           .Set("why", end.why)
           .Set("killed", end.killed)
           .Set("tail", tail_));
  return end;
}

Agent::AttemptEnd Agent::WatchAttempt(StepProcess& process) {
  Progress progress(clock_.Awake(), order_.hang_floor);
  AttemptEnd end;
  std::optional<Ticks> kill_at;  // the step, or what it left behind, was asked to end
  tail_.clear();
  for (;;) {
    const std::optional<int> exited = process.Poll();
    progress.Look(clock_.Awake(), Look(process));
    if (!kill_at) {
      if (!exited) end.why = ReasonToStop(progress);
      if (!end.why.empty()) Tell(Said("stopping").Set("why", end.why));
      if (!end.why.empty() || exited) kill_at = AskToEnd(process);
    }
    if (exited && !HasStepProcesses(Mark())) break;
    if (kill_at && (clock_.Awake() >= *kill_at || wish_ == Wish::kKill)) {
      if (!exited) process.Signal(SIGKILL);
      end.killed = EndStep(milliseconds(0)) || !exited || end.killed;
      if (exited) break;
    }
    Pause(kLookEvery);
  }
  FinishOutput(process);
  EndStep(milliseconds(0));
  end.exit_code = *process.Poll();
  end.killed = end.killed || (end.why.empty() && end.exit_code > 128);
  return end;
}

// When the grace after it is over.
Ticks Agent::AskToEnd(const StepProcess& process) {
  process.AskToEnd(Mark());
  return clock_.Awake() + order_.grace;
}

StepMark Agent::Mark() const { return {order_.step_id, folder_ / kCgroupList, leader_}; }

bool Agent::EndStep(milliseconds grace) {
  return EndStepProcesses(Mark(), grace, clock_, [this] {
    ReadCommands();
    return wish_ == Wish::kKill;
  });
}

Result<StepProcess> Agent::StartStep(const std::string& command, int64_t attempt) {
  const std::string name = fmt::format("curbstop-{}-{}", order_.step_id, attempt);
  return StepProcess::Start(
      command, order_.root, StepEnvironment(attempt),
      StepCgroup::Make(CgroupParents("/"), name, folder_ / kCgroupList, files_));
}

// The rest of the output; a child that still holds the pipe is not waited for.
void Agent::FinishOutput(StepProcess& process) {
  for (std::string text; !(text = process.ReadOutput()).empty();) LogStep(redactor_.Feed(text));
  LogStep(redactor_.Finish());
  Look(process);
}

// One look at everything the step does; true if it showed a sign of life.
bool Agent::Look(StepProcess& process) {
  bool life = record_life_.Poll();
  if (watch_) {
    life = watch_->Poll() || life;
    for (const std::string& name : watch_->TakeFinished()) TellCheckpoint(name);
    if (away_) LookForFolders(seconds(2));
  }
  const std::string output = process.ReadOutput();
  if (!output.empty()) {
    life = true;
    LogStep(redactor_.Feed(output));
  }
  if (clock_.Awake() >= next_cpu_look_) {
    next_cpu_look_ = clock_.Awake() + seconds(order_.gpus_needed > 0 ? 60 : 10);
    life = IsBusy(process) || life;
  }
  return life;
}

void Agent::TellCheckpoint(const std::string& name) {
  if (!Exists(order_.checkpoint_dir / name)) return;
  Json said = Said("checkpoint").Set("name", name);
  said.Set("renamed", watch_->renamed().contains(name));
  if (!away_) return Tell(std::move(said));
  const int64_t work_ms = away_->work().Note(name, clock_.Boot());
  Tell(said.Set("complete", true).Set("work_ms", work_ms));
  away_->CheckpointDone(order_.checkpoint_dir / name, work_ms);
}

// Home fetches what is whole; at home nobody asks before the attempt's end.
void Agent::LookForFolders(milliseconds quiet) {
  if (!watch_ || (quiet.count() > 0 && clock_.Awake() < next_folder_look_)) return;
  next_folder_look_ = clock_.Awake() + seconds(1);
  for (const std::string& name : FinishedFolders(order_.checkpoint_dir, quiet)) {
    if (!away_->work().Knows(name)) TellCheckpoint(name);
  }
}

// Nothing more will be written: what there is has been told.
void Agent::TellSaved() {
  save_asked_ = false;
  Json said = Said("saved");
  if (const std::filesystem::path newest = NewestCheckpoint(); !newest.empty()) {
    said.Set("name", newest.filename().string());
    said.Set("work_ms", away_->work().Of(newest.filename()));
  }
  Tell(std::move(said));
}

// Where nvidia-smi says nothing (another maker's GPU), processor time is the sign of life.
bool Agent::IsBusy(const StepProcess& process) {
  const milliseconds before = std::exchange(cpu_time_, process.CpuTime());
  const bool computes = cpu_time_ > before + milliseconds(100);
  return order_.gpus_needed > 0 ? GpusAreBusy(held_.gpus, processes_).value_or(computes) : computes;
}

bool Agent::PastLimit() const {
  return order_.time_limit.count() > 0 && clock_.Boot() - started_ >= order_.time_limit;
}

std::string Agent::ReasonToStop(const Progress& progress) const {
  if (wish_ != Wish::kNone) return wish_why_;
  if (PastLimit()) return "deadline";
  return progress.Hangs() ? "hang" : "";
}

void Agent::LogStep(std::string_view text) {
  if (text.empty()) return;
  // The log is not worth a sync per line; a full disk loses log lines, never the run.
  [[maybe_unused]] const Status logged = AppendQuickly(folder_ / "step.log", text);
  tail_ += text;
  if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
}

// A line of ours, between two streams of the step's.
void Agent::LogOwn(std::string_view line) {
  LogStep(redactor_.Feed(line));
  LogStep(redactor_.Finish());
}

EnvironmentList Agent::StepEnvironment(int64_t attempt) const {
  EnvironmentList list = ReadEnvironment();
  for (const auto& [name, value] : order_.environment) SetVariable(list, name, value);
  for (const auto& [name, value] : away_ ? away_->Variables() : EnvironmentList())
    SetVariable(list, name, value);
  for (const auto& [name, value] : secrets_.environment) SetVariable(list, name, value);
  const bool resumes = !resume_from_.empty();
  SetVariable(list, "CURBSTOP_STEP_ID", order_.step_id);
  SetVariable(list, "CURBSTOP_ATTEMPT", std::to_string(attempt));
  SetVariable(list, "CURBSTOP_OUT", (folder_ / "out").string());
  SetVariable(list, "CURBSTOP_CHECKPOINT_DIR", order_.checkpoint_dir.string());
  SetVariable(list, "CURBSTOP_RESUME", resumes ? order_.checkpoint_dir.string() : "");
  SetVariable(list, "CURBSTOP_RESUME_FROM",
              resumes ? (order_.checkpoint_dir / resume_from_).string() : "");
  if (order_.gpus_needed > 0) {
    for (const auto& [name, value] : GpuVariables(held_.gpus)) SetVariable(list, name, value);
  }
  return list;
}

void Agent::Tell(Json body) {
  body.Set("at_ms", clock_.WallMs());
  body.Set("awake_ms", int64_t{std::chrono::duration_cast<milliseconds>(clock_.Awake()).count()});
  untold_.push_back(std::move(body));
  FlushTold();
}

void Agent::FlushTold() {
  while (!untold_.empty()) {
    FAILPOINT("agent.before_event");
    const Status told = spool_->Append(untold_.front());
    // What is too long for a line no later try takes; anything else is tried again.
    if (!told.ok() && told.error().kind() != ErrorKind::kInvalidInput)
      return MakeRoom(told.error());
    FAILPOINT("agent.after_event");
    untold_.pop_front();
  }
  if (was_full_ && !std::exchange(said_full_, true))
    LogOwn("[curbstop] " + std::string(kFull) + "\n");
}

// On a machine whose disk is full nobody could hear that an attempt has failed. Its outputs, which
// would be emptied before the next one, make room.
void Agent::MakeRoom(const Error& why) {
  if (why.kind() != ErrorKind::kExhausted || !std::exchange(can_make_room_, false)) return;
  was_full_ = true;
  for (Json& told : untold_) {
    if (told.StringOr("kind", "") == "finished")
      told.Set("reason", fmt::format("{}; {}", told.StringOr("reason", ""), kFull));
  }
  [[maybe_unused]] const Status removed = RemoveTree(folder_ / "out");
}

void Agent::ReadCommands() {
  const Result<std::vector<SpoolLine>> lines = ReadSpool(folder_ / "agent.commands", last_command_);
  if (!lines.ok()) return;
  for (const SpoolLine& line : *lines) {
    last_command_ = line.seq;
    const std::string kind = line.body.StringOr("kind", "");
    if (kind == "cancel") Wishes(line.body.StringOr("why", "cancel"));
    if (kind == "save" && away_) save_asked_ = true, Wishes("save");
    if (kind == "kill") wish_ = Wish::kKill;
    if (kind == "release") released_ = true, keeps_machine_ = line.body.BoolOr("keep", false);
  }
  if (!away_ || wish_ != Wish::kNone) return;
  if (const std::string why = away_->WhyStop(); !why.empty()) Wishes(why);
}

// The first wish counts.
void Agent::Wishes(const std::string& why) {
  if (wish_ != Wish::kNone) return;
  wish_ = Wish::kCancel;
  wish_why_ = why;
}

void Agent::KeepSupervisor() {
  if (order_.supervisor.empty() || clock_.Awake() < next_supervisor_look_) return;
  next_supervisor_look_ = clock_.Awake() + seconds(1);
  if (!revival_.Look(clock_.Awake(), IsLocked(folder_ / "supervisor.lock"))) return;
  ChildRequest request;
  request.argv = order_.supervisor;
  request.folder = "/";
  request.environment = ReadEnvironment();
  request.out = request.err = folder_ / "supervisor.log";
  [[maybe_unused]] const Result<int> started = StartDetached(request);  // tried again later
}

void Agent::Pause(milliseconds time) {
  const Ticks end = clock_.Awake() + time;
  do {
    clock_.Wait(std::min<Ticks>(kLookEvery, std::max<Ticks>(end - clock_.Awake(), Ticks(1))));
    FlushTold();
    ReadCommands();
    KeepSupervisor();
    if (away_) TellPlaced();
    const bool overdue =
        order_.expected_time.count() > 0 && clock_.Boot() - started_ > order_.expected_time;
    if (overdue && !std::exchange(overdue_told_, true)) Tell(Said("overdue"));
  } while (clock_.Awake() < end && wish_ == Wish::kNone);
}

// Without end, but for a run that was removed together with its folder.
void Agent::AwaitRelease() {
  wish_ = Wish::kNone;
  while (!released_ && IsFolder(folder_)) {
    Pause(milliseconds(200));
    wish_ = Wish::kNone;
  }
}

// Away: waits for whoever is connected, as long as the lease and the order allow, then ends the
// machine.
void Agent::Depart() {
  while (IsFolder(folder_)) {
    wish_ = Wish::kNone;
    Pause(milliseconds(200));
    if (save_asked_) TellSaved();
    switch (away_->NextAct(released_, keeps_machine_)) {
      case EndAct::kWait: break;
      case EndAct::kLeave: return;
      case EndAct::kSave: SaveAtPlace(); break;
      case EndAct::kEndMachine: away_->EndMachine();
    }
  }
}

void Agent::TellPlaced() {
  for (Json& word : away_->TakePlaced()) Tell(std::move(word));
}

void Agent::SaveAtPlace() {
  const Status saved = away_->Save(NewestCheckpoint(), LastFinished(folder_ / "agent.events"));
  TellPlaced();
  if (saved.ok()) return;
  Tell(Said("not_saved").Set("why", saved.error().OneLine()));
  Pause(milliseconds(500));
}

// Empty: there is none.
std::filesystem::path Agent::NewestCheckpoint() const {
  if (order_.checkpoint_dir.empty()) return {};
  const Result<CheckpointScan> scan = ScanCheckpoints(order_.checkpoint_dir, left_by_, renamed_);
  if (!scan.ok() || scan->complete.empty()) return {};
  return order_.checkpoint_dir / scan->complete.back();
}

}  // namespace curbstop
