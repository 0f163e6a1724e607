#include "run/drive.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/text_or_null.h"
#include "run/away/transfer_note.h"
#include "run/history.h"
#include "run/narrate.h"
#include "run/rent_story.h"
#include "run/shell.h"
#include "run/take_over.h"
#include "sys/file_lock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMostQuickDeaths = 5;
constexpr seconds kQuickDeath{10};
constexpr seconds kPatienceWithKept{20};  // a run that has just ended is put in order first

class Driver {
 public:
  Driver(const DriveRequest& request, Journal& journal, const RunOutside& outside,
         RunAudience& audience)
      : request_(request),
        wishes_(request.wishes),
        journal_(journal),
        outside_(outside),
        audience_(audience) {}

  Result<std::vector<StepOutcome>> Run() {
    Result<std::vector<StepOutcome>> outcomes = RunAll();
    EndWaiting();
    return outcomes;
  }

 private:
  // A machine that waited for a step which did not take it has nothing to wait for any more.
  void EndWaiting() {
    for (const std::string& run : waiting_) {
      const Result<RunRow> row = journal_.GetRun(run);
      if (!row.ok() || !row->kept) continue;
      // Not told: it ends by itself, at the end of its lease.
      static_cast<void>(journal_.Ask(run, "cancel", outside_.clock.WallMs()));
    }
  }

  Result<std::vector<StepOutcome>> RunAll() {
    std::vector<StepOutcome> outcomes;
    for (size_t i = 0; i < request_.steps.size(); ++i) {
      TRY_ASSIGN(StepOutcome outcome, RunStep(i));
      const bool goes_on = outcome.unchanged || outcome.row.state == "succeeded";
      outcomes.push_back(std::move(outcome));
      if (goes_on) continue;
      while (++i < request_.steps.size()) outcomes.push_back(NotStarted(*request_.steps[i]));
    }
    return outcomes;
  }

  StepOutcome NotStarted(const Step& step) const {
    StepOutcome outcome{.step = step.name, .not_started = true};
    outcome.row.run.project = request_.project->name;
    outcome.row.run.step = step.name;
    outcome.row.state = "not_started";
    return outcome;
  }

  Result<StepOutcome> RunStep(size_t index) {
    const Project& project = *request_.project;
    TRY_ASSIGN(const Step step, WithParams(*request_.steps[index], SetFor(*request_.steps[index])));
    Result<PreparedRun> made =
        PrepareRun(project, step, *request_.machine, wishes_, journal_, outside_);
    if (!made.ok())
      return std::move(made).error().While(fmt::format("cannot run step `{}`", step.name));
    PreparedRun& prepared = *made;
    if (prepared.known) return Unchanged(prepared);
    TRY(ApproveFrom(index));
    if (prepared.away.named_place) TRY(TestPlace(prepared.rent->kept_at, outside_));
    const EnergyRate rate =
        EnergyRateOf(*request_.machine, step, request_.per_kwh, request_.per_kwh_assumed);
    CapAsk ask;  // away the supervisor asks, for each machine
    if (!prepared.rent) {
      TRY_ASSIGN(ask,
                 AskOf(project, step, *request_.machine, wishes_.lease, rate.per_hour, journal_));
    }
    TRY(LookForKept(prepared));
    TRY(CreateOrRent(prepared, rate, ask));
    TRY(StartSupervisor(prepared.run.id, false, outside_));
    audience_.Line(step.name, fmt::format("run {} started", prepared.run.id));
    if (wishes_.keep.count() == 0 && wishes_.waits.contains(step.name))
      waiting_.push_back(prepared.run.id);
    if (prepared.rent) TellPlace(prepared);
    if (!prepared.takes_over.empty()) {
      audience_.Line(step.name,
                     fmt::format("takes over the checkpoints of run {}, newest `{}`",
                                 prepared.takes_over, Printable(prepared.newest_checkpoint)));
    }
    if (prepared.moves_aside > 0) {
      audience_.Line(
          step.name,
          fmt::format("starts afresh: {} {} of `{}` moved to {}", prepared.moves_aside,
                      prepared.moves_aside == 1 ? "entry" : "entries",
                      Printable(step.checkpoint->dir), prepared.order.old_checkpoints.string()));
    }
    TRY_ASSIGN(StepOutcome outcome, Watch(prepared));
    TRY_ASSIGN(const bool goes_home, GoesOnHere(step, outcome));
    return goes_home ? GoOnHere(index, std::move(outcome)) : std::move(outcome);
  }

