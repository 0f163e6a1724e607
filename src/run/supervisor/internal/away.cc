// A run's life on rented machines: what each event is handed to, and what is due by now.
#include "run/supervisor/internal/away.h"

#include <algorithm>
#include <limits>

#include "plan/deadline_decision.h"
#include "run/supervisor/internal/step.h"

namespace curbstop {
namespace away {

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
  return IsOneOf(phase, {Phase::kWorking, Phase::kSaving, Phase::kFetching, Phase::kWarm});
}

bool DecidesOnLease(const RunState& state) {
  return HasPending(state, EffectKind::kDecide) || HasPending(state, EffectKind::kAdmit) ||
         HasPending(state, EffectKind::kMark) || HasPending(state, EffectKind::kExtend);
}

int64_t PolicyEvery(const RunState& state) {
  return DecisionStands(Millis(state.deadline_at_ms - state.timeline.now_ms)).count();
}

AccountView& ViewOf(StepContext& context, const std::string& account) {
  std::vector<AccountView>& accounts = context.state().accounts;
  const auto found = std::ranges::find(accounts, account, &AccountView::name);
  return found != accounts.end() ? *found : accounts.emplace_back(AccountView{.name = account});
}

void SettlesAt(StepContext& context, const std::string& account, int64_t at_ms) {
  int64_t& settled_ms = ViewOf(context, account).settled_ms;
  settled_ms = std::max(settled_ms, at_ms);
}

// From then on a machine that was made is listed.
int64_t ListedFrom(const Rental& rental) {
  const ProviderTiming& timing = rental.terms.timing;
  return rental.opened_ms + (timing.create_limit + timing.list_lag).count();
}

int64_t LeaseEnd(const Rental& rental) { return rental.lease_from_ms + rental.lease_ms; }

int64_t LeaseMargin(const Rental& rental) { return std::min(kLeaseMargin, rental.lease_ms / 4); }

bool HasTime(StepContext& context) {
  const Rental* rental = Current(context);
  return rental != nullptr && rental->taken &&
         context.now() < LeaseEnd(*rental) - LeaseMargin(*rental);
}

void LookSoon(StepContext& context, int64_t in_ms) {
  RunState& state = context.state();
  state.next_look_ms = std::min(state.next_look_ms, context.boot() + in_ms);
}

}  // namespace away

using namespace away;

