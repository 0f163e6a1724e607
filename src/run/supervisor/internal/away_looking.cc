// Away: what a listing shows, and ending machines until none does.
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "run/supervisor/internal/away.h"
#include "run/supervisor/internal/step.h"

namespace curbstop {
namespace away {
namespace {

// When the account's listing was made, by its clock: it may have been long on its way. Empty: it
// did not answer, or was not asked.
std::optional<int64_t> ListedAt(const StepContext& context, const std::string& account) {
  const Facts& facts = context.event.facts;
  const auto listed = std::ranges::find(facts.listed, account, &ListedAccount::account);
  const bool is_known = listed != facts.listed.end() && listed->date_ms != 0;
  const bool is_silent = !facts.listed.empty() && !is_known;
  if (is_silent && !context.plants.Has(Plant::kSilentAccountIsEmpty)) return std::nullopt;
  const int64_t date = is_known ? listed->date_ms : facts.date_ms;
  return date != 0 ? std::min(date, context.now()) : context.now();
}

bool Is(const SeenMachine& seen, const Rental& rental) {
  return seen.machine == rental.machine && seen.account == rental.account;
}

void Missed(StepContext& context, int64_t number, int64_t listed_ms) {
  Rental& rental = *ByNumber(context, number);
  const ProviderTiming& timing = rental.terms.timing;
  const bool single_read = context.plants.Has(Plant::kSingle404IsGone);
  // Before a listing has to show it, that it does not says nothing.
  const bool may_lag = rental.seen_ms == 0 && listed_ms < ListedFrom(rental);
  if (may_lag && !context.plants.Has(Plant::kListLagIgnored)) return;
  if (rental.missed_reads == 0 || listed_ms - rental.missed_at_ms >= timing.read_spacing.count()) {
    ++rental.missed_reads;
    rental.missed_at_ms = listed_ms;
  }
  if (rental.missed_reads < (single_read ? 1 : timing.reads)) return;
  if (rental.machine.empty() && !rental.ending) {
    return NothingMade(context, number, "the provider made no machine");
  }
  const bool was_current = number == context.state().current;
  if (was_current && rental.spot) ++context.state().spot_losses;
  CloseRental(context, number);
  if (was_current) Lost(context, number, "its machine is gone");
}

// Its provider stopped it: the disk bills on, and it may come back by itself.
void SeenPaused(StepContext& context, Rental& rental) {
  if (rental.paused) return;
  Meter(context, rental);
  rental.paused = true;
  rental.paused_ms = context.now();
  if (rental.ending || context.state().phase == Phase::kParking) return;
  const int64_t number = rental.number;
  const bool was_current = number == context.state().current;
  if (was_current && rental.spot) ++context.state().spot_losses;
  if (context.plants.Has(Plant::kPausedIsGone)) {
    CloseRental(context, number);
  } else {
    EndRental(context, rental);
  }
  if (was_current) Lost(context, number, "its machine was interrupted");
}

void SeenRunning(StepContext& context, Rental& rental) {
  if (!rental.paused) return;
  rental.paused = false;  // it came back by itself: DueAt counts all its time as running
  Meter(context, rental);
  if (!rental.ending) EndRental(context, rental);
}

void Seen(StepContext& context, const SeenMachine& seen) {
  const bool is_handed = seen.machine == context.state().handed_machine &&
                         seen.account == context.state().handed_account;
  if (is_handed && !context.plants.Has(Plant::kHandedOverEnded)) return;
  std::vector<Rental>& rentals = context.state().rentals;
  auto found =
      std::ranges::find_if(rentals, [&](const Rental& rental) { return Is(seen, rental); });
  if (found == rentals.end()) {
    found = std::ranges::find_if(rentals, [&](const Rental& rental) {
      return rental.machine.empty() && rental.number == seen.rental &&
             rental.account == seen.account;
    });
  }
  if (found == rentals.end()) {
    const bool trusts = context.plants.Has(Plant::kPanicTrustsJournal) && context.state().panicked;
    if (trusts || context.plants.Has(Plant::kSweepByDatabaseOnly)) return;
    return AddStray(context, seen);
  }
  found->missed_reads = 0;
  found->seen_ms = std::max(found->seen_ms, ListedAt(context, seen.account).value_or(0));
  if (found->machine.empty()) {
    return MachineKnown(context, *found, seen.machine, seen.micro_usd_per_hour);
  }
  if (PriceRose(context, *found, seen.micro_usd_per_hour) && !found->ending) {
    const bool is_current = found->number == context.state().current;
    if (is_current && context.state().phase == Phase::kWarm) return EndWarm(context);
    if (is_current) return Drain(context, "its price rose");
  }
  seen.paused ? SeenPaused(context, *found) : SeenRunning(context, *found);
}

}  // namespace

namespace {

// Its agent may have done more than was heard: what it left at the named place is heard first.
void Recall(StepContext& context, int64_t number) {
  RunState& state = context.state();
  state.current = number;
  state.recalling = true;
  context.Enter(Phase::kFetching);
  if (!context.IsPending(EffectKind::kFetch, state.current))
    context.Add(EffectKind::kFetch, state.current);
}

}  // namespace

void RecallIsOver(RunState& state) {
  state.recalling = false;
  state.current = 0;
}

// A machine that had work in it, and left none that is done.
void GoOnWithout(StepContext& context) {
  RunState& state = context.state();
  RecallIsOver(state);
  if (++state.machines_lost < kMostLostMachines) return DecideAfterMachine(context);
  state.exit_code = 1;
  context.Close(Phase::kFailed, "its machines were lost too often");
}

// The machine that the step ran on is gone without our doing.
void Lost(StepContext& context, int64_t number, const std::string& why) {
  RunState& state = context.state();
  state.current = 0;
  if (state.phase == Phase::kWarm) return EndWarm(context);
  if (state.phase >= Phase::kCommitting || state.phase == Phase::kCreated) return;
  const bool was_leaving = IsOneOf(state.phase, {Phase::kSaving, Phase::kParking, Phase::kParked});
  if (was_leaving && state.verdict != Phase::kDeciding) {
    return context.Close(state.verdict, state.reason);
  }
  state.reason = why;
  // A booting one may have begun to work: a journal can lose the word of it.
  const bool may_have_worked = WorksOnMachine(state.phase) || state.phase == Phase::kBooting;
  const bool has_place = state.terms.named_place && !context.plants.Has(Plant::kNamedPlaceNotRead);
  if (may_have_worked && has_place) return Recall(context, number);
  WorksOnMachine(state.phase) ? GoOnWithout(context) : DecideAfterMachine(context);
}

namespace {

// What an account that did not answer does not show says nothing.
void CountMissing(StepContext& context) {
  std::vector<std::pair<int64_t, int64_t>> missing;  // rental, and when it was not listed
  for (const Rental& rental : context.state().rentals) {
    const bool there = std::ranges::any_of(
        context.event.facts.seen, [&](const SeenMachine& seen) { return Is(seen, rental); });
    const std::optional<int64_t> listed_ms = ListedAt(context, rental.account);
    if (!there && listed_ms) missing.emplace_back(rental.number, *listed_ms);
  }
  for (const auto& [number, listed_ms] : missing) Missed(context, number, listed_ms);
}

void NoteAccount(StepContext& context, AccountView& account) {
  const std::vector<ListedAccount>& listed = context.event.facts.listed;
  const auto found = std::ranges::find(listed, account.name, &ListedAccount::account);
  if (!listed.empty() && found == listed.end()) return;  // not asked
  if (const std::optional<int64_t> listed_ms = ListedAt(context, account.name)) {
    account.looked_ms = *listed_ms;
    if (std::exchange(account.failed_looks, 0) != 0) account.answers_since_ms = context.boot();
  } else {
    ++account.failed_looks;
  }
}

}  // namespace

void Looked(StepContext& context) {
  RunState& state = context.state();
  MeterAll(context);
  for (const SeenMachine& machine : context.event.facts.seen) Seen(context, machine);
  CountMissing(context);
  if (state.failed_looks != 0) state.awake_since_ms = context.boot();
  state.failed_looks = 0;
  for (AccountView& account : state.accounts) NoteAccount(context, account);
  state.heard_ms = context.boot();
  state.next_look_ms = kNoWake;
}

void SendDestroy(StepContext& context, Rental& rental) {
  if (rental.machine.empty() || context.IsPending(EffectKind::kDestroy, rental.number)) return;
  if (rental.destroys > 0 && context.plants.Has(Plant::kDestroyTriedOnce)) return;
  // While nothing gets out it is tried less and less often, as looking is.
  const bool is_silent =
      context.state().failed_looks != 0 || ViewOf(context, rental.account).failed_looks != 0;
  const int64_t longest = is_silent ? 5 * kMinute : kMinute;
  const int64_t wait = std::min(longest, kSecond << std::min<int64_t>(rental.destroys, 10));
  ++rental.destroys;
  rental.next_destroy_ms = context.boot() + wait;
  context.Add(EffectKind::kDestroy, rental.number);
}

void DestroyAnswered(StepContext& context) {
  Rental* rental = ByNumber(context, context.event.facts.rental);
  if (rental == nullptr) return;
  LookSoon(context, rental->terms.timing.read_spacing.count());
  if (context.event.kind == EventKind::kDestroyFailed) return;
  rental->next_destroy_ms = context.boot() + rental->terms.timing.destroy_delay.count();
  if (context.plants.Has(Plant::kDestroyAcceptedIsGone)) CloseRental(context, rental->number);
}

}  // namespace away
}  // namespace curbstop
