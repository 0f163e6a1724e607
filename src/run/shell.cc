#include "run/shell.h"

#include <algorithm>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"
#include "record/record.h"
#include "run/agent/spool.h"
#include "run/agent/step_leader.h"
#include "run/agent/step_process.h"
#include "run/agent/touch_watch.h"
#include "run/at_place.h"
#include "run/fingerprint.h"
#include "run/metrics_file.h"
#include "run/spending.h"
#include "store/object_store.h"
#include "sys/failpoint.h"
#include "sys/file_lock.h"
#include "sys/files.h"
#include "sys/secrets.h"

namespace curbstop {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kTurn{100};
constexpr seconds kTickEvery{60};
constexpr int64_t kMostSources = int64_t{1} << 30;
constexpr seconds kCommitPatience{600};  // how long a full disk is waited for

std::filesystem::path AgentProgram(const std::filesystem::path& program) {
  const std::string set = ReadVariable("CURBSTOP_AGENT");
  return set.empty() ? program.parent_path() / "curbstop-agent" : std::filesystem::path(set);
}

RecordStatus RecordStatusOf(const std::string& name) {
  if (name == "FINISHED") return RecordStatus::kFinished;
  return name == "KILLED" ? RecordStatus::kKilled : RecordStatus::kFailed;
}

std::vector<RecordMetric> MetricsOf(const Json& metrics, int64_t at_ms) {
  std::vector<RecordMetric> list;
  for (const auto& [name, value] : metrics.members()) {
    list.push_back({name, MetricNumber(value), at_ms, 0});
  }
  return list;
}

Result<Json> ReadJsonFile(const std::filesystem::path& file) {
  TRY_ASSIGN(const std::string text, ReadFile(file, kMostSources));
  return ParseJson(text);
}

std::vector<std::string> TextsOf(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& item : list.items()) {
    if (item.IsString()) texts.push_back(*item.AsString());
  }
  return texts;
}

std::string ChangedWhileItRan(const std::vector<std::string>& paths) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(paths.size(), kNamed); ++i)
    names.push_back(fmt::format("`{}`", Printable(paths[i])));
  if (paths.size() > kNamed) names.push_back(fmt::format("{} more", paths.size() - kNamed));
  return Join(names, ", ") + " changed while it ran";
}

bool IsOrphan(Journal& journal, const std::string& run, const std::filesystem::path& folder) {
  if (IsLocked(folder / "supervisor.lock") || IsLocked(folder / "agent.lock")) return false;
  const Result<std::optional<ProcessIdentity>> creator = journal.FindOwner(run, "creator");
  return creator.ok() && *creator && !IsAlive(**creator);
}

}  // namespace

Shell::Shell(std::string run, SupervisorOrigin origin, const RunOutside& outside)
    : run_(std::move(run)),
      origin_(origin),
      outside_(outside),
      folder_(outside.directories.RunFolder(run_)),
      record_(folder_, outside, [this](const std::string& line) { Log(line); }) {}

Shell::~Shell() = default;

Status Shell::Run() {
  TRY_ASSIGN(const std::optional<FileLock> lock, FileLock::TryTake(folder_ / "supervisor.lock"));
  if (!lock) return {};
  return RunLocked();
}

Status Shell::RunLocked() {
  TRY_ASSIGN(journal_, Journal::Open(outside_.directories.MoneyDb()));
  TRY_ASSIGN(row_, journal_->GetRun(run_));
  if (const Json* budget = row_.run.facts.Find("budget")) budget_ = BudgetOf(*budget);
  records_.emplace(*journal_, run_);
  runner_.emplace(*records_, static_cast<EffectSink&>(*this));
  TRY(runner_->Load());
  if (IsFinal(state().phase) && state().pending.empty()) return ClearOwnPlace();
  TRY(journal_->SetOwner(run_, "supervisor", IdentifySelf()));
  Log(fmt::format("supervisor.started pid={} origin={}", getpid(),
                  origin_ == SupervisorOrigin::kAdopted ? "adopted" : "started"));
  Event recovered =
      Outcome(EventKind::kRecovered,
              Json::MakeObject({{"boot_id", ReadBootId()},
                                {"can_restart", origin_ == SupervisorOrigin::kStarted}}));
  TRY(OpenHands());
  TRY(runner_->TakeOver(recovered));
  next_tick_ = outside_.clock.Awake() + kTickEvery;
  while (!IsFinal(state().phase) || !begun_.empty() || runner_->held_back() != 0) {
    if (IsHandedOver()) return FoldAnew();
    const Status turn = Turn();
    // Whatever failed is tried again: another supervisor could do no better. Only where the run was
    // removed together with its folder there is nothing left to look after.
    if (!turn.ok() && !IsFolder(folder_)) return turn;
    // Another supervisor writes this journal, or it cannot be written: whoever comes next folds it.
    const bool rival = !turn.ok() && turn.error().kind() == ErrorKind::kConflict;
    if (runner_->is_broken() || (rival && runner_->held_back() != 0)) return turn;
    Pause(turn);
  }
  Log(fmt::format("run.ended state={}", NameOf(state().phase)));
  return ClearOwnPlace();
}

