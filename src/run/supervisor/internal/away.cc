// A run's life on rented machines: from the decision to rent to the read that shows the last one
// gone.
#include <algorithm>
#include <limits>

#include "run/supervisor/internal/step.h"

namespace curbstop {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kSaveLimit = 10 * kMinute;    // to save; after it the machine is ended anyway
constexpr int64_t kLeaseMargin = 15 * kMinute;  // before a lease's end: time to decide and save
constexpr int64_t kHearFirst = kMinute;         // after sleep, before deadlines count
constexpr int64_t kCalmLook = 5 * kMinute;      // between looks while all is well
constexpr int64_t kMarketPatience = 60 * kMinute;
constexpr int64_t kParkTime = 48 * 60 * kMinute;  // ARCHITECTURE §4: `park 48 h`

Rental* Current(StepContext& context) {
  std::vector<Rental>& rentals = context.state().rentals;
  const auto found = std::ranges::find(rentals, context.state().current, &Rental::number);
  return found == rentals.end() ? nullptr : &*found;
}

Rental* ByNumber(StepContext& context, int64_t number) {
  std::vector<Rental>& rentals = context.state().rentals;
  const auto found = std::ranges::find(rentals, number, &Rental::number);
  return found == rentals.end() ? nullptr : &*found;
}

bool IsOneOf(Phase phase, std::initializer_list<Phase> phases) {
  return std::ranges::find(phases, phase) != phases.end();
}

bool WorksOnMachine(Phase phase) {
  return IsOneOf(phase, {Phase::kWorking, Phase::kSaving, Phase::kFetching});
}

int64_t LeaseEnd(const Rental& rental) { return rental.lease_from_ms + rental.lease_ms; }

// From then on a machine that was made is listed.
int64_t ListedFrom(const Rental& rental) {
  const ProviderTiming& timing = rental.terms.timing;
  return rental.opened_ms + (timing.create_limit + timing.list_lag).count();
}

void LookSoon(StepContext& context, int64_t in_ms) {
  RunState& state = context.state();
  state.next_look_ms = std::min(state.next_look_ms, context.now() + in_ms);
}

// ---- which machine -------------------------------------------------------------------------

void AskForDecision(StepContext& context) {
  if (context.state().cancel_asked)
    return context.Close(Phase::kCancelled, "cancelled by the user");
  if (context.state().phase != Phase::kDeciding) context.Enter(Phase::kDeciding);
  context.Add(EffectKind::kDecide);
}

std::string StopReason(int64_t reason) {
  switch (static_cast<DecisionReason>(reason)) {
    case DecisionReason::kNoMoney: return "no offer's worst case fits what the caps leave";
    case DecisionReason::kWorkCannotSurvive:
      return "only spot machines are left, and no place would keep the work";
    default: return "no offer meets the needs";
  }
}

void Drain(StepContext& context, const std::string& why);
void Save(StepContext& context, Phase verdict, std::string why);

void Decided(StepContext& context) {
  RunState& state = context.state();
  const Facts& facts = context.event.facts;
  const auto kind = static_cast<DecisionKind>(facts.decision);
  if (state.phase == Phase::kWorking && kind == DecisionKind::kDrain) {
    return Drain(context, "the lease ends, and there is no money for more time");
  }
  if (state.phase == Phase::kWorking && kind == DecisionKind::kExtend) {
    state.proposal = facts;
    if (context.plants.Has(Plant::kExtendBeforeReserve)) {
      context.Add(EffectKind::kExtend, state.current);
    }
    return context.Add(EffectKind::kAdmit, state.current);
  }
  if (state.phase != Phase::kDeciding) return;
  if (state.cancel_asked) return context.Close(Phase::kCancelled, "cancelled by the user");
  if (kind == DecisionKind::kRent) {
    state.proposal = facts;
    context.Enter(Phase::kAdmitting);
    return context.Add(EffectKind::kAdmit);
  }
  const bool may_change = static_cast<DecisionReason>(facts.reason) == DecisionReason::kNoOffer;
  if (may_change && context.now() - state.phase_since_ms < kMarketPatience) {
    state.reason = "waits for an offer";
    state.next_ask_ms = context.now() + kMinute;
    return;
  }
  state.exit_code = 1;
  context.Close(Phase::kFailed, StopReason(facts.reason));
}

// ---- money ----------------------------------------------------------------------------------

void OpenRental(StepContext& context) {
  RunState& state = context.state();
  Rental rental;
  rental.number = ++state.rentals_made;
  rental.offer = state.proposal.offer;
  rental.terms = TermsOf(state.proposal);
  rental.spot = state.proposal.spot != 0;
  rental.interval_ms = state.proposal.interval_ms;
  rental.lease_ms = state.proposal.lease_ms;
  rental.opened_ms = rental.lease_from_ms = rental.metered_ms = context.now();
  TakeReserve(context, rental, MicroUsd(state.proposal.reserve_micro_usd));
  state.settled_ms = std::max(state.settled_ms, ListedFrom(rental));
  state.rentals.push_back(std::move(rental));
  state.current = state.rentals_made;
  state.last_checkpoint.clear();
  state.written_work_ms = 0;  // nothing is on this machine yet
  context.Enter(Phase::kCreating);
  context.Add(EffectKind::kCreate, state.current);
}

void Admitted(StepContext& context) {
  RunState& state = context.state();
  Rental* rental = Current(context);
  if (state.phase == Phase::kAdmitting) {
    if (state.cancel_asked) return context.Close(Phase::kCancelled, "cancelled by the user");
    // A rental that began at a time nobody knows could not be metered: the market is asked again.
    if (!state.timeline.trusted) return AskForDecision(context);
    return OpenRental(context);
  }
  if (rental == nullptr) return;
  const bool parks = state.phase == Phase::kParking;
  if (!parks && state.phase != Phase::kWorking) return;
  TakeReserve(context, *rental, MicroUsd(state.proposal.reserve_micro_usd));
  context.Add(parks ? EffectKind::kPause : EffectKind::kMark, rental->number);
}

void Refused(StepContext& context) {
  RunState& state = context.state();
  if (state.phase == Phase::kAdmitting) {
    state.exit_code = 1;
    return context.Close(Phase::kFailed, "its reserve would cross a cap");
  }
  // No money for more time: the lease's end comes by itself, the work is saved before it.
  if (state.phase == Phase::kWorking) Drain(context, "the lease ends, and a cap forbids more time");
  if (state.phase == Phase::kParking) {
    context.Close(Phase::kCancelled, "saved; a cap forbids to keep the disk");
  }
}

// ---- making a machine -----------------------------------------------------------------------

// A create that came to nothing, for certain: the next offer.
void NothingMade(StepContext& context, int64_t number, const std::string& why) {
  RunState& state = context.state();
  CloseRental(context, number);
  if (state.current != 0 || state.phase >= Phase::kClosing) return;
  if (!IsOneOf(state.phase, {Phase::kCreating, Phase::kSearching})) return;
  state.reason = why;
  if (++state.refusals < kMostRefusals) return AskForDecision(context);
  state.exit_code = 1;
  context.Close(Phase::kFailed, "no provider made a machine: " + why);
}

bool PriceRose(StepContext& context, Rental& rental, int64_t per_hour) {
  if (per_hour <= rental.terms.billing.per_hour.value()) return false;
  if (context.plants.Has(Plant::kPriceRiseAccepted)) return false;
  rental.terms.billing.per_hour = MicroUsd(per_hour);
  return true;
}

// The machine of the current rental is no good: it is ended, and another decided on.
void GiveUpCurrent(StepContext& context, const std::string& why) {
  if (const Rental* rental = Current(context))
    context.state().blocked_offers.push_back(rental->offer);
  if (Rental* rental = Current(context)) EndRental(context, *rental);
  context.state().current = 0;
  context.state().reason = why;
  if (context.state().phase >= Phase::kCommitting) return;
  if (++context.state().refusals < kMostRefusals) return AskForDecision(context);
  context.state().exit_code = 1;
  context.Close(Phase::kFailed, why);
}

// A machine that nobody here asked for. It is billed as what its mark names, or as the latest
// offer.
void AddStray(StepContext& context, const SeenMachine& seen) {
  RunState& state = context.state();
  const Rental* meant = FindRental(state, seen.rental);
  Rental stray;
  stray.terms = meant != nullptr ? meant->terms : TermsOf(state.proposal);
  stray.terms.billing.per_hour = MicroUsd(seen.micro_usd_per_hour);
  stray.number = ++state.rentals_made;
  stray.machine = seen.machine;
  stray.offer = "stray";
  stray.stray = true;
  stray.opened_ms = stray.lease_from_ms = stray.metered_ms =
      seen.made_at_ms != 0 ? std::min(seen.made_at_ms, context.now()) : context.now();
  state.rentals.push_back(stray);
  EndRental(context, state.rentals.back());
}

void MachineKnown(StepContext& context, Rental& rental, const std::string& machine,
                  int64_t per_hour) {
  RunState& state = context.state();
  rental.machine = machine;
  if (context.plants.Has(Plant::kMeterStartsAtAnswer)) rental.opened_ms = context.now();
  if (rental.ending) return EndRental(context, rental);
  if (!IsOneOf(state.phase, {Phase::kCreating, Phase::kSearching})) return;
  if (PriceRose(context, rental, per_hour)) {
    return GiveUpCurrent(context, "the price rose between plan and create");
  }
  context.Enter(Phase::kBooting);
  LookSoon(context, rental.terms.timing.read_spacing.count());
}

void CreateAnswered(StepContext& context) {
  const Facts& facts = context.event.facts;
  Rental* rental = ByNumber(context, facts.rental);
  if (rental != nullptr && (rental->machine.empty() || rental->machine == facts.machine)) {
    return MachineKnown(context, *rental, facts.machine, facts.micro_usd_per_hour);
  }
  if (context.plants.Has(Plant::kLateAnswerDropped)) return;
  AddStray(context, {facts.machine, facts.rental, false, facts.micro_usd_per_hour, facts.date_ms});
}

void CreateRefused(StepContext& context) {
  const Facts& facts = context.event.facts;
  Rental* rental = ByNumber(context, facts.rental);
  if (rental == nullptr) return;
  // Some providers answer an error and make a machine all the same.
  if (!facts.machine.empty() && !context.plants.Has(Plant::kMachineInRefusalIgnored)) {
    rental->machine = facts.machine;
    return GiveUpCurrent(context, context.Text("error"));
  }
  NothingMade(context, facts.rental, context.Text("error"));
}

void CreateUnknown(StepContext& context) {
  Rental* rental = ByNumber(context, context.event.facts.rental);
  if (rental == nullptr || !rental->machine.empty()) return;
  LookSoon(context, 0);
  if (rental->ending || context.state().phase != Phase::kCreating) return;
  if (context.plants.Has(Plant::kCreateRepeatedBlindly)) {
    return context.Add(EffectKind::kCreate, rental->number);
  }
  context.Enter(Phase::kSearching);
}

// ---- looking --------------------------------------------------------------------------------

// The machine that the step ran on is gone without our doing.
void Lost(StepContext& context, const std::string& why) {
  RunState& state = context.state();
  state.current = 0;
  if (state.phase >= Phase::kCommitting) return;
  const bool was_leaving = IsOneOf(state.phase, {Phase::kSaving, Phase::kParking, Phase::kParked});
  if (was_leaving && state.verdict != Phase::kDeciding) {
    return context.Close(state.verdict, state.reason);
  }
  if (WorksOnMachine(state.phase) && ++state.machines_lost >= kMostLostMachines) {
    state.exit_code = 1;
    return context.Close(Phase::kFailed, "its machines were lost too often");
  }
  state.reason = why;
  AskForDecision(context);
}

void Missed(StepContext& context, int64_t number) {
  Rental& rental = *ByNumber(context, number);
  const ProviderTiming& timing = rental.terms.timing;
  const bool single_read = context.plants.Has(Plant::kSingle404IsGone);
  // Before a listing has to show it, that it does not says nothing.
  const bool may_lag = !rental.listed && context.now() < ListedFrom(rental);
  if (may_lag && !context.plants.Has(Plant::kListLagIgnored)) return;
  if (rental.missed_reads == 0 ||
      context.now() - rental.missed_at_ms >= timing.read_spacing.count()) {
    ++rental.missed_reads;
    rental.missed_at_ms = context.now();
  }
  if (rental.missed_reads < (single_read ? 1 : timing.reads)) return;
  if (rental.machine.empty() && !rental.ending) {
    return NothingMade(context, number, "the provider made no machine");
  }
  const bool was_current = number == context.state().current;
  CloseRental(context, number);
  if (was_current) Lost(context, "its machine is gone");
}

// Its provider stopped it: the disk bills on, and it may come back by itself.
void SeenPaused(StepContext& context, Rental& rental) {
  if (rental.paused) return;
  Meter(context, rental);
  rental.paused = true;
  rental.paused_ms = context.now();
  if (rental.ending || context.state().phase == Phase::kParking) return;
  const bool was_current = rental.number == context.state().current;
  if (context.plants.Has(Plant::kPausedIsGone)) {
    CloseRental(context, rental.number);
  } else {
    EndRental(context, rental);
  }
  if (was_current) Lost(context, "its machine was interrupted");
}

void SeenRunning(StepContext& context, Rental& rental) {
  if (!rental.paused) return;
  rental.paused = false;  // it came back by itself: DueAt counts all its time as running
  Meter(context, rental);
  if (!rental.ending) EndRental(context, rental);
}

void Seen(StepContext& context, const SeenMachine& seen) {
  std::vector<Rental>& rentals = context.state().rentals;
  auto found = std::ranges::find(rentals, seen.machine, &Rental::machine);
  if (found == rentals.end()) {
    found = std::ranges::find_if(rentals, [&](const Rental& rental) {
      return rental.machine.empty() && rental.number == seen.rental;
    });
  }
  if (found == rentals.end()) {
    const bool trusts = context.plants.Has(Plant::kPanicTrustsJournal) && context.state().panicked;
    if (trusts || context.plants.Has(Plant::kSweepByDatabaseOnly)) return;
    return AddStray(context, seen);
  }
  found->missed_reads = 0;
  found->listed = true;
  if (found->machine.empty()) {
    return MachineKnown(context, *found, seen.machine, seen.micro_usd_per_hour);
  }
  if (PriceRose(context, *found, seen.micro_usd_per_hour) && !found->ending) {
    if (found->number == context.state().current) return Drain(context, "its price rose");
  }
  seen.paused ? SeenPaused(context, *found) : SeenRunning(context, *found);
}

void Looked(StepContext& context) {
  RunState& state = context.state();
  const std::vector<SeenMachine>& seen = context.event.facts.seen;
  MeterAll(context);
  for (const SeenMachine& machine : seen) Seen(context, machine);
  std::vector<int64_t> missing;
  for (const Rental& rental : state.rentals) {
    const bool there = std::ranges::find(seen, rental.machine, &SeenMachine::machine) != seen.end();
    if (!there) missing.push_back(rental.number);
  }
  for (const int64_t number : missing) Missed(context, number);
  if (state.cut_off) state.awake_since_ms = context.now();
  state.cut_off = false;
  state.last_look_ms = context.now();
  state.next_look_ms = std::numeric_limits<int64_t>::max();
}

// ---- working --------------------------------------------------------------------------------

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
  if (state.phase != Phase::kSaving) return;
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
  if (state.verdict != Phase::kDeciding) return context.Close(state.verdict, state.reason);
  if (Rental* rental = Current(context)) EndRental(context, *rental);
  state.current = 0;
  AskForDecision(context);
}

