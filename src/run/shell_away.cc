// The shell of a run on rented machines: its effects go to AwayHands, which bring back what comes
// of them.
#include <algorithm>

#include <fmt/format.h>

#include "record/record.h"
#include "record/replay.h"
#include "run/away/end_supervisors.h"
#include "run/shell.h"
#include "run/spending.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr Millis kTickEvery{60'000};
// What a run may take of play money, which no cap counts.
constexpr MicroUsd kPracticeMoney{1'000'000'000};

std::filesystem::path AgentFolder(const std::filesystem::path& program) {
  const std::string set = ReadVariable("CURBSTOP_AGENT");
  return set.empty() ? program.parent_path() : std::filesystem::path(set).parent_path();
}

}  // namespace

Status Shell::OpenHands() {
  if (!state().terms.away) return {};
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

// What the caps leave for this run, all that it holds taken off.
Result<MicroUsd> Shell::LeftForRent() {
  if (state().terms.practice) return std::max(kPracticeMoney - SpentAndHeld(state()), MicroUsd());
  const Budget& budget = ReadBudget();
  TRY_ASSIGN(const Spending spending,
             ReadSpending(journal_->database(), {.project = row_.run.project,
                                                 .include_energy = budget.include_energy,
                                                 .now_ms = outside_.clock.WallMs(),
                                                 .run = run_}));
  const std::optional<MicroUsd> limit = RunLimit(budget, spending);
  if (!limit) return MicroUsd();  // no cap: nothing may be spent
  return std::max(*limit - SpentAndHeld(state()), MicroUsd());
}

// Without its journal a supervisor rents nothing: nobody would know of it.
bool Shell::JournalIsInPlace() const {
  return FileIdOf(outside_.directories.MoneyDb()) == journal_file_;
}

Status Shell::BeginAway(const Effect& effect) {
  MicroUsd left;
  if (effect.kind == EffectKind::kCreate && !JournalIsInPlace())
    return Internal("money.db has vanished or was replaced: nothing is rented any more");
  if (effect.kind == EffectKind::kDecide) {
    TRY_ASSIGN(left, LeftForRent());
  }
  hands_->Begin(effect, state(), left);
  return {};
}

// Judged in the moment in which the reserve is written, by the ledger as it stands.
Result<Event> Shell::Admit(const Effect&) {
  TRY_ASSIGN(const MicroUsd left, LeftForRent());
  const MicroUsd reserve(state().proposal.reserve_micro_usd);
  if (reserve <= left) return Outcome(EventKind::kAdmitted);
  Event refused = Outcome(EventKind::kRefused);
  refused.data.Set("short_micro_usd", (reserve - left).value());
  return refused;
}

// Their clocks are those of now; how old what they saw is, they know.
Status Shell::HearHands() {
  if (hands_ == nullptr) return {};
  for (Event event : hands_->Take()) {
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
    TRY_ASSIGN(const MicroUsd left, LeftForRent());
    tick.facts.limit_micro_usd = std::max<int64_t>((left + SpentAndHeld(state())).value(), 1);
  }
  return Append(tick);
}

// `curbstop panic` needs no database: it leaves a mark.
Status Shell::HeedPanic() {
  if (hands_ == nullptr || state().panicked || !Exists(folder_ / kPanicMark)) return {};
  if (state().phase >= Phase::kCommitting) return {};
  return Append(Outcome(EventKind::kUserAsked, Json::MakeObject({{"what", "panic"}})));
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