namespace {

const AccountView* CurrentAccount(const RunState& state) {
  const Rental* rental = FindRental(state, state.current);
  return rental == nullptr ? nullptr : FindAccountView(state, rental->account);
}

// Since it woke this supervisor has not been able to reach out, or not to the current machine's
// account.
bool IsCutOff(const RunState& state) {
  const AccountView* account = CurrentAccount(state);
  return state.failed_looks != 0 || state.heard_ms < state.awake_since_ms ||
         (account != nullptr && account->failed_looks != 0);
}

int64_t ReachesOutSince(const RunState& state) {
  const AccountView* account = CurrentAccount(state);
  return std::max(state.awake_since_ms, account == nullptr ? 0 : account->answers_since_ms);
}

// After sleep or a cut the agent may have much to tell; it is heard before anything is judged.
bool MustHearFirst(const RunState& state) {
  return IsCutOff(state) || state.timeline.boot_ms - ReachesOutSince(state) < kHearFirst;
}

// What a cap can still end: outputs get the time to come home that saving gets.
bool BillsFor(const RunState& state) {
  if (state.phase == Phase::kFetching) {
    return state.timeline.boot_ms - state.phase_since_ms >= kSaveLimit;
  }
  return IsOneOf(state.phase, {Phase::kBooting, Phase::kWorking, Phase::kParked, Phase::kWarm});
}

void CheckLimit(StepContext& context) {
  RunState& state = context.state();
  const int64_t limit = context.event.facts.limit_micro_usd;
  if (limit == 0 || !BillsFor(state)) return;
  if (MustHearFirst(state)) return;
  if (context.plants.Has(Plant::kLoweredCapIgnored)) return;
  const Rental* rental = Current(context);
  if (rental == nullptr) return;
  const MicroUsd when_saved = DueAt(*rental, context.now() + LeaseMargin(*rental), context.plants);
  if (state.spent - rental->accrued + when_saved < MicroUsd(limit)) return;
  constexpr const char* kWhy = "the cap is reached";
  if (state.phase == Phase::kWorking) return Save(context, Phase::kFailed, kWhy);
  if (state.phase == Phase::kWarm) return EndWarm(context);
  if (state.phase == Phase::kFetching) ++state.saving_timed_out;
  context.Close(state.phase == Phase::kParked ? Phase::kCancelled : Phase::kFailed, kWhy);
}

// Only a supervisor that can reach out may say that a machine does not answer.
bool BootIsOverdue(StepContext& context, const Rental& rental) {
  const RunState& state = context.state();
  if (context.plants.Has(Plant::kBootWaitedForEver)) return false;
  const int64_t limit =
      rental.opened_ms + (rental.terms.timing.create_limit + rental.terms.boot_limit).count();
  const AccountView* account = FindAccountView(state, rental.account);
  return !state.connected && account != nullptr && account->looked_ms >= limit;
}

// Nothing more will be written, and what was is safe: there is nothing left to hear.
bool AllIsSaved(const RunState& state) {
  return state.phase == Phase::kSaving && state.agent_saved &&
         state.safe_work_ms >= state.written_work_ms;
}

bool SavingIsOver(const RunState& state) {
  return state.timeline.boot_ms - state.phase_since_ms >= kSaveLimit;
}

// The machine should have ended itself; where nobody else does, we do. What it has is saved first.
void LeaseIsOver(StepContext& context) {
  if (context.state().connected) return Drain(context, "its lease is over");
  const int64_t number = context.state().current;
  if (Rental* rental = Current(context)) EndRental(context, *rental);
  Lost(context, number, "its lease is over");
}

// Newer work than a surviving place holds: it is brought home while there is a connection. With a
// named place that is the agent's to do; home steps in where it has not (CheckpointWritten).
bool BringsHome(const RunState& state) {
  if (!state.connected || state.current == 0) return false;
  if (state.phase != Phase::kWorking && state.phase != Phase::kSaving) return false;
  return state.written_work_ms > state.safe_work_ms;
}

void BringHome(StepContext& context) {
  RunState& state = context.state();
  if (!BringsHome(state) || context.boot() < state.next_keep_ms) return;
  if (!context.IsPending(EffectKind::kKeep)) context.Add(EffectKind::kKeep, state.current);
}

// Whether another machine would do better by the deadline is asked time and again.
bool AsksPolicy(const RunState& state) {
  return state.phase == Phase::kWorking && state.deadline_at_ms != 0;
}

void WatchCurrent(StepContext& context) {
  RunState& state = context.state();
  const Rental* rental = Current(context);
  const int64_t now = context.now();
  if (rental != nullptr && AllIsSaved(state)) return Saved(context);
  if (rental == nullptr || MustHearFirst(state)) return;
  if (state.phase == Phase::kBooting && BootIsOverdue(context, *rental)) {
    return GiveUpCurrent(context, "the machine did not come up");
  }
  if (state.phase == Phase::kWorking && now >= LeaseEnd(*rental)) return LeaseIsOver(context);
  if (state.phase == Phase::kWorking && now >= LeaseEnd(*rental) - LeaseMargin(*rental) &&
      context.boot() >= state.next_ask_ms && !DecidesOnLease(state)) {
    state.next_ask_ms = context.boot() + kAskAgain;
    return context.Add(EffectKind::kDecide);
  }
  if (AsksPolicy(state) && context.boot() >= state.next_policy_ms && !DecidesOnLease(state)) {
    state.next_policy_ms = context.boot() + PolicyEvery(state);
    return context.Add(EffectKind::kDecide);
  }
  // One that a look missed may be gone: then what it left at the place is read first.
  const bool is_missed = rental->missed_reads != 0;
  if (state.phase == Phase::kSaving && SavingIsOver(state) && !is_missed) {
    if (state.safe_work_ms < state.written_work_ms) ++state.saving_timed_out;
    return Saved(context);
  }
  if (state.phase == Phase::kFetching && context.boot() >= state.next_ask_ms &&
      !context.IsPending(EffectKind::kFetch, rental->number)) {
    return context.Add(EffectKind::kFetch, rental->number);
  }
  if (state.phase == Phase::kParking && context.boot() - state.phase_since_ms >= kSaveLimit) {
    return context.Close(Phase::kCancelled, "saved; its disk could not be kept in time");
  }
  if (state.phase == Phase::kWarm && now >= state.warm_until_ms) return EndWarm(context);
  if (state.phase == Phase::kWarm && context.boot() >= state.next_ask_ms) ShortenLease(context);
  if (state.phase == Phase::kParked && now - rental->paused_ms >= kParkTime) {
    context.Close(Phase::kCancelled, "its disk was kept as long as agreed");
  }
}

// Saving that was cut off gets its time again.
void Connected(StepContext& context) {
  RunState& state = context.state();
  state.connected = true;
  state.next_keep_ms = 0;
  if (state.phase == Phase::kSaving) state.phase_since_ms = context.boot();
}

// A connection that has just ended may mean that the machine has.
bool IsJustLost(const RunState& state, const Rental& rental) {
  return rental.number == state.current && WorksOnMachine(state.phase) && !state.connected &&
         state.timeline.boot_ms - state.cut_ms < kLostLook && rental.missed_reads == 0;
}

// In a long outage less and less often.
int64_t LookAfterFailures(int64_t failed) {
  return std::min(kMinute << std::min<int64_t>(failed, 3), 5 * kMinute);
}

int64_t LookEvery(const RunState& state, const Rental& rental) {
  const AccountView* account = FindAccountView(state, rental.account);
  if (account != nullptr && account->failed_looks != 0)
    return LookAfterFailures(account->failed_looks - 1);
  const bool calm = !rental.ending && ((WorksOnMachine(state.phase) && state.connected) ||
                                       state.phase == Phase::kParked);
  if (calm) return kCalmLook;
  if (IsJustLost(state, rental)) {
    return std::clamp<int64_t>(rental.terms.timing.read_spacing.count() / 3, kSecond, kMinute);
  }
  const bool is_urgent =
      rental.ending || rental.missed_reads != 0 || state.phase == Phase::kSearching;
  if (!is_urgent) return kMinute;
  const ProviderTiming& timing = rental.terms.timing;
  const bool takes_time = rental.ending && rental.missed_reads == 0;
  const int64_t every = takes_time ? timing.destroy_delay.count() / 4 : 0;
  return std::clamp<int64_t>(std::max(every, timing.read_spacing.count()), kSecond, kMinute);
}

// A machine of this run may still turn up in a listing of that account.
bool MayTurnUp(const StepContext& context, const AccountView& account) {
  const bool trusts = context.plants.Has(Plant::kPanicTrustsJournal);
  if (context.state().panicked && trusts) return false;
  return account.looked_ms < account.settled_ms;
}

// With no machine on the books.
int64_t LookForMoreEvery(const StepContext& context) {
  int64_t every = kNoWake;
  for (const AccountView& account : context.state().accounts) {
    if (!MayTurnUp(context, account)) continue;
    const int64_t settles = account.settled_ms - context.now() + kSecond;
    every =
        std::min(every, account.failed_looks == 0 ? std::clamp(settles, kSecond, kMinute)
                                                  : LookAfterFailures(account.failed_looks - 1));
  }
  return every;
}

void LookAgain(StepContext& context) {
  RunState& state = context.state();
  if (context.event.data.BoolOr("busy", false)) {  // it answers: somebody else asks it all the time
    state.next_look_ms = context.boot() + kBusyLook;
    return;
  }
  state.next_look_ms = context.boot() + LookAfterFailures(state.failed_looks++);
}

void ScheduleLook(StepContext& context) {
  RunState& state = context.state();
  int64_t every = kNoWake;
  for (const Rental& rental : state.rentals) every = std::min(every, LookEvery(state, rental));
  if (state.rentals.empty()) every = LookForMoreEvery(context);
  if (every == kNoWake) {  // nothing to look for, whatever was asked for
    state.next_look_ms = kNoWake;
    return;
  }
  LookSoon(context, every);
  if (context.boot() < state.next_look_ms) return;
  if (!context.IsPending(EffectKind::kLook)) return context.Add(EffectKind::kLook);
  if (context.boot() >= state.next_look_ms + kLongestLook) state.next_look_ms = context.boot();
}

// The last machine is gone and none can turn up: the run is over.
void FinishClosing(StepContext& context) {
  RunState& state = context.state();
  if (state.phase != Phase::kClosing || !state.record_finished) return;
  const auto may_turn_up = [&](const AccountView& one) { return MayTurnUp(context, one); };
  if (!state.rentals.empty() || std::ranges::any_of(state.accounts, may_turn_up)) return;
  state.phase = state.verdict;
  if (state.ended_at_ms == 0) state.ended_at_ms = context.event.at_ms;
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

void FillTerms(Facts& facts, const LeaseTerms& terms) {
  facts.micro_usd_per_hour = terms.billing.per_hour.value();
  facts.disk_micro_usd_per_hour = terms.billing.disk_per_hour.value();
  facts.fixed_micro_usd = terms.billing.fixed.value();
  facts.grain_ms = terms.billing.grain.count();
  facts.minimum_ms = terms.billing.minimum.count();
  facts.grade = static_cast<int64_t>(terms.grade);
  facts.guard = terms.has_guard ? 1 : 0;
  facts.boot_limit_ms = terms.boot_limit.count();
  facts.create_limit_ms = terms.timing.create_limit.count();
  facts.list_lag_ms = terms.timing.list_lag.count();
  facts.destroy_delay_ms = terms.timing.destroy_delay.count();
  facts.reads = terms.timing.reads;
  facts.read_spacing_ms = terms.timing.read_spacing.count();
}

void EndRental(StepContext& context, Rental& rental) {
  rental.ending = true;
  LookSoon(context, rental.terms.timing.read_spacing.count());
  SendDestroy(context, rental);
}

namespace {

void RecallAgain(StepContext& context) {
  RunState& state = context.state();
  if (state.phase != Phase::kFetching || !state.recalling) return;
  if (context.boot() < state.next_ask_ms) return;
  if (!context.IsPending(EffectKind::kFetch, state.current))
    context.Add(EffectKind::kFetch, state.current);
}

}  // namespace

void DoWhatIsDue(StepContext& context) {
  RunState& state = context.state();
  if (state.phase == Phase::kDeciding && context.boot() >= state.next_ask_ms &&
      !context.IsPending(EffectKind::kDecide)) {
    AskForDecision(context);
  }
  WatchCurrent(context);
  RecallAgain(context);
  BringHome(context);
  for (Rental& rental : state.rentals) {
    if (rental.ending && context.boot() >= rental.next_destroy_ms) SendDestroy(context, rental);
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
    case EventKind::kLookFailed: LookAgain(context); return true;
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
      context.state().next_keep_ms = context.boot() + kMinute;
      return true;
    case EventKind::kConnected: Connected(context); return true;
    case EventKind::kDisconnected:
      context.state().connected = false;
      context.state().cut_ms = context.boot();
      LookSoon(context, 0);
      return true;
    case EventKind::kAgentReport: AgentReport(context); return true;
    case EventKind::kUserAsked: UserAsked(context); return true;
    case EventKind::kHandedOver: HandedOver(context); return true;
    case EventKind::kTick:
      MeterAll(context);
      CheckLimit(context);
      return true;
    default: return false;
  }
}

namespace {

// When WatchCurrent will have something to judge, were nothing to happen before.
int64_t JudgementAt(const RunState& state) {
  const Rental* rental = FindRental(state, state.current);
  if (rental == nullptr || IsCutOff(state)) return kNoWake;
  const auto in_boot_time = [&](int64_t time) {
    return time - state.timeline.now_ms + state.timeline.boot_ms;
  };
  switch (state.phase) {
    case Phase::kSaving:
    case Phase::kParking: return state.phase_since_ms + kSaveLimit;
    case Phase::kParked: return in_boot_time(rental->paused_ms + kParkTime);
    case Phase::kWarm:
      return std::min(in_boot_time(state.warm_until_ms),
                      state.next_ask_ms != 0 ? state.next_ask_ms : kNoWake);
    case Phase::kFetching:
      return HasPending(state, EffectKind::kFetch) ? kNoWake : state.next_ask_ms;
    case Phase::kWorking:
      if (DecidesOnLease(state)) return in_boot_time(LeaseEnd(*rental));
      return std::min(
          {std::max(in_boot_time(LeaseEnd(*rental) - LeaseMargin(*rental)), state.next_ask_ms),
           in_boot_time(LeaseEnd(*rental)),
           AsksPolicy(state) ? std::max(state.next_policy_ms, state.timeline.boot_ms) : kNoWake});
    default: return kNoWake;
  }
}

}  // namespace

// What waits for an outcome is not waited for by the clock.
int64_t WakeAt(const RunState& state) {
  int64_t wake = kNoWake;
  const auto at = [&](int64_t time, EffectKind kind, int64_t rental = 0) {
    if (time < wake && !HasPending(state, kind, rental)) wake = time;
  };
  // A look that stays out is no reason to sleep on.
  if (!HasPending(state, EffectKind::kLook)) wake = state.next_look_ms;
  else if (state.next_look_ms != kNoWake) wake = state.next_look_ms + kLongestLook;
  if (state.phase == Phase::kDeciding) at(state.next_ask_ms, EffectKind::kDecide);
  if (state.phase == Phase::kFetching && state.recalling)
    at(state.next_ask_ms, EffectKind::kFetch, state.current);
  if (BringsHome(state)) at(state.next_keep_ms, EffectKind::kKeep);
  const int64_t judged = JudgementAt(state);
  if (judged != kNoWake)
    wake = std::min(wake, std::max(judged, ReachesOutSince(state) + kHearFirst));
  for (const Rental& rental : state.rentals) {
    if (!rental.ending || rental.machine.empty()) continue;
    at(rental.next_destroy_ms, EffectKind::kDestroy, rental.number);
  }
  return wake;
}

BirthOrder BirthOrderOf(const AwayTerms& terms, const Rental& rental, Plants plants) {
  BirthOrder order;
  order.at_end = DecideAtEnd(terms.at_end, {false, terms.named_place}, {}).does;
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
  situation.keep = Millis(std::max(state.terms.keep_ms, state.terms.keep_on_failure_ms));
  situation.spot = state.terms.spot;
  // A supervisor decides, so home is there now; will it be when the work has to be brought?
  const bool stays = !state.terms.detached || plants.Has(Plant::kHomeCountedWithLidClosed);
  situation.places = {stays, state.terms.named_place};
  situation.blocked_offers = state.blocked_offers;
  if (state.terms.deadline_ms != 0) {
    const int64_t left = state.deadline_at_ms == 0 ? state.terms.deadline_ms
                                                   : state.deadline_at_ms - state.timeline.now_ms;
    situation.deadline_left = Millis(left);
  }
  situation.bids_first = state.terms.bids_first;
  situation.is_last_chance = state.idle_machines + 1 >= kMostIdleMachines;
  situation.spot_lived = Millis(state.spot_lived_ms);
  situation.spot_losses = state.spot_losses;
  const Rental* rental = FindRental(state, state.current);
  if (rental != nullptr && state.phase == Phase::kWorking) {
    situation.held = HeldMachine{rental->terms, Millis(rental->lease_ms),
                                 Millis(LeaseEnd(*rental) - state.timeline.now_ms), rental->spot,
                                 std::max(rental->reserve - rental->accrued, MicroUsd())};
    situation.lease_is_due =
        rental->taken || state.timeline.now_ms >= LeaseEnd(*rental) - LeaseMargin(*rental);
  }
  return situation;
}

}  // namespace curbstop
