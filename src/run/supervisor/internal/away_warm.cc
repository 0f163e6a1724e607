// Away: a machine whose run is decided stays for a while, for the next run or for a person to look
// at; and a run that begins with such a machine.
#include <algorithm>

#include "run/supervisor/internal/away.h"
#include "run/supervisor/internal/step.h"

namespace curbstop {
namespace away {
namespace {

constexpr int64_t kShortestStay = 10 * kSecond;

// As it was wished for; 0: not at all.
int64_t StaysFor(const RunState& state, Phase verdict) {
  if (state.cancel_asked || state.park_asked) return 0;
  if (verdict == Phase::kSucceeded) return state.terms.keep_ms;
  return verdict == Phase::kFailed && state.step_failed ? state.terms.keep_on_failure_ms : 0;
}

// No longer than its lease, which is in reserve. 0: it cannot stay. The current rental has a
// machine that runs: one that is paused or being ended is current no more.
int64_t StaysUntil(const StepContext& context, const Rental& rental, Phase verdict) {
  const Millis asked(StaysFor(context.state(), verdict));
  const int64_t wanted = context.now() + LongestKeep(rental.terms, asked).count();
  if (context.plants.Has(Plant::kKeptWithoutReserve) && asked.count() != 0) return wanted;
  const int64_t until = std::min(wanted, LeaseEnd(rental));
  return until - context.now() < kShortestStay ? 0 : until;
}

void Stay(StepContext& context, const Rental& rental, int64_t until_ms) {
  RunState& state = context.state();
  state.warm_until_ms = until_ms;
  state.ended_at_ms = context.event.at_ms;
  context.Enter(Phase::kWarm);
  context.Add(EffectKind::kTellAgent, rental.number,
              Json::MakeObject({{"what", "release"}, {"keep", true}}));
  ShortenLease(context);
}

}  // namespace

// Its lease ends when it is to be ended, so that it ends by itself then. Where that cannot be
// written it ends by its old one at the latest, which is in reserve.
void ShortenLease(StepContext& context) {
  RunState& state = context.state();
  const Rental* rental = Current(context);
  state.next_ask_ms = kNoWake;
  if (rental == nullptr || DecidesOnLease(state)) return;
  const int64_t lease_ms = state.warm_until_ms - rental->lease_from_ms;
  const bool is_longer = context.plants.Has(Plant::kKeptWithoutReserve);
  // A clock that was wrong when the machine was first heard makes no lease.
  if (lease_ms <= 0 || (lease_ms >= rental->lease_ms && !is_longer)) return;
  state.proposal.lease_ms = lease_ms;
  context.Add(EffectKind::kExtend, rental->number);
}

// Tried again, for as long as it stays.
void LeaseNotShortened(StepContext& context) {
  RunState& state = context.state();
  const int64_t waited = context.boot() - state.phase_since_ms;
  state.next_ask_ms = context.boot() + std::clamp(waited, kSecond, kMinute);
}

void LeaseShortened(StepContext& context, Rental& rental) {
  rental.lease_ms = std::min(rental.lease_ms, context.state().proposal.lease_ms);
  context.Add(EffectKind::kMark, rental.number);
}

// Taken, asked for, gone, or its time is over.
void EndWarm(StepContext& context) {
  const RunState& state = context.state();
  context.Close(state.verdict, state.reason);
}

// What it cost until now is ours, from now on it is the other run's: each has its ledger entry, and
// the other one's meter begins at the very moment at which ours ends. A listing may show it with
// our mark for a moment; it is not ours to end.
void HandedOver(StepContext& context) {
  const Rental* rental = Current(context);
  if (context.state().phase != Phase::kWarm || rental == nullptr) return;
  context.state().handed_machine = rental->machine;
  context.state().handed_account = rental->account;
  CloseRental(context, rental->number);
  EndWarm(context);
}

}  // namespace away

using namespace away;

namespace {

constexpr int64_t kShortestLeft = kMinute;  // to reach the machine and ask for more time

}  // namespace

void CloseOrStay(StepContext& context, Phase verdict, std::string reason) {
  RunState& state = context.state();
  const Rental* current = Current(context);
  const int64_t until = current == nullptr ? 0 : StaysUntil(context, *current, verdict);
  if (until == 0) return context.Close(verdict, std::move(reason));
  for (Rental& rental : state.rentals) {
    if (rental.number != state.current && !rental.ending) EndRental(context, rental);
  }
  context.Conclude(verdict, std::move(reason));
  Stay(context, *current, until);
  if (context.plants.Has(Plant::kKeptIsOffTheBooks)) CloseRental(context, state.current);
}

// Its clock is that of the run before, so that no time is paid by nobody; what a machine costs but
// once has been paid.
void TakeMachine(StepContext& context) {
  RunState& state = context.state();
  const Facts& facts = context.event.facts;
  state.proposal = facts;
  state.taken_from = context.Text("takes_from");
  Rental rental;
  rental.number = ++state.rentals_made;
  rental.machine = facts.machine;
  rental.account = facts.account;
  rental.offer = facts.offer;
  rental.terms = TermsOf(facts);
  rental.spot = rental.terms.may_pause = context.event.data.BoolOr("takes_spot", false);
  rental.taken = true;
  rental.interval_ms = facts.interval_ms;
  rental.lease_ms = rental.reserved_lease_ms = facts.lease_ms;
  rental.opened_ms = rental.lease_from_ms = rental.metered_ms = context.now();
  TakeReserve(context, rental, MicroUsd(facts.reserve_micro_usd));
  SettlesAt(context, rental.account, ListedFrom(rental));
  state.rentals.push_back(std::move(rental));
  state.current = state.rentals_made;
}

int64_t NowOf(const RunState& state, int64_t boot_ms) {
  return state.timeline.now_ms + std::max<int64_t>(boot_ms - state.timeline.boot_ms, 0);
}

std::string WhyNotTaken(const RunState& state, int64_t now_ms) {
  const Rental* rental = FindRental(state, state.current);
  if (state.phase != Phase::kWarm || rental == nullptr) return "it is not kept any more";
  const bool keeps_own_lease = rental->terms.grade == LeaseGrade::kA;
  if (keeps_own_lease) return "its provider keeps a lease of its own";
  const bool is_busy = std::ranges::any_of(
      state.pending, [](const Effect& effect) { return effect.kind != EffectKind::kLook; });
  if (!state.record_finished || state.rentals.size() != 1 || is_busy)
    return std::string(kStillBusy);
  if (rental->paused || rental->missed_reads != 0) return "the provider does not show it running";
  const AccountView* account = FindAccountView(state, rental->account);
  if (account != nullptr && account->failed_looks != 0) return "its provider does not answer";
  if (!state.timeline.trusted) return "its provider has not been heard since this computer started";
  if (LeaseEnd(*rental) > state.warm_until_ms) return "its lease could not be set anew";
  return LeaseEnd(*rental) - now_ms < kShortestLeft ? "its time is nearly over" : "";
}

Taking TakingOf(const RunState& state, int64_t now_ms) {
  const Rental& rental = *FindRental(state, state.current);
  return {.machine = rental.machine,
          .account = rental.account,
          .offer = rental.offer,
          .spot = rental.spot,
          .terms = rental.terms,
          .lease_ms = LeaseEnd(rental) - now_ms,
          .interval_ms = rental.interval_ms};
}

namespace {

LeaseTerms TermsToTake(const Taking& taking) {
  LeaseTerms terms = taking.terms;
  terms.billing.fixed = MicroUsd();
  terms.billing.minimum = Millis(0);
  return terms;
}

}  // namespace

MicroUsd ReserveToTake(const Taking& taking) {
  return ReserveFor(TermsToTake(taking), Millis(taking.lease_ms));
}

// That event has a `spot` of its own, which is what the user wishes for.
void BeginWith(const Taking& taking, int64_t now_ms, Event& created) {
  created.data.Set("takes_spot", taking.spot);
  Facts& facts = created.facts;
  FillTerms(facts, TermsToTake(taking));
  facts.machine = taking.machine;
  facts.account = taking.account;
  facts.offer = taking.offer;
  facts.lease_ms = taking.lease_ms;
  facts.interval_ms = taking.interval_ms;
  facts.reserve_micro_usd = ReserveToTake(taking).value();
  facts.date_ms = now_ms;
}

// From now on it carries this run's mark.
void BootTaken(StepContext& context) {
  RunState& state = context.state();
  context.Enter(Phase::kBooting);
  context.Add(EffectKind::kMark, state.current);
  LookSoon(context, 0);
}

}  // namespace curbstop
