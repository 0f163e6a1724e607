// The shell of a run on rented machines: its effects go to AwayHands, which bring back what comes
// of them.
#include <algorithm>

#include <fmt/format.h>

#include "record/record.h"
#include "record/replay.h"
#include "run/at_place.h"
#include "run/away/end_supervisors.h"
#include "run/shell.h"
#include "sys/file_lock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr Millis kTickEvery{60'000};
constexpr int64_t kRunsKnown = 10'000;  // the newest: older ones have no machine left

std::filesystem::path AgentFolder(const std::filesystem::path& program) {
  const std::string set = ReadVariable("CURBSTOP_AGENT");
  return set.empty() ? program.parent_path() : std::filesystem::path(set).parent_path();
}

}  // namespace

Status Shell::OpenHands() {
  if (!state().terms.away) return {};
  if (state().terms.named_place) TRY(NoteAtPlace(run_, outside_));
  TRY(MakeRecordToken());
  LinkWork work{.run = run_, .folder = folder_, .root = row_.run.root};
  work.is_practice = state().terms.practice;
  work.secrets = [this](const AgentOrder& order) { return Secrets(order); };
  work.record_start = [this] { return RecordStart(); };
  work.replay = [this](int64_t rental, const std::vector<Json>& calls,
                       const std::filesystem::path& artifacts) {
    return ReplayCalls(rental, calls, artifacts);
  };
  work.log = [this](const std::string& line) { Log(line); };
  const AwayOutside outside{outside_.directories, outside_.clock,  outside_.files,
                            outside_.processes,   outside_.random, AgentFolder(outside_.program)};
  journal_file_ = FileIdOf(outside_.directories.MoneyDb());
  TRY_ASSIGN(hands_, AwayHands::Open(std::move(work), outside));
  return {};
}

RentAsk Shell::AskForRent(MicroUsd elsewhere) {
  return {.project = row_.run.project,
          .run = run_,
          .budget = ReadBudget(),
          .now_ms = outside_.clock.WallMs(),
          .elsewhere = elsewhere};
}

// The renter looks at the account first, and takes off what other journals hold.
Result<RentMoney> Shell::MoneyForRent() {
  RentMoney money;
  money.may_go_home = IsLocked(folder_ / kDriverLock);
  TRY_ASSIGN(money.left, LeftForRent(*journal_, AskForRent(MicroUsd()), state()));
  TRY_ASSIGN(const std::vector<RunRow> runs, journal_->FindRuns({.most = kRunsKnown}));
  for (const RunRow& row : runs) money.known.insert(row.run.id);
  return money;
}

// Without its journal a supervisor rents nothing: nobody would know of it.
bool Shell::JournalIsInPlace() const {
  return FileIdOf(outside_.directories.MoneyDb()) == journal_file_;
}

Status Shell::BeginAway(const Effect& effect) {
  RentMoney money;
  if (effect.kind == EffectKind::kCreate && !JournalIsInPlace())
    return Internal("money.db has vanished or was replaced: nothing is rented any more");
  if (effect.kind == EffectKind::kDecide) {
    TRY_ASSIGN(money, MoneyForRent());
  }
  hands_->Begin(effect, state(), std::move(money));
  return {};
}

// Judged in the transaction that enters the reserve: two runs at once cannot both take the last of
// a cap. What a full disk holds back cannot be entered with it, so nothing is admitted then.
Result<Event> Shell::Admit(const Effect&) {
  if (runner_->held_back() != 0) return Error(ErrorKind::kExhausted, "the disk is full");
  TRY_ASSIGN(const MicroUsd missing,
             HoldForProposal(*journal_, AskForRent(hands_->HeldByOthers()), state()));
  if (missing == MicroUsd()) return Outcome(EventKind::kAdmitted);
  return Outcome(EventKind::kRefused, Json::MakeObject({{"short_micro_usd", missing.value()}}));
}