  // Its run away ended for lack of a machine, and this computer can do it.
  Result<bool> GoesOnHere(const Step& step, const StepOutcome& outcome) {
    const auto away = wishes_.away.find(step.name);
    const bool may = away != wishes_.away.end() && away->second.home && !outcome.detached &&
                     outcome.row.state == "failed";
    if (!may) return false;
    TRY_ASSIGN(const RunState state, ReadRunState(journal_, outcome.row.run.id));
    return state.lacks_machine && TimeLeft(step, outcome.row) > Millis(0);
  }

  // Of its deadline.
  static Millis TimeLeft(const Step& step, const RunRow& row) {
    if (!step.deadline) return Millis::max();
    return *step.deadline - Millis(row.ended_at_ms - row.created_at_ms);
  }

  // A run of its own, from the checkpoints that are home. Where it cannot even begin, what came of
  // the one away stands.
  Result<StepOutcome> GoOnHere(size_t index, StepOutcome away) {
    const Step& step = *request_.steps[index];
    audience_.Line(step.name, "it goes on here");
    wishes_.away.erase(step.name);
    const std::optional<Millis> lease = wishes_.lease;
    if (step.deadline)
      wishes_.lease = std::min(TimeLeft(step, away.row), lease.value_or(Millis::max()));
    wishes_.goes_on = true;
    Result<StepOutcome> here = RunStep(index);
    wishes_.goes_on = false;
    wishes_.lease = lease;
    if (here.ok()) return here;
    audience_.Line(step.name, "it cannot go on here: " + here.error().OneLine());
    return away;
  }

  // A machine that an earlier run keeps makes it faster; without one it rents as ever.
  Status LookForKept(PreparedRun& prepared) {
    const Ticks end = outside_.clock.Awake() + kPatienceWithKept;
    TRY_ASSIGN(std::optional<KeptMachine> kept, FindKept(prepared, journal_, outside_));
    while (kept && kept->is_busy() && outside_.clock.Awake() < end) {
      outside_.clock.Wait(milliseconds(100));
      TRY_ASSIGN(kept, FindKept(prepared, journal_, outside_));
    }
    if (!kept) return {};
    if (kept->why_not.empty()) prepared.machine_of = kept->run;
    else NotTaken(prepared, *kept, kept->why_not);
    return {};
  }

  void NotTaken(const PreparedRun& prepared, const KeptMachine& kept, const std::string& why) {
    audience_.Line(
        prepared.step.name,
        fmt::format("does not take over {} that run {} keeps: {}",
                    kept.machine.empty() ? "the machine" : "machine " + Printable(kept.machine),
                    kept.run, why));
  }

  Status CreateOrRent(PreparedRun& prepared, const EnergyRate& rate, const CapAsk& ask) {
    Status created = CreateRun(prepared, rate, ask, journal_, outside_);
    if (created.ok() || prepared.machine_of.empty()) return created;
    NotTaken(prepared, {std::exchange(prepared.machine_of, ""), "", ""}, created.error().OneLine());
    return CreateRun(prepared, rate, ask, journal_, outside_);
  }

  // Where its work survives, while it is away.
  void TellPlace(const PreparedRun& prepared) {
    const std::string& step = prepared.step.name;
    if (prepared.away.named_place) {
      return audience_.Line(
          step, fmt::format("its work is kept at {} too", Printable(prepared.rent->kept_at.url)));
    }
    if (prepared.away.detached && prepared.away.spot == SpotUse::kAuto)
      audience_.Line(step,
                     "spot machines are left out: with `--detach` and no named place nobody would "
                     "hold their work (`place` in settings.yaml)");
  }

  // --set may name a parameter that only some of the steps have; DriveSteps checked that one does.
  std::map<std::string, std::string> SetFor(const Step& step) const {
    std::map<std::string, std::string> set;
    for (const auto& [name, value] : wishes_.set) {
      if (step.params.contains(name)) set[name] = value;
    }
    return set;
  }