// As its own successor: what there is still to do follows from the journal.
Status Shell::FoldAnew() {
  hands_.reset();
  begun_.clear();
  return RunLocked();
}

// Its machines are seen gone. What cannot be removed now is tried again by whoever comes later.
Status Shell::ClearOwnPlace() {
  FAILPOINT("place.before_clear");
  TRY_ASSIGN(const RunRow row, journal_->GetRun(run_));
  TRY_ASSIGN(const bool clears, MayBeCleared(row, *journal_, outside_));
  if (!clears) return {};
  const Status cleared = ClearPlace(run_, state().rentals_made, outside_);
  if (!cleared.ok()) Log(fmt::format("place.left why=\"{}\"", cleared.error().OneLine()));
  return {};
}

// A full disk or a busy database may be over in a moment; what lasts is tried after 1, 2, 4 … 60 s.
void Shell::Pause(const Status& turn) {
  Ticks pause = kTurn;
  if (!turn.ok()) {
    Log(fmt::format("supervisor.waits why=\"{}\"", turn.error().OneLine()));
    pause = IsRetryable(turn.error().kind()) ? kFirstPause : pause_;
  }
  outside_.clock.Wait(pause);
  pause_ = turn.ok() ? kFirstPause : std::min(2 * pause, kLongestPause);
}

Status Shell::Turn() {
  TRY(runner_->Flush());
  PassOnLife();
  TRY(HearHands());
  const Status performed = PerformPending();
  TRY(ReadReports());
  TRY(ReadRequests());
  TRY(NoticeLostAgent());
  TRY(TickWhenDue());
  TRY(performed);
  return PerformPending();
}

Status Shell::PerformPending() {
  const std::vector<Effect> begun = begun_;
  for (const Effect& effect : begun) {
    if (hands_ != nullptr && hands_->IsUnderWay(effect.id)) continue;
    Log(fmt::format("effect.performed id={} kind={}", TextOf(effect.id), NameOf(effect.kind)));
    FAILPOINT("shell.before_effect");
    TRY_ASSIGN(std::optional<Event> outcome, Perform(effect));
    FAILPOINT("shell.after_effect");
    if (!outcome) continue;
    outcome->effect = effect.id;
    std::erase_if(begun_, [&](const Effect& one) { return one.id == effect.id; });
    TRY(AppendOutcome(*outcome));
  }
  return {};
}

Result<std::optional<Event>> Shell::Perform(const Effect& effect) {
  const auto always = [](Result<Event> event) -> Result<std::optional<Event>> {
    if (!event.ok()) return std::move(event).error();
    return std::optional(*std::move(event));
  };
  if (hands_ != nullptr && AwayHands::Performs(effect.kind)) {
    TRY(BeginAway(effect));
    return std::optional<Event>();
  }
  switch (effect.kind) {
    case EffectKind::kAdmit: return always(Admit(effect));
    case EffectKind::kStartRecord: return always(StartRecord());
    case EffectKind::kStartAgent: return StartAgent();
    case EffectKind::kTellAgent: return always(TellAgent(effect));
    case EffectKind::kEndProcesses: return always(EndProcesses());
    case EffectKind::kCommit: return Commit();
    case EffectKind::kFinishRecord: return always(FinishRecord(effect));
    case EffectKind::kReleaseAgent: return always(ReleaseAgent());
    default: break;
  }
  return Internal("this effect is for rented machines only");
}