// A reserve that a full disk kept out of the ledger is forgotten with this process, as by a crash:
// later it might not fit any more.
Status Shell::AppendOutcome(const Event& outcome) {
  const Status appended = Append(outcome);
  journal_->LetGo();
  if (!appended.ok() || outcome.kind != EventKind::kAdmitted || runner_->held_back() == 0)
    return appended;
  return Conflict("the disk is full: the reserve could not be entered");
}

// Their clocks are those of now; how old what they saw is, they know.
Status Shell::HearHands() {
  if (hands_ == nullptr) return {};
  for (Event event : hands_->Take()) {
    // A machine's link and its named place may tell the same.
    const bool is_heard =
        event.kind == EventKind::kAgentReport && event.agent_seq <= state().last_agent_seq;
    if (is_heard) continue;
    if (event.facts.date_ms != 0 && event.facts.boot_ms != 0)
      event.facts.date_age_ms = BootMs() - event.facts.boot_ms;
    const Event now = Outcome(event.kind);
    event.at_ms = now.at_ms;
    event.awake_ms = now.awake_ms;
    event.facts.boot_ms = now.facts.boot_ms;
    std::erase_if(begun_, [&](const Effect& one) { return one.id == event.effect; });
    TRY(Append(event));
  }
  hands_->Follow(state());
  return {};
}

// Each minute, which keeps ledger and caps up to date, and when the state waits for a moment.
Status Shell::TickAway() {
  if (IsFinal(state().phase)) return {};
  const Ticks now = outside_.clock.Awake();
  const int64_t wake = WakeAt(state());
  const bool due = now >= next_tick_ || (wake != kNoWake && BootMs() >= wake);
  if (!due) return {};
  next_tick_ = now + kTickEvery;
  Event tick = Outcome(EventKind::kTick);
  if (!state().terms.practice) {
    TRY_ASSIGN(const MicroUsd allowed, AllowedForRent(*journal_, AskForRent(MicroUsd()), state()));
    tick.facts.limit_micro_usd = std::max<int64_t>(allowed.value(), 1);
  }
  return Append(tick);
}

// `curbstop panic` needs no database: it leaves a mark.
Status Shell::HeedPanic() {
  if (hands_ == nullptr || state().panicked || !Exists(folder_ / kPanicMark)) return {};
  if (state().phase >= Phase::kCommitting && state().phase != Phase::kWarm) return {};
  return Append(Outcome(EventKind::kUserAsked, Json::MakeObject({{"what", "panic"}})));
}

// Another run has taken the machine that stayed, and wrote so into this run's journal.
bool Shell::IsHandedOver() {
  if (hands_ == nullptr || state().phase != Phase::kWarm || runner_->held_back() != 0) return false;
  const Result<int64_t> last = journal_->LastSeq(run_);
  return last.ok() && *last > runner_->last_seq();
}

// Calls of the step to its record, made while it was away; from a link's thread.
Status Shell::ReplayCalls(int64_t rental, const std::vector<Json>& calls,
                          const std::filesystem::path& artifacts) const {
  TRY_ASSIGN(Record record,
             Record::Open(outside_.directories.MlflowDb(), outside_.directories.Artifacts()));
  RecordReplay replay(record, {.run_uuid = row_.run.record_run,
                               .step_id = run_ + "-" + row_.run.step,
                               .source = std::to_string(rental)});
  TRY_ASSIGN(const ReplayOutcome outcome, replay.Apply(calls, artifacts));
  for (const std::string& why : outcome.refusals) Log("record.refused why=\"" + why + "\"");
  return {};
}

Result<Json> Shell::RecordStart() const {
  TRY_ASSIGN(Record record,
             Record::Open(outside_.directories.MlflowDb(), outside_.directories.Artifacts()));
  return RecordForAway(record, row_.run.record_run, run_ + "-" + row_.run.step);
}

// The step's key to its record there; of this run alone.
Status Shell::MakeRecordToken() const {
  const std::filesystem::path file = folder_ / "record.token";
  return Exists(file) ? Status() : outside_.files.Write(file, NewToken(outside_.random), 0600);
}

}  // namespace curbstop
