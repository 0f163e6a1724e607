// Away: the step on its machine, and how it ends there: saved, fetched, extended, parked.
#include <algorithm>
#include <limits>

#include "run/supervisor/internal/away.h"
#include "run/supervisor/internal/step.h"

namespace curbstop {
namespace away {
namespace {

void Hello(StepContext& context) {
  RunState& state = context.state();
  Rental* rental = Current(context);
  if (rental == nullptr) return;
  state.connected = true;
  if (state.phase != Phase::kBooting) return;
  const bool ends_itself = context.event.data.BoolOr("rehearsed", false);
  if (rental->terms.grade == LeaseGrade::kB && !ends_itself &&
      !context.plants.Has(Plant::kRehearsalIgnored)) {
    return GiveUpCurrent(context, "the machine cannot end itself");
  }
  if (!context.event.data.BoolOr("as_promised", true)) {
    return GiveUpCurrent(context, "the machine is not what the offer said");
  }
  // The lease began with the machine, not with the word of it. One that was taken over needs more
  // time than what was left to it.
  rental->lease_from_ms = context.now() - context.event.data.IntOr("age_ms", 0);
  if (rental->taken && context.plants.Has(Plant::kTakenMeterStartsLate))
    rental->opened_ms = context.now();
  state.refusals = 0;
  context.Enter(Phase::kWorking);
  state.next_policy_ms = context.boot() + PolicyEvery(state);
  if (rental->taken && !DecidesOnLease(state)) context.Add(EffectKind::kDecide);
}

// The agent brings checkpoints to the named place by itself, and is doing so.
void LeaveToThePlace(StepContext& context) {
  RunState& state = context.state();
  if (state.terms.named_place) state.next_keep_ms = context.boot() + kPlaceFirst;
}

// A checkpoint counts when it is complete; the same name is brought home once.
void CheckpointWritten(StepContext& context) {
  RunState& state = context.state();
  const bool complete = context.event.data.BoolOr("complete", false);
  if (!complete && !context.plants.Has(Plant::kIncompleteCheckpointCounted)) return;
  if (context.Text("name") == state.last_checkpoint) return;
  ++state.checkpoints;
  state.last_checkpoint = context.Text("name");
  if (state.written_work_ms <= state.safe_work_ms) LeaveToThePlace(context);
  state.written_work_ms = context.event.data.IntOr("work_ms", 0);
}

void AgentSaved(StepContext& context) {
  if (context.state().phase == Phase::kSaving) context.state().agent_saved = true;
}

// Heard when its machine is gone. What is done is on its way from the named place; where the step
// ended in good order no machine was lost.
void StepHadEnded(StepContext& context) {
  RunState& state = context.state();
  const std::string outcome = context.Text("outcome");
  if (outcome == "done") return;
  RecallIsOver(state);
  if (outcome != "failed") return DecideAfterMachine(context);
  state.exit_code = context.event.data.IntOr("exit_code", 1);
  context.Close(Phase::kFailed, context.Text("reason"));
}

void StepEnded(StepContext& context) {
  RunState& state = context.state();
  if (state.recalling) return StepHadEnded(context);
  if (state.phase != Phase::kWorking && state.phase != Phase::kSaving) return;
  const std::string outcome = context.Text("outcome");
  if (outcome == "done") {
    context.Enter(Phase::kFetching);
    if (context.plants.Has(Plant::kDestroyedBeforeFetch)) EndRental(context, *Current(context));
    return context.Add(EffectKind::kFetch, state.current);
  }
  if (state.phase == Phase::kSaving) return AgentSaved(context);
  if (outcome == "lease_over") return Drain(context, "the lease is over");
  state.exit_code = context.event.data.IntOr("exit_code", 1);
  state.step_failed = true;
  if (context.plants.Has(Plant::kAtEndSkippedAfterCrash)) {
    return context.Close(Phase::kFailed, context.Text("reason"));
  }
  Save(context, Phase::kFailed, context.Text("reason"));
}

void CancelAsked(StepContext& context) {
  RunState& state = context.state();
  state.cancel_asked = true;
  const std::string why = "cancelled by the user";
  if (state.phase == Phase::kWorking) return Save(context, Phase::kCancelled, why);
  if (state.phase == Phase::kSaving) state.verdict = Phase::kCancelled;
  const bool at_once =
      state.recalling || IsOneOf(state.phase, {Phase::kDeciding, Phase::kCreating,
                                               Phase::kSearching, Phase::kBooting, Phase::kParked});
  if (at_once) context.Close(Phase::kCancelled, why);
}

}  // namespace

// Saved, then ended; the verdict is what the run comes to.
void Save(StepContext& context, Phase verdict, std::string why) {
  RunState& state = context.state();
  state.verdict = verdict;
  state.reason = std::move(why);
  state.agent_saved = false;
  context.Enter(Phase::kSaving);
  context.Add(EffectKind::kTellAgent, state.current, Json::MakeObject({{"what", "save"}}));
}

// Saved, then ended, then decided anew: kDeciding as a verdict says so.
void Drain(StepContext& context, const std::string& why) { Save(context, Phase::kDeciding, why); }

void Saved(StepContext& context) {
  RunState& state = context.state();
  if (state.park_asked) {
    state.proposal = {};
    context.Enter(Phase::kParking);
    const Rental* rental = Current(context);
    if (rental == nullptr) return context.Close(state.verdict, state.reason);
    const Millis kept(kParkTime + Millis(kUnguarded).count());
    state.proposal.reserve_micro_usd = CostOf(rental->terms.billing.disk_per_hour, kept).value();
    if (context.plants.Has(Plant::kParkWithoutReserve)) {
      return context.Add(EffectKind::kPause, rental->number);
    }
    return context.Add(EffectKind::kAdmit, rental->number);
  }
  if (state.verdict != Phase::kDeciding) return CloseOrStay(context, state.verdict, state.reason);
  if (Rental* rental = Current(context)) EndRental(context, *rental);
  state.current = 0;
  DecideAfterMachine(context);
}

// It is at a place that survives the machine: at home, or at the named one by the agent's word.
void CheckpointSafe(StepContext& context) {
  RunState& state = context.state();
  state.safe_work_ms = std::max(state.safe_work_ms, context.event.data.IntOr("work_ms", 0));
}

void CheckpointPlaced(StepContext& context) {
  LeaveToThePlace(context);
  CheckpointSafe(context);
}

// The n-th of the run, on whichever machine.
void AttemptStarting(StepContext& context) {
  RunState& state = context.state();
  ++state.attempt;
  state.resumed_from = context.Text("resume_from");
  state.exit_code.reset();
  if (state.started_at_ms == 0) state.started_at_ms = context.event.at_ms;
  state.attempt_from_ms = context.event.data.IntOr("awake_ms", 0);
}

// By the machine's own clock.
void AttemptEnded(StepContext& context) {
  RunState& state = context.state();
  const int64_t ended_ms = context.event.data.IntOr("awake_ms", 0);
  state.busy_ms += std::max<int64_t>(ended_ms - state.attempt_from_ms, 0);
  state.tail = context.Text("tail");
}

void AgentReport(StepContext& context) {
  RunState& state = context.state();
  if (context.event.agent_seq <= state.last_agent_seq) return;
  state.last_agent_seq = context.event.agent_seq;
  const std::string kind = context.Text("kind");
  if (kind == "hello") Hello(context);
  else if (kind == "attempt_starting") AttemptStarting(context);
  else if (kind == "attempt_ended") AttemptEnded(context);
  else if (kind == "checkpoint") CheckpointWritten(context);
  else if (kind == "safe") CheckpointPlaced(context);
  else if (kind == "saved") AgentSaved(context);
  else if (kind == "finished") StepEnded(context);
}

namespace {

// Of the machine that is fetched from by now, not of one before.
bool IsFetched(const StepContext& context) {
  const RunState& state = context.state();
  return state.phase == Phase::kFetching && context.event.facts.rental == state.current;
}

// While the place cannot be read nothing costs anything, so there is time.
void RecallFailed(StepContext& context) {
  RunState& state = context.state();
  const int64_t since = std::max(state.phase_since_ms, state.awake_since_ms);
  const bool is_final = context.event.data.BoolOr("nothing_there", false);
  if (is_final || context.boot() - since >= kPlacePatience) return GoOnWithout(context);
  state.next_ask_ms = context.boot() + kMinute;
}

}  // namespace

void Fetched(StepContext& context) {
  if (!IsFetched(context)) return;
  if (context.state().recalling) RecallIsOver(context.state());
  context.Enter(Phase::kCommitting);
  context.Add(EffectKind::kCommit);
}

// Soon, then less and less often: the machine bills while it waits.
void FetchFailed(StepContext& context) {
  if (!IsFetched(context)) return;
  RunState& state = context.state();
  if (state.recalling) return RecallFailed(context);
  const int64_t waited = context.boot() - state.phase_since_ms;
  state.next_ask_ms = context.boot() + std::clamp(waited, 2 * kSecond, kMinute);
  LookSoon(context, 0);
}

void Marked(StepContext& context) {
  Rental* rental = ByNumber(context, context.event.facts.rental);
  if (rental == nullptr || rental->ending || context.state().phase != Phase::kWorking) return;
  // The mark of a machine that was taken over may be known only after its first word: nothing was
  // asked for yet.
  const bool asks = context.state().proposal.lease_ms > rental->lease_ms;
  if (rental->taken && !asks) return context.Add(EffectKind::kDecide);
  context.Add(EffectKind::kExtend, rental->number);
}

void Extended(StepContext& context) {
  Rental* rental = ByNumber(context, context.event.facts.rental);
  if (rental == nullptr) return;
  if (context.state().phase == Phase::kWarm) return LeaseShortened(context, *rental);
  rental->lease_ms = std::max(rental->lease_ms, context.state().proposal.lease_ms);
}

// A lost extension ends early, never late. What cannot be marked as this run's is not its own.
void NotExtended(StepContext& context) {
  if (context.state().phase == Phase::kWarm) return LeaseNotShortened(context);
  const Rental* rental = Current(context);
  if (context.state().phase == Phase::kBooting && rental != nullptr && rental->taken)
    return GiveUpCurrent(context, "the machine could not be taken over");
  if (context.state().phase == Phase::kWorking && !HasTime(context))
    Drain(context, "its lease could not be made longer");
}

void Paused(StepContext& context) {
  RunState& state = context.state();
  Rental* rental = Current(context);
  if (state.phase != Phase::kParking || rental == nullptr) return;
  Meter(context, *rental);
  rental->paused = true;
  rental->paused_ms = context.now();
  context.Enter(Phase::kParked);
}

void PauseFailed(StepContext& context) {
  if (context.state().phase != Phase::kParking) return;
  context.Close(Phase::kCancelled, "saved; the provider did not keep the disk");
}

void UserAsked(StepContext& context) {
  RunState& state = context.state();
  const std::string what = context.Text("what");
  if (state.phase == Phase::kWarm) {
    state.panicked = what == "panic";
    return EndWarm(context);
  }
  if (state.phase >= Phase::kCommitting) return;
  if (what == "park" && state.phase == Phase::kWorking) {
    state.park_asked = true;
    return Save(context, Phase::kCancelled, "parked by the user");
  }
  if (what == "cancel" || what == "park") return CancelAsked(context);
  state.cancel_asked = true;
  state.panicked = what == "panic";
  context.Close(Phase::kCancelled, "ended by the user at once");
}

}  // namespace away
}  // namespace curbstop