void Hello(StepContext& context) {
  RunState& state = context.state();
  Rental* rental = Current(context);
  state.connected = true;
  if (state.phase != Phase::kBooting || rental == nullptr) return;
  const bool ends_itself = context.event.data.BoolOr("rehearsed", false);
  if (rental->terms.grade == LeaseGrade::kB && !ends_itself &&
      !context.plants.Has(Plant::kRehearsalIgnored)) {
    return GiveUpCurrent(context, "the machine cannot end itself");
  }
  if (!context.event.data.BoolOr("as_promised", true)) {
    return GiveUpCurrent(context, "the machine is not what the offer said");
  }
  // The lease began with the machine, not with the word of it.
  rental->lease_from_ms = context.now() - context.event.data.IntOr("age_ms", 0);
  state.refusals = 0;
  context.Enter(Phase::kWorking);
}

// A checkpoint counts when it is complete; the same name is brought home once.
void CheckpointWritten(StepContext& context) {
  RunState& state = context.state();
  const bool complete = context.event.data.BoolOr("complete", false);
  if (!complete && !context.plants.Has(Plant::kIncompleteCheckpointCounted)) return;
  if (context.Text("name") == state.last_checkpoint) return;
  ++state.checkpoints;
  state.last_checkpoint = context.Text("name");
  state.written_work_ms = context.event.data.IntOr("work_ms", 0);
}

