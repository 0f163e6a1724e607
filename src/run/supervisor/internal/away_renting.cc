// Away: which machine, its money, and making it.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "run/supervisor/internal/away.h"
#include "run/supervisor/internal/step.h"

namespace curbstop {
namespace away {
namespace {

// ": 2.10 USD more than is left".
std::string ShortText(const StepContext& context) {
  const MicroUsd missing(context.event.data.IntOr("short_micro_usd", 0));
  return missing > MicroUsd() ? fmt::format(": {} USD more than is left", UsdTextUp(missing)) : "";
}

// "; vast refuses: no credit": of accounts whose offers were not looked at.
std::string RefusalsText(const StepContext& context) {
  std::string text;
  for (const AccountView& account : context.state().accounts) {
    if (account.refuses.empty()) continue;
    const std::string who = account.name.empty() ? "the first account" : account.name;
    text += fmt::format("; {} refuses: {}", who, account.refuses);
  }
  return text;
}

std::string StopReason(const StepContext& context) {
  switch (static_cast<DecisionReason>(context.event.facts.reason)) {
    case DecisionReason::kNoMoney:
      return "no offer's worst case fits what caps and plan leave" + ShortText(context);
    case DecisionReason::kWorkCannotSurvive:
      return "only spot machines are left, and no place would keep the work";
    case DecisionReason::kCannotBoth:
      return "no machine on sale does the rest within both the deadline and the caps; what is safe "
             "is kept";
    default: return "no offer meets the needs" + RefusalsText(context);
  }
}

// Why a machine that works is saved and left.
std::string DrainReason(DecisionReason reason) {
  switch (reason) {
    case DecisionReason::kSteadyIsBetter: return "the rest costs less on demand";
    case DecisionReason::kCheaperElsewhere: return "the rest costs less elsewhere";
    default: return "the lease ends, and there is no money for more time";
  }
}

// Every reason of the plain rule comes before those of the deadline's policy.
bool IsOfPolicy(DecisionReason reason) { return reason >= DecisionReason::kDeadlineHeld; }

// Another place may have what this run was not to have.
void EndForLackOfMachine(StepContext& context, const std::string& why) {
  context.state().exit_code = 1;
  context.state().lacks_machine = true;
  context.Close(Phase::kFailed, why);
}

// A decision on the machine that works.
void DecidedAtWork(StepContext& context) {
  RunState& state = context.state();
  const auto reason = static_cast<DecisionReason>(context.event.facts.reason);
  switch (static_cast<DecisionKind>(context.event.facts.decision)) {
    case DecisionKind::kDrain:
      if (!IsOfPolicy(reason) && HasTime(context)) return;
      return Drain(context, DrainReason(reason));
    case DecisionKind::kStop:
      if (reason != DecisionReason::kCannotBoth) return;
      state.exit_code = 1;
      state.lacks_machine = true;
      return Save(context, Phase::kFailed, StopReason(context));
    case DecisionKind::kExtend:
      if (DecidesOnLease(state)) return;  // one at a time: reserve and lease belong together
      state.proposal = context.event.facts;
      if (context.plants.Has(Plant::kExtendBeforeReserve)) {
        context.Add(EffectKind::kExtend, state.current);
      }
      return context.Add(EffectKind::kAdmit, state.current);
    default: return;
  }
}

// The deadline runs by the provider's clock, from the first decision on.
void StartDeadline(StepContext& context) {
  RunState& state = context.state();
  if (state.terms.deadline_ms == 0 || state.deadline_at_ms != 0) return;
  if (state.timeline.trusted) state.deadline_at_ms = context.now() + state.terms.deadline_ms;
}

SeenMachine SeenIn(const Facts& facts) {
  return {facts.machine, facts.rental, false, facts.micro_usd_per_hour,
          facts.date_ms, facts.account};
}

void OpenRental(StepContext& context) {
  RunState& state = context.state();
  Rental rental;
  rental.number = ++state.rentals_made;
  rental.account = state.proposal.account;
  rental.offer = state.proposal.offer;
  rental.terms = TermsOf(state.proposal);
  rental.spot = state.proposal.spot != 0;
  rental.interval_ms = state.proposal.interval_ms;
  rental.lease_ms = rental.reserved_lease_ms = state.proposal.lease_ms;
  rental.opened_ms = rental.lease_from_ms = rental.metered_ms = context.now();
  TakeReserve(context, rental, MicroUsd(state.proposal.reserve_micro_usd));
  SettlesAt(context, rental.account, ListedFrom(rental));
  state.rentals.push_back(std::move(rental));
  state.current = state.rentals_made;
  state.connected = false;
  state.last_checkpoint.clear();
  state.work_at_rent_ms = state.safe_work_ms;
  state.written_work_ms = 0;  // nothing is on this machine yet
  context.Enter(Phase::kCreating);
  context.Add(EffectKind::kCreate, state.current);
}

}  // namespace

// Money that buys no progress is not spent for ever, however often a lease ends in good order.
void DecideAfterMachine(StepContext& context) {
  RunState& state = context.state();
  state.idle_machines = state.safe_work_ms > state.work_at_rent_ms ? 0 : state.idle_machines + 1;
  if (state.idle_machines < kMostIdleMachines) return AskForDecision(context);
  state.exit_code = 1;
  context.Close(Phase::kFailed, fmt::format("{} machines in a row brought the work no further",
                                            state.idle_machines));
}

void AskForDecision(StepContext& context) {
  if (context.state().cancel_asked)
    return context.Close(Phase::kCancelled, "cancelled by the user");
  // Whoever merely looked after it (`ps`) was not asked to spend.
  if (!context.state().can_restart) {
    context.state().exit_code = 1;
    return context.Close(Phase::kCrashed,
                         "its processes went down; `curbstop run` goes on from its "
                         "checkpoints");
  }
  if (context.state().phase != Phase::kDeciding) context.Enter(Phase::kDeciding);
  context.Add(EffectKind::kDecide);
}

void Decided(StepContext& context) {
  RunState& state = context.state();
  const Facts& facts = context.event.facts;
  const auto kind = static_cast<DecisionKind>(facts.decision);
  StartDeadline(context);
  if (state.phase == Phase::kWorking) return DecidedAtWork(context);
  if (state.phase != Phase::kDeciding) return;
  if (kind == DecisionKind::kRent) {
    state.proposal = facts;
    context.Enter(Phase::kAdmitting);
    return context.Add(EffectKind::kAdmit);
  }
  if (kind == DecisionKind::kHome)
    return EndForLackOfMachine(context, "the rest is done for less on this computer, in time");
  if (kind == DecisionKind::kWait) {
    state.reason = "waits for a spot machine: the deadline leaves time";
    state.next_ask_ms = context.boot() + std::max(facts.lease_ms, kMinute);
    return;
  }
  const auto reason = static_cast<DecisionReason>(facts.reason);
  const bool holds_more = reason == DecisionReason::kNoMoney && !state.rentals.empty();
  const bool may_change = reason == DecisionReason::kNoOffer || holds_more;
  if (may_change && context.boot() - state.phase_since_ms < kMarketPatience) {
    state.reason = holds_more ? "waits until the machine before is seen gone: its reserve is held"
                              : "waits for an offer";
    state.next_ask_ms = context.boot() + kMinute;
    return;
  }
  EndForLackOfMachine(context, StopReason(context));
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
  rental->reserved_lease_ms = std::max(rental->reserved_lease_ms, state.proposal.lease_ms);
  context.Add(parks ? EffectKind::kPause : EffectKind::kMark, rental->number);
}

void Refused(StepContext& context) {
  RunState& state = context.state();
  if (state.phase == Phase::kAdmitting) {
    return EndForLackOfMachine(context, "its reserve would cross a cap" + ShortText(context));
  }
  // No money for more time: the lease's end comes by itself, the work is saved before it.
  if (state.phase == Phase::kWorking && !HasTime(context))
    Drain(context, "the lease ends, and a cap forbids more time");
  if (state.phase == Phase::kParking) {
    context.Close(Phase::kCancelled, "saved; a cap forbids to keep the disk");
  }
}

// A create that came to nothing, for certain: the next offer.
void NothingMade(StepContext& context, int64_t number, const std::string& why) {
  RunState& state = context.state();
  CloseRental(context, number);
  if (state.current != 0) return;  // another one is asked for already
  if (!IsOneOf(state.phase, {Phase::kCreating, Phase::kSearching})) return;
  state.reason = why;
  if (++state.refusals < kMostRefusals) return AskForDecision(context);
  EndForLackOfMachine(context, "no provider made a machine: " + why);
}

// Another offer of that account would be refused as well: a person has to act. Another account may
// do better.
void HopelesslyRefused(StepContext& context, int64_t number) {
  RunState& state = context.state();
  if (const Rental* rental = ByNumber(context, number))
    ViewOf(context, rental->account).refuses = context.Text("error");
  const auto off = std::ranges::count_if(
      state.accounts, [](const AccountView& one) { return !one.refuses.empty(); });
  if (off < state.terms.accounts) return NothingMade(context, number, context.Text("error"));
  CloseRental(context, number);
  if (!IsOneOf(context.state().phase, {Phase::kCreating, Phase::kSearching})) return;
  EndForLackOfMachine(context, "the provider refuses: " + context.Text("error"));
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
  stray.reserved_lease_ms = meant != nullptr ? meant->reserved_lease_ms : state.proposal.lease_ms;
  stray.terms.billing.per_hour = MicroUsd(seen.micro_usd_per_hour);
  stray.number = ++state.rentals_made;
  stray.machine = seen.machine;
  stray.account = seen.account;
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
  AddStray(context, SeenIn(facts));
}

void CreateRefused(StepContext& context) {
  const Facts& facts = context.event.facts;
  Rental* rental = ByNumber(context, facts.rental);
  // Some providers answer an error and make a machine all the same.
  const bool is_made =
      !facts.machine.empty() && !context.plants.Has(Plant::kMachineInRefusalIgnored);
  const std::string refusal = context.Text("refusal");
  if (!is_made && rental != nullptr && refusal == "next_offer")
    context.state().blocked_offers.push_back(rental->offer);
  const bool is_hopeless = refusal == "fix_request" || refusal == "provider_off";
  if (!is_made && is_hopeless) return HopelesslyRefused(context, facts.rental);
  if (!is_made) return NothingMade(context, facts.rental, context.Text("error"));
  if (rental == nullptr) return AddStray(context, SeenIn(facts));
  rental->machine = facts.machine;
  GiveUpCurrent(context, context.Text("error"));
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

}  // namespace away
}  // namespace curbstop