  Result<StepOutcome> Unchanged(const PreparedRun& prepared) {
    TRY_ASSIGN(const ObjectStore store, ObjectStore::OpenForProject(request_.project->root));
    TRY_ASSIGN(const bool hid_out, LinkOutputs(request_.project->root, prepared.step.name,
                                               prepared.known->outputs, store));
    if (hid_out) audience_.Line(prepared.step.name, kHidOut);
    StepOutcome outcome{
        .step = prepared.step.name, .unchanged = true, .outputs = prepared.known->outputs};
    const Result<RunRow> row = journal_.GetRun(prepared.known->run);
    if (row.ok()) outcome.row = *row;
    outcome.row.run.id = prepared.known->run;  // from a lock file it may be another computer's
    audience_.Line(prepared.step.name, fmt::format("unchanged (run {})", prepared.known->run));
    return outcome;
  }

  Status ApproveFrom(size_t index) {
    if (approved_) return {};
    std::vector<std::string> names;
    for (size_t i = index; i < request_.steps.size(); ++i) names.push_back(request_.steps[i]->name);
    TRY(audience_.Approve(names));
    approved_ = true;
    return {};
  }

  Result<StepOutcome> Watch(const PreparedRun& prepared) {
    StepOutcome outcome{.step = prepared.step.name, .detached = request_.detach};
    if (request_.detach) {
      TRY_ASSIGN(outcome.row, journal_.GetRun(prepared.run.id));
      return outcome;
    }
    const std::filesystem::path folder = outside_.directories.RunFolder(prepared.run.id);
    // Where it cannot be had, on a full disk, the run does not come home, and is watched all the
    // same.
    [[maybe_unused]] const Result<std::optional<FileLock>> waits =
        FileLock::TryTake(folder / kDriverLock);
    TRY_ASSIGN(outcome.row, FollowRun(prepared.run.id, journal_, outside_, audience_));
    outcome.outputs = outcome.row.outputs;
    return outcome;
  }

  const DriveRequest& request_;
  RunWishes wishes_;  // of them a step that goes on here is no longer away
  Journal& journal_;
  const RunOutside& outside_;
  RunAudience& audience_;
  bool approved_ = false;
  std::vector<std::string> waiting_;  // runs whose machine waits for the next step
};

Status CheckSet(const DriveRequest& request) {
  for (const auto& entry : request.wishes.set) {
    bool known = false;
    for (const Step* step : request.steps) known = known || step->params.contains(entry.first);
    if (known) continue;
    TRY_ASSIGN([[maybe_unused]] const Step refused, WithParams(*request.steps.front(), {entry}));
  }
  return {};
}

// One watch over one run.
class Follower {
 public:
  Follower(const std::string& run, Journal& journal, const RunOutside& outside,
           RunAudience& audience, FollowTo to)
      : run_(run),
        to_(to),
        journal_(journal),
        outside_(outside),
        audience_(audience),
        folder_(outside.directories.RunFolder(run)) {}

  Result<RunRow> Follow() {
    const Interrupts interrupts;
    for (;;) {
      TRY_ASSIGN(const RunRow row, journal_.GetRun(run_));
      TRY(Narrate(row));
      if (!row.active || (row.kept && to_ == FollowTo::kStepEnd)) {
        audience_.Live("");
        Say(row.run.step, NarrateEnd(row));
        Say(row.run.step, story_.Saving(row.spent));
        if (row.kept) TRY(TellKept(row));
        return row;
      }
      TRY(PassOn(interrupts.count()));
      TRY(ReviveSupervisor());
      audience_.Live(LiveText(row));
      outside_.clock.Wait(milliseconds(100));
    }
  }

 private:
  Status Narrate(const RunRow& row) {
    TRY_ASSIGN(const auto events, journal_.EventsAfter(run_, last_seq_));
    for (const Journal::NumberedEvent& entry : events) {
      last_seq_ = entry.seq;
      Say(row.run.step, story_.Add(entry.event));
      Say(row.run.step, NarrateEvent(entry.event));
    }
    return {};
  }

  // What is tried again is said once.
  void Say(const std::string& step, const std::string& text) {
    if (text.empty() || text == last_line_) return;
    audience_.Line(step, text);
    last_line_ = text;
  }

  Status TellKept(const RunRow& row) {
    TRY_ASSIGN(const RunState state, journal_.StateOf(run_));
    Say(row.run.step, NarrateKept(run_, state));
    return {};
  }

  Status PassOn(int interrupts) {
    while (passed_on_ < interrupts) {
      ++passed_on_;
      TRY(journal_.Ask(run_, passed_on_ == 1 ? "cancel" : "kill", outside_.clock.WallMs()));
    }
    return {};
  }