Result<Event> Shell::StartRecord() {
  const auto failed = [&](const Error& error) {
    return Outcome(EventKind::kRecordFailed, Json::MakeObject({{"error", error.OneLine()}}));
  };
  Result<Record> record =
      Record::Open(outside_.directories.MlflowDb(), outside_.directories.Artifacts());
  if (!record.ok()) return failed(record.error());
  RecordRunRequest request;
  request.run_uuid = row_.run.record_run;
  request.experiment = row_.run.project;
  request.run_name = row_.run.step + "-" + run_;
  request.start_ms = row_.created_at_ms;
  request.tags = {{"curbstop.run", run_},
                  {"curbstop.step", row_.run.step},
                  {"curbstop.step_id", run_ + "-" + row_.run.step},
                  {"curbstop.fingerprint", row_.run.fingerprint},
                  {"curbstop.place", row_.run.place}};
  if (const Json* params = row_.run.facts.Find("params")) {
    for (const auto& [name, value] : params->members()) {
      if (value.IsString()) request.params[name] = *value.AsString();
    }
  }
  const Result<RecordRun> started = record->StartRun(request);
  if (!started.ok()) return failed(started.error());
  return Outcome(EventKind::kRecordStarted,
                 Json::MakeObject({{"experiment_id", started->experiment_id}}));
}

// The next attempt, or the next agent, finds in its order where the record is by now.
Status Shell::ServeAgain() {
  if (record_.serves()) return {};
  TRY(record_.ServeRunning(row_.run));
  if (!record_.serves()) return {};
  const Result<AgentOrder> written = WriteOrderWithRecord();
  if (!written.ok()) Log(fmt::format("order.not_written why=\"{}\"", written.error().OneLine()));
  return {};
}

Result<AgentOrder> Shell::WriteOrderWithRecord() const {
  TRY_ASSIGN(AgentOrder order, ReadOrder(folder_));
  order.environment = record_.Variables(row_.run, state().experiment_id);
  TRY(outside_.files.Write(folder_ / "order.json",
                           WriteJson(OrderJson(order), JsonStyle::kIndented), 0600));
  return order;
}

Result<AgentSecrets> Shell::Secrets(const AgentOrder& order) const {
  AgentSecrets secrets;
  TRY_ASSIGN(secrets.environment["MLFLOW_TRACKING_TOKEN"],
             ReadFile(folder_ / "record.token", 4096));
  if (order.secrets.empty()) return secrets;
  const SecretStore store(outside_.directories, outside_.processes, outside_.files,
                          KeyringIsThere());
  for (const std::string& name : order.secrets) {
    TRY_ASSIGN(const Secret value, store.Get(name));
    secrets.environment[name] = value.Reveal();
  }
  return secrets;
}

Result<std::optional<Event>> Shell::StartAgent() {
  const auto failed = [&](const std::string& why) {
    return std::optional(Outcome(EventKind::kAgentFailed, Json::MakeObject({{"error", why}})));
  };
  if (IsLocked(folder_ / "agent.lock")) return std::optional(Outcome(EventKind::kAgentStarted));
  if (origin_ == SupervisorOrigin::kAdopted)
    return failed("the processes of this run went down before it began");
  const Status serves = record_.Serve(row_.run);
  const Result<AgentOrder> order = serves.ok() ? WriteOrderWithRecord() : serves.error();
  if (!order.ok() && IsRetryable(order.error().kind())) return order.error();
  if (!order.ok()) return failed(order.error().OneLine());
  const Status launched = LaunchAgent(*order);
  if (!launched.ok()) return failed(launched.error().OneLine());
  return std::optional(Outcome(EventKind::kAgentStarted));
}

Status Shell::LaunchAgent(const AgentOrder& order) const {
  TRY_ASSIGN(const AgentSecrets secrets, Secrets(order));
  ChildRequest request;
  request.argv = {AgentProgram(outside_.program).string(), folder_.string()};
  request.folder = "/";
  request.environment = ReadEnvironment();
  request.out = request.err = folder_ / "agent.log";
  request.input = SecretsText(secrets);
  TRY_ASSIGN(const int pid, StartDetached(request));
  FAILPOINT("shell.after_agent_start");
  return AwaitAgent(pid);
}