// It is at a place that survives the machine: at home, or at the named one by the agent's word.
void CheckpointSafe(StepContext& context) {
  RunState& state = context.state();
  state.safe_work_ms = std::max(state.safe_work_ms, context.event.data.IntOr("work_ms", 0));
}

void AgentSaved(StepContext& context) {
  if (context.state().phase == Phase::kSaving) context.state().agent_saved = true;
}

void StepEnded(StepContext& context) {
  RunState& state = context.state();
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
  if (context.plants.Has(Plant::kAtEndSkippedAfterCrash)) {
    return context.Close(Phase::kFailed, context.Text("reason"));
  }
  Save(context, Phase::kFailed, context.Text("reason"));
}

void AgentReport(StepContext& context) {
  RunState& state = context.state();
  if (context.event.agent_seq <= state.last_agent_seq) return;
  state.last_agent_seq = context.event.agent_seq;
  const std::string kind = context.Text("kind");
  if (kind == "hello") Hello(context);
  else if (kind == "attempt_starting") state.attempt = context.event.data.IntOr("attempt", 0);
  else if (kind == "checkpoint") CheckpointWritten(context);
  else if (kind == "safe") CheckpointSafe(context);
  else if (kind == "saved") AgentSaved(context);
  else if (kind == "finished") StepEnded(context);
}