  // The agent restarts a lost supervisor itself; with neither alive it is up to us.
  Status ReviveSupervisor() {
    const bool alone = !IsLocked(folder_ / "supervisor.lock") && !IsLocked(folder_ / "agent.lock");
    if (!alone) {
      alone_since_ = outside_.clock.Awake();
      return {};
    }
    if (outside_.clock.Awake() - alone_since_ < seconds(2)) return {};
    quick_deaths_ = alone_since_ - revived_at_ < kQuickDeath ? quick_deaths_ + 1 : 0;
    if (quick_deaths_ == kMostQuickDeaths) return NoSupervisor();
    revived_at_ = alone_since_ = outside_.clock.Awake();
    return StartSupervisor(run_, false, outside_);
  }

  Error NoSupervisor() const {
    const std::filesystem::path file = folder_ / "supervisor.log";
    const Result<std::string> log = ReadTail(file, 2048);
    std::string last = "it left no message";
    for (const std::string_view line : log.ok() ? Lines(*log) : std::vector<std::string_view>()) {
      const bool is_detail = line.starts_with("hint: ") || line.starts_with(' ');
      if (!is_detail) last = Printable(line);
    }
    return Unavailable(last)
        .While(fmt::format("the supervisor of run `{}` ended {} times as soon as it was started",
                           run_, kMostQuickDeaths))
        .WithHint(fmt::format("`curbstop ps` tries once more; the whole log: {}", file.string()));
  }

  std::string LiveText(const RunRow& row) const {
    const int64_t since = row.started_at_ms > 0 ? outside_.clock.WallMs() - row.started_at_ms : 0;
    std::string text = fmt::format("{}  {} · {}", row.run.step, row.state,
                                   DurationText(Millis(std::max<int64_t>(since, 0))));
    if (row.attempt > 1) text += fmt::format(" · attempt {}", row.attempt);
    const std::string travels = ReadTransferNote(folder_, outside_.clock.WallMs());
    if (!travels.empty()) text += " · " + travels;
    if (row.checkpoints > 0)
      text += fmt::format(" · {} checkpoint{}", row.checkpoints, row.checkpoints == 1 ? "" : "s");
    return row.reason.empty() ? text : text + " · " + row.reason;
  }

  std::string run_;
  FollowTo to_;
  Journal& journal_;
  const RunOutside& outside_;
  RunAudience& audience_;
  std::filesystem::path folder_;
  int64_t last_seq_ = 0;
  RentStory story_;
  std::string last_line_;
  int passed_on_ = 0;
  Ticks alone_since_ = outside_.clock.Awake();
  Ticks revived_at_ = outside_.clock.Awake();
  int quick_deaths_ = 0;  // in a row
};

}  // namespace

Result<std::vector<StepOutcome>> DriveSteps(const DriveRequest& request, Journal& journal,
                                            const RunOutside& outside, RunAudience& audience) {
  TRY(CheckSet(request));
  return Driver(request, journal, outside, audience).Run();
}

Result<RunRow> FollowRun(const std::string& run, Journal& journal, const RunOutside& outside,
                         RunAudience& audience, FollowTo to) {
  return Follower(run, journal, outside, audience, to).Follow();
}

Json RunJson(const RunRow& row) {
  Json json =
      Json::MakeObject({{"id", row.run.id},
                        {"project", row.run.project},
                        {"step", row.run.step},
                        {"state", row.state},
                        {"reason", TextOrNull(row.reason)},
                        {"place", row.run.place},
                        {"kept", row.kept},
                        {"attempts", row.attempt},
                        {"resumed_from", TextOrNull(row.resumed_from)},
                        {"exit_code", Json()},
                        {"created_at_ms", row.created_at_ms},
                        {"started_at_ms", row.started_at_ms},
                        {"ended_at_ms", row.ended_at_ms},
                        {"busy_ms", row.busy_ms},
                        {"micro_usd", row.spent.value()},
                        {"fingerprint", row.run.fingerprint},
                        {"mlflow_run_id", TextOrNull(row.run.record_run)},
                        {"drill", row.run.facts.BoolOr("drill", false)},
                        {"outputs", row.outputs.IsArray() ? row.outputs : Json::MakeArray()},
                        {"metrics", row.metrics.IsObject() ? row.metrics : Json::MakeObject()}});
  if (row.exit_code) json.Set("exit_code", *row.exit_code);
  return json;
}

}  // namespace curbstop