Status Shell::AwaitAgent(int pid) const {
  const Ticks end = outside_.clock.Awake() + seconds(10);
  while (!IsLocked(folder_ / "agent.lock")) {
    const bool gone = !IdentifyProcess(pid).has_value();
    if (gone && !IsLocked(folder_ / "agent.lock")) {
      const Result<std::string> log = ReadTail(folder_ / "agent.log", 2048);
      return Unavailable(fmt::format("it ended at once: {}", log.ok() ? Trim(*log) : "no message"));
    }
    if (outside_.clock.Awake() > end) return Unavailable("it did not answer within 10 s");
    outside_.clock.Wait(milliseconds(5));
  }
  return {};
}

// To an agent that ends by itself where the run's folder was removed.
Status Shell::Command(const std::string& what, const std::string& why) const {
  if (!IsFolder(folder_)) return {};
  TRY_ASSIGN(SpoolWriter commands, SpoolWriter::Open(folder_ / "agent.commands", outside_.files));
  Json command = Json::MakeObject({{"kind", what}});
  if (!why.empty()) command.Set("why", why);
  return commands.Append(command);
}

Result<Event> Shell::TellAgent(const Effect& effect) {
  TRY(Command(effect.data.StringOr("what", "cancel"), effect.data.StringOr("why", "")));
  return Outcome(EventKind::kAgentTold);
}

Result<Event> Shell::EndProcesses() {
  const Result<AgentOrder> order = ReadOrder(folder_);
  const StepMark mark{run_ + "-" + row_.run.step, folder_ / kCgroupList,
                      LostLeader(folder_ / "agent.events")};
  EndStepProcesses(mark, order.ok() ? order->grace : AgentOrder().grace, outside_.clock);
  return Outcome(EventKind::kProcessesEnded);
}

// Who runs a step and edits its files meanwhile gets outputs of neither version for certain. What
// ran away was sent by its hash, and nobody edits it there.
std::string Shell::WhyNoResult() const {
  if (hands_ != nullptr) return "";
  const Result<Json> content = ReadJsonFile(folder_ / "fingerprint.json");
  if (!content.ok()) return "its fingerprint cannot be read: " + content.error().OneLine();
  const Json* listed = row_.run.facts.Find("inputs");
  const std::vector<std::string> inputs = listed ? TextsOf(*listed) : std::vector<std::string>();
  const Result<std::vector<std::string>> changed = ChangedSources(row_.run.root, *content, inputs);
  if (!changed.ok()) return changed.error().OneLine();
  return changed->empty() ? "" : ChangedWhileItRan(*changed);
}

Result<Committed> Shell::KeepOutputs(const std::string& no_result) {
  TRY_ASSIGN(ObjectStore store, ObjectStore::OpenForProject(row_.run.root));
  return CommitOutputs(row_, folder_ / "out", outside_.clock.WallMs(), *journal_, store,
                       outside_.files, no_result);
}

Result<std::optional<Event>> Shell::Commit() {
  if (commit_deadline_ == Ticks(0)) commit_deadline_ = outside_.clock.Awake() + kCommitPatience;
  const std::string no_result = WhyNoResult();
  if (!no_result.empty()) Log(fmt::format("result.not_kept why=\"{}\"", no_result));
  Result<Committed> committed = KeepOutputs(no_result);
  if (committed.ok()) {
    return std::optional(
        Outcome(EventKind::kCommitted, Json::MakeObject({{"outputs", committed->outputs},
                                                         {"metrics", committed->metrics},
                                                         {"no_result", no_result},
                                                         {"hid_out", committed->hid_out}})));
  }
  const bool wait =
      IsRetryable(committed.error().kind()) && outside_.clock.Awake() < commit_deadline_;
  if (wait) return std::move(committed).error();
  return std::optional(Outcome(EventKind::kCommitFailed,
                               Json::MakeObject({{"error", committed.error().OneLine()}})));
}

CodeBefore Shell::CodeBeforeRun() const {
  CodeBefore before;
  const Result<Json> listed = ReadJsonFile(folder_ / "code.json");
  if (listed.ok()) before.listed = TextsOf(*listed);
  const Result<Json> content = ReadJsonFile(folder_ / "fingerprint.json");
  const Json* code = content.ok() ? content->Find("code") : nullptr;
  for (const Json& file : code ? code->items() : Json::Array()) {
    if (!file.items().empty() && file.items()[0].IsString())
      before.counted.push_back(*file.items()[0].AsString());
  }
  const Json* globs = row_.run.facts.Find("code");
  before.narrowed = code == nullptr || (globs != nullptr && !globs->items().empty());
  return before;
}