void Fetched(StepContext& context) {
  if (context.state().phase != Phase::kFetching) return;
  context.Enter(Phase::kCommitting);
  context.Add(EffectKind::kCommit);
}

void FetchFailed(StepContext& context) {
  if (context.state().phase != Phase::kFetching) return;
  context.state().next_ask_ms = context.now() + kMinute;
  LookSoon(context, 0);
}

// ---- more time, or less ---------------------------------------------------------------------

void Marked(StepContext& context) {
  Rental* rental = ByNumber(context, context.event.facts.rental);
  if (rental == nullptr || rental->ending || context.state().phase != Phase::kWorking) return;
  context.Add(EffectKind::kExtend, rental->number);
}

void Extended(StepContext& context) {
  Rental* rental = ByNumber(context, context.event.facts.rental);
  if (rental != nullptr)
    rental->lease_ms = std::max(rental->lease_ms, context.state().proposal.lease_ms);
}

// A lost extension ends early, never late.
void NotExtended(StepContext& context) {
  if (context.state().phase == Phase::kWorking)
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

void CancelAsked(StepContext& context) {
  RunState& state = context.state();
  state.cancel_asked = true;
  const std::string why = "cancelled by the user";
  if (state.phase == Phase::kWorking) return Save(context, Phase::kCancelled, why);
  if (state.phase == Phase::kSaving) state.verdict = Phase::kCancelled;
  const bool at_once = IsOneOf(state.phase, {Phase::kDeciding, Phase::kCreating, Phase::kSearching,
                                             Phase::kBooting, Phase::kParked});
  if (at_once) context.Close(Phase::kCancelled, why);
}

void UserAsked(StepContext& context) {
  RunState& state = context.state();
  const std::string what = context.Text("what");
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

// ---- ending ---------------------------------------------------------------------------------

void SendDestroy(StepContext& context, Rental& rental) {
  if (rental.machine.empty() || context.IsPending(EffectKind::kDestroy, rental.number)) return;
  if (rental.destroys > 0 && context.plants.Has(Plant::kDestroyTriedOnce)) return;
  const int64_t wait = std::min(kMinute, kSecond << std::min<int64_t>(rental.destroys, 6));
  ++rental.destroys;
  rental.next_destroy_ms = context.now() + wait;
  context.Add(EffectKind::kDestroy, rental.number);
}

void DestroyAnswered(StepContext& context) {
  Rental* rental = ByNumber(context, context.event.facts.rental);
  if (rental == nullptr) return;
  LookSoon(context, rental->terms.timing.read_spacing.count());
  if (context.event.kind == EventKind::kDestroyFailed) return;
  rental->next_destroy_ms = context.now() + rental->terms.timing.destroy_delay.count();
  if (context.plants.Has(Plant::kDestroyAcceptedIsGone)) CloseRental(context, rental->number);
}

// ---- time -----------------------------------------------------------------------------------

// After sleep or a cut the agent may have much to tell; it is heard before anything is judged.
bool MustHearFirst(const RunState& state) {
  return state.cut_off || state.timeline.now_ms - state.awake_since_ms < kHearFirst;
}

void CheckLimit(StepContext& context) {
  RunState& state = context.state();
  const int64_t limit = context.event.facts.limit_micro_usd;
  if (limit == 0 || !IsOneOf(state.phase, {Phase::kBooting, Phase::kWorking})) return;
  if (MustHearFirst(state)) return;
  if (context.plants.Has(Plant::kLoweredCapIgnored)) return;
  const Rental* rental = Current(context);
  if (rental == nullptr) return;
  const MicroUsd when_saved = DueAt(*rental, context.now() + kLeaseMargin, context.plants);
  if (state.spent - rental->accrued + when_saved < MicroUsd(limit)) return;
  if (state.phase == Phase::kBooting) return context.Close(Phase::kFailed, "the cap is reached");
  Save(context, Phase::kFailed, "the cap is reached");
}

// Only a supervisor that can reach out may say that a machine does not answer.
bool BootIsOverdue(StepContext& context, const Rental& rental) {
  const RunState& state = context.state();
  if (context.plants.Has(Plant::kBootWaitedForEver)) return false;
  const int64_t limit =
      rental.opened_ms + (rental.terms.timing.create_limit + rental.terms.boot_limit).count();
  return !state.connected && state.last_look_ms >= limit;
}

bool SavingIsOver(const RunState& state, int64_t now) {
  const bool all_safe = state.agent_saved && state.safe_work_ms >= state.written_work_ms;
  return all_safe || now - state.phase_since_ms >= kSaveLimit;
}

// The machine should have ended itself; where nobody else does, we do. What it has is saved first.
void LeaseIsOver(StepContext& context) {
  if (context.state().connected) return Drain(context, "its lease is over");
  if (Rental* rental = Current(context)) EndRental(context, *rental);
  Lost(context, "its lease is over");
}

// Newer work than a surviving place holds: it is brought home while there is a connection.
void BringHome(StepContext& context) {
  RunState& state = context.state();
  if (state.terms.named_place || !state.connected || state.current == 0) return;
  if (state.phase != Phase::kWorking && state.phase != Phase::kSaving) return;
  if (state.written_work_ms <= state.safe_work_ms || context.now() < state.next_keep_ms) return;
  if (!context.IsPending(EffectKind::kKeep)) context.Add(EffectKind::kKeep, state.current);
}

void WatchCurrent(StepContext& context) {
  RunState& state = context.state();
  const Rental* rental = Current(context);
  const int64_t now = context.now();
  if (rental == nullptr || MustHearFirst(state)) return;
  if (state.phase == Phase::kBooting && BootIsOverdue(context, *rental)) {
    return GiveUpCurrent(context, "the machine did not come up");
  }
  if (state.phase == Phase::kWorking && now >= LeaseEnd(*rental) - kLeaseMargin &&
      now >= state.next_ask_ms && !context.IsPending(EffectKind::kDecide)) {
    state.next_ask_ms = now + kLeaseMargin;
    return context.Add(EffectKind::kDecide);
  }
  if (state.phase == Phase::kSaving && SavingIsOver(state, now)) {
    if (state.safe_work_ms < state.written_work_ms) ++state.saving_timed_out;
    return Saved(context);
  }
  if (state.phase == Phase::kWorking && now >= LeaseEnd(*rental)) return LeaseIsOver(context);
  if (state.phase == Phase::kFetching && now >= state.next_ask_ms &&
      !context.IsPending(EffectKind::kFetch, rental->number)) {
    return context.Add(EffectKind::kFetch, rental->number);
  }
  if (state.phase == Phase::kParked && now - state.phase_since_ms >= kParkTime) {
    context.Close(Phase::kCancelled, "its disk was kept as long as agreed");
  }
}

// Saving that was cut off gets its time again.
void Connected(StepContext& context) {
  RunState& state = context.state();
  state.connected = true;
  state.next_keep_ms = 0;
  if (state.phase == Phase::kSaving) state.phase_since_ms = context.now();
}

int64_t LookEvery(const RunState& state, const Rental& rental) {
  const bool calm = !rental.ending && ((WorksOnMachine(state.phase) && state.connected) ||
                                       state.phase == Phase::kParked);
  if (calm) return kCalmLook;
  return std::clamp<int64_t>(rental.terms.timing.read_spacing.count(), kSecond, kMinute);
}

// Until then a machine of this run may still turn up in a listing.
bool MayTurnUp(const StepContext& context) {
  const RunState& state = context.next.state;
  if (state.panicked && context.plants.Has(Plant::kPanicTrustsJournal)) return false;
  return state.settled_ms != 0 && state.last_look_ms < state.settled_ms;
}

void ScheduleLook(StepContext& context) {
  RunState& state = context.state();
  int64_t every = std::numeric_limits<int64_t>::max();
  for (const Rental& rental : state.rentals) every = std::min(every, LookEvery(state, rental));
  if (state.rentals.empty() && MayTurnUp(context)) every = kMinute;
  if (every == std::numeric_limits<int64_t>::max()) return;
  LookSoon(context, every);
  if (context.now() < state.next_look_ms || context.IsPending(EffectKind::kLook)) return;
  context.Add(EffectKind::kLook);
}

// The last machine is gone and none can turn up: the run is over.
void FinishClosing(StepContext& context) {
  RunState& state = context.state();
  if (state.phase != Phase::kClosing || !state.record_finished) return;
  if (!state.rentals.empty() || MayTurnUp(context)) return;
  state.phase = state.verdict;
  state.ended_at_ms = context.event.at_ms;
  std::erase_if(state.pending,
                [](const Effect& effect) { return effect.kind == EffectKind::kLook; });
}

}  // namespace

LeaseTerms TermsOf(const Facts& facts) {
  LeaseTerms terms;
  terms.billing = {MicroUsd(facts.micro_usd_per_hour), MicroUsd(facts.disk_micro_usd_per_hour),
                   MicroUsd(facts.fixed_micro_usd), Millis(std::max<int64_t>(facts.grain_ms, 1)),
                   Millis(facts.minimum_ms)};
  terms.grade = static_cast<LeaseGrade>(facts.grade);
  terms.has_guard = facts.guard != 0;
  terms.may_pause = facts.spot != 0;
  terms.boot_limit = Millis(facts.boot_limit_ms);
  terms.timing = {Millis(facts.create_limit_ms), Millis(facts.list_lag_ms),
                  Millis(facts.destroy_delay_ms), facts.reads, Millis(facts.read_spacing_ms)};
  return terms;
}

void EndRental(StepContext& context, Rental& rental) {
  rental.ending = true;
  LookSoon(context, rental.terms.timing.read_spacing.count());
  SendDestroy(context, rental);
}

void DoWhatIsDue(StepContext& context) {
  RunState& state = context.state();
  if (state.phase == Phase::kDeciding && context.now() >= state.next_ask_ms &&
      !context.IsPending(EffectKind::kDecide)) {
    AskForDecision(context);
  }
  WatchCurrent(context);
  BringHome(context);
  for (Rental& rental : state.rentals) {
    if (rental.ending && context.now() >= rental.next_destroy_ms) SendDestroy(context, rental);
  }
  ScheduleLook(context);
  FinishClosing(context);
}

bool HandleAway(StepContext& context) {
  switch (context.event.kind) {
    case EventKind::kDecided: Decided(context); return true;
    case EventKind::kAdmitted: Admitted(context); return true;
    case EventKind::kRefused: Refused(context); return true;
    case EventKind::kCreateAnswered: CreateAnswered(context); return true;
    case EventKind::kCreateRefused: CreateRefused(context); return true;
    case EventKind::kCreateUnknown: CreateUnknown(context); return true;
    case EventKind::kLooked: Looked(context); return true;
    case EventKind::kLookFailed:
      context.state().cut_off = true;
      context.state().next_look_ms = context.now() + kMinute;
      return true;
    case EventKind::kDestroyAccepted:
    case EventKind::kDestroyFailed: DestroyAnswered(context); return true;
    case EventKind::kMarked: Marked(context); return true;
    case EventKind::kExtended: Extended(context); return true;
    case EventKind::kMarkFailed:
    case EventKind::kExtendFailed: NotExtended(context); return true;
    case EventKind::kFetched: Fetched(context); return true;
    case EventKind::kFetchFailed: FetchFailed(context); return true;
    case EventKind::kPaused: Paused(context); return true;
    case EventKind::kPauseFailed: PauseFailed(context); return true;
    case EventKind::kKept: CheckpointSafe(context); return true;
    case EventKind::kKeepFailed:
      context.state().next_keep_ms = context.now() + kMinute;
      return true;
    case EventKind::kConnected: Connected(context); return true;
    case EventKind::kDisconnected:
      context.state().connected = false;
      LookSoon(context, 0);
      return true;
    case EventKind::kAgentReport: AgentReport(context); return true;
    case EventKind::kUserAsked: UserAsked(context); return true;
    case EventKind::kTick:
      MeterAll(context);
      CheckLimit(context);
      return true;
    default: return false;
  }
}

int64_t WakeAt(const RunState& state) {
  const int64_t now = state.timeline.now_ms;
  int64_t wake = now + kMinute;
  const auto at = [&](int64_t time) { wake = std::min(wake, std::max(time, now + 1)); };
  if (state.next_look_ms > now) at(state.next_look_ms);
  if (state.phase == Phase::kDeciding || state.phase == Phase::kFetching) at(state.next_ask_ms);
  for (const Rental& rental : state.rentals) {
    if (rental.ending) at(rental.next_destroy_ms);
  }
  return wake;
}

BirthOrder BirthOrderOf(const Rental& rental, Plants plants) {
  BirthOrder order;
  order.lease_ms = plants.Has(Plant::kLeaseArmedAfterSsh) ? 0 : rental.lease_ms;
  order.mark_expires_ms = rental.opened_ms + rental.lease_ms +
                          (rental.terms.timing.create_limit + rental.terms.boot_limit).count();
  order.interval_ms = plants.Has(Plant::kCheckpointIntervalForgotten) ? 0 : rental.interval_ms;
  order.log_is_life = !plants.Has(Plant::kHangBlindToLog);
  return order;
}

void GradeTerms(LeaseTerms& terms, const EndFacts& facts, Plants plants) {
  terms.grade = facts.declared;
  const bool trusted = facts.self_end_proven || plants.Has(Plant::kUnprovenEndTrusted);
  if (facts.declared == LeaseGrade::kB && !trusted) terms.grade = LeaseGrade::kBStar;
  terms.has_guard = facts.guard_installed || plants.Has(Plant::kGuardAssumed);
}

Situation SituationOf(const RunState& state, Plants plants) {
  Situation situation;
  situation.work_left = Millis(std::max<int64_t>(state.terms.work_ms - state.safe_work_ms, 0));
  situation.lease_asked = Millis(state.terms.lease_asked_ms);
  situation.spot = state.terms.spot;
  // A supervisor decides, so home is there now; will it be when the work has to be brought?
  const bool stays = !state.terms.detached || plants.Has(Plant::kHomeCountedWithLidClosed);
  situation.places = {stays, state.terms.named_place};
  situation.blocked_offers = state.blocked_offers;
  const Rental* rental = FindRental(state, state.current);
  if (rental != nullptr && state.phase == Phase::kWorking) {
    situation.held = HeldMachine{rental->terms, Millis(rental->lease_ms),
                                 Millis(LeaseEnd(*rental) - state.timeline.now_ms)};
  }
  return situation;
}

}  // namespace curbstop