Status Shell::EndRecordRun(const Effect& effect) {
  TRY_ASSIGN(Record record,
             Record::Open(outside_.directories.MlflowDb(), outside_.directories.Artifacts()));
  const int64_t now = outside_.clock.WallMs();
  const std::vector<RecordMetric> metrics = MetricsOf(state().metrics, state().committed_at_ms);
  if (!metrics.empty()) TRY(record.LogMetrics(row_.run.record_run, metrics));
  FAILPOINT("shell.after_metrics");
  std::map<std::string, std::string> tags = {
      {"curbstop.attempts", std::to_string(state().attempt)}};
  if (state().exit_code) tags["curbstop.exit_code"] = std::to_string(*state().exit_code);
  TRY(record.SetTags(row_.run.record_run, tags));
  return record.FinishRun(row_.run.record_run, RecordStatusOf(effect.data.StringOr("status", "")),
                          now);
}

// The verdict stands, whatever has become of the record meanwhile.
Result<Event> Shell::FinishRecord(const Effect& effect) {
  const Status ended = EndRecordRun(effect);
  if (!ended.ok() && IsRetryable(ended.error().kind())) return ended.error();
  if (!ended.ok()) Log(fmt::format("record.unfinished why=\"{}\"", ended.error().OneLine()));
  if (hands_ != nullptr) return Outcome(EventKind::kRecordFinished);
  const Status remembered =
      RememberMadeFiles(row_.run.root, CodeBeforeRun(), *journal_, outside_.processes);
  if (!remembered.ok())
    Log(fmt::format("made_files.unknown why=\"{}\"", remembered.error().OneLine()));
  return Outcome(EventKind::kRecordFinished);
}

Result<Event> Shell::ReleaseAgent() {
  TRY(Command("release"));
  // The outputs are in the store (or lost with their run): the work folder is not needed any more.
  const Status removed =
      state().phase == Phase::kSucceeded ? RemoveTree(folder_ / "out") : Status();
  if (!removed.ok()) Log(fmt::format("out.left why=\"{}\"", removed.error().OneLine()));
  return Outcome(EventKind::kAgentReleased);
}

Status Shell::ReadReports() {
  TRY_ASSIGN(const std::vector<SpoolLine> lines,
             ReadSpool(folder_ / "agent.events", state().last_agent_seq));
  for (const SpoolLine& line : lines) {
    Event report = Outcome(EventKind::kAgentReport, line.body);
    report.agent_seq = line.seq;
    TRY(Append(report));
  }
  return {};
}

Status Shell::ReadRequests() {
  TRY(HeedPanic());
  TRY_ASSIGN(const std::vector<UserRequest> requests, journal_->OpenRequests(run_));
  for (const UserRequest& request : requests) {
    TRY(Append(Outcome(EventKind::kUserAsked, Json::MakeObject({{"what", request.kind}}))));
    TRY(journal_->CloseRequest(request.seq, runner_->last_seq()));
  }
  return {};
}

Status Shell::NoticeLostAgent() {
  if (state().phase != Phase::kRunning || !state().agent_started) return {};
  if (IsLocked(folder_ / "agent.lock")) {
    agent_seen_ = Outcome(EventKind::kTick);
    return ServeAgain();
  }
  TRY(ReadReports());  // its last words
  if (state().phase != Phase::kRunning) return {};
  Log("agent.lost");
  Json seen = Json::MakeObject();
  if (agent_seen_)
    seen.Set("seen_awake_ms", agent_seen_->awake_ms).Set("seen_at_ms", agent_seen_->at_ms);
  return Append(Outcome(EventKind::kAgentGone, std::move(seen)));
}

// The caps as they are now: they may be lowered or raised while the step runs. A file that cannot
// be read, or is another project's by now, changes nothing.
const Budget& Shell::ReadBudget() {
  const std::string file = row_.run.facts.StringOr("project_file", "");
  if (file.empty()) return budget_;  // an older curbstop made the run
  const Result<Project> project = LoadProject(file);
  if (project.ok() && project->name == row_.run.project) budget_ = project->budget;
  return budget_;
}

// What this run may cost in all, by the ledger as it stands; none where no cap counts it. Two runs
// that grow at once may both hold what only one of them will get; neither spends it, because each
// is ended by what the other holds.
Result<std::optional<MicroUsd>> Shell::LimitNow(Event& tick) {
  const Budget& budget = ReadBudget();
  if (!budget.include_energy) return std::optional<MicroUsd>();
  TRY_ASSIGN(const Spending spending,
             ReadSpending(journal_->database(), {.project = row_.run.project,
                                                 .include_energy = true,
                                                 .now_ms = tick.at_ms,
                                                 .run = run_}));
  const std::optional<MicroUsd> limit = RunLimit(budget, spending);
  if (!limit) return limit;
  tick.data.Set("cap", CapName(LimitingCap(budget, spending)));
  // 0 would mean that nobody looked.
  tick.facts.limit_micro_usd = std::max<int64_t>(limit->value(), 1);
  return limit;
}

// A tick each minute; sooner where a cap has to end the step before the next one.
Status Shell::TickWhenDue() {
  if (hands_ != nullptr) return TickAway();
  if (state().phase != Phase::kRunning) return {};
  const bool begins = !metered_ && budget_.include_energy && state().metered_to_awake_ms;
  if (outside_.clock.Awake() < next_tick_ && !begins) return {};
  metered_ = metered_ || begins;
  Event tick = Outcome(EventKind::kTick);
  TRY_ASSIGN(const std::optional<MicroUsd> limit, LimitNow(tick));
  TRY(Append(tick));
  Ticks pause = kTickEvery;
  if (limit && state().cap.empty()) pause = std::min(pause, Ticks(TimeUntilSave(state(), *limit)));
  next_tick_ = outside_.clock.Awake() + std::max<Ticks>(pause, seconds(1));
  return {};
}

// What the step logs into its record is a sign of life; the agent, which knows no record, is told
// by a touch. Without a supervisor the script's client waits, and prints that it does.
void Shell::PassOnLife() {
  const int64_t writes = record_.writes();
  if (writes == writes_passed_on_) return;
  if (TouchFile(folder_ / "record.life").ok()) writes_passed_on_ = writes;
}

Event Shell::Outcome(EventKind kind, Json data) const {
  Event event;
  event.kind = kind;
  event.at_ms = outside_.clock.WallMs();
  event.awake_ms = duration_cast<milliseconds>(outside_.clock.Awake()).count();
  event.data = std::move(data);
  if (state().terms.away) event.facts.boot_ms = BootMs();
  return event;
}

int64_t Shell::BootMs() const { return duration_cast<milliseconds>(outside_.clock.Boot()).count(); }

Status Shell::Append(const Event& event) { return runner_->Append(event); }

void Shell::Log(const std::string& line) const {
  const std::string text =
      fmt::format("{} {} run={}\n", UtcText(outside_.clock.WallMs()), line, run_);
  [[maybe_unused]] const Status logged = AppendQuickly(folder_ / "supervisor.log", text);
}

Result<int> AdoptOrphans(Journal& journal, const RunOutside& outside) {
  TRY_ASSIGN(const std::vector<RunRow> active,
             journal.FindRuns({.active_only = true, .most = 1000}));
  std::vector<std::string> orphans;
  for (const RunRow& row : active) {
    if (!IsOrphan(journal, row.run.id, outside.directories.RunFolder(row.run.id))) continue;
    TRY(StartSupervisor(row.run.id, true, outside));
    orphans.push_back(row.run.id);
  }
  TRY_ASSIGN(const std::vector<std::string> to_clear, RunsToClear(journal, outside));
  for (const std::string& run : to_clear) TRY(StartSupervisor(run, true, outside));
  // An adopted run is over in moments; longer is waited only for processes that must be ended.
  const Ticks end = outside.clock.Awake() + seconds(5);
  for (const std::string& run : orphans) {
    for (bool is_active = true; is_active && outside.clock.Awake() < end;) {
      outside.clock.Wait(milliseconds(50));
      TRY_ASSIGN(const RunRow row, journal.GetRun(run));
      is_active = row.active && !row.kept;
    }
  }
  return static_cast<int>(orphans.size());
}

}  // namespace curbstop
