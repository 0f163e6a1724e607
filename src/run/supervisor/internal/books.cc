// The money of rented machines: reserved before they are made, metered while they may exist, given
// back when they are seen gone.
#include <algorithm>

#include "market/billing.h"
#include "run/supervisor/internal/step.h"

namespace curbstop {
namespace {

BillingRule RuleOf(const Rental& rental, Plants plants) {
  BillingRule rule = rental.terms.billing;
  if (plants.Has(Plant::kMinimumForgotten)) rule.minimum = Millis(0);
  if (plants.Has(Plant::kGrainForgotten)) rule.grain = Millis(1);
  if (plants.Has(Plant::kFixedForgotten)) rule.fixed = MicroUsd(0);
  if (plants.Has(Plant::kPausedDiskForgotten) && rental.paused) rule.disk_per_hour = MicroUsd(0);
  return rule;
}

MicroUsd DueFor(const Rental& rental, int64_t runs_until_ms, int64_t exists_until_ms,
                Plants plants) {
  const BillingRule rule = RuleOf(rental, plants);
  const Millis existing(std::max<int64_t>(exists_until_ms - rental.opened_ms, 0));
  Millis running(std::max<int64_t>(runs_until_ms - rental.opened_ms, 0));
  if (rental.paused) running = Millis(rental.paused_ms - rental.opened_ms);
  if (plants.Has(Plant::kLedgerRoundsDown)) {
    running = running / rule.grain.count() * rule.grain.count();
  }
  return Charge(rule, running, existing);
}

// Play money never counts in a cap.
LedgerClass ClassOf(const StepContext& context) {
  return context.state().terms.practice ? LedgerClass::kPractice : LedgerClass::kRent;
}

// Nobody has seen it since: it ran for as long as its lease lets it at most. When it is seen again
// after that, all the time counts.
int64_t RanUntil(const Rental& rental, int64_t now_ms) {
  const Millis longest = LongestLife(rental.terms, Millis(rental.reserved_lease_ms));
  return std::min(now_ms, std::max(rental.seen_ms, rental.opened_ms + longest.count()));
}

}  // namespace

MicroUsd DueAt(const Rental& rental, int64_t now_ms, Plants plants) {
  return DueFor(rental, now_ms, now_ms, plants);
}

void TakeReserve(StepContext& context, Rental& rental, MicroUsd amount) {
  rental.reserve += amount;
  context.Book(LedgerKind::kReserve, ClassOf(context), amount, context.now(), context.now(),
               rental.terms.billing.per_hour, rental.offer, rental.number);
}

void Meter(StepContext& context, Rental& rental) {
  const int64_t ran = RanUntil(rental, context.now());
  // Interrupted before its lease's end, its disk is kept by nobody's leave.
  const int64_t existed = rental.terms.may_pause || rental.paused ? context.now() : ran;
  const MicroUsd due = DueFor(rental, ran, existed, context.plants);
  if (due <= rental.accrued) return;
  context.Book(LedgerKind::kAccrue, ClassOf(context), due - rental.accrued, rental.metered_ms,
               existed, rental.terms.billing.per_hour, rental.offer, rental.number);
  rental.accrued = due;
  rental.metered_ms = existed;
}

void MeterAll(StepContext& context) {
  for (Rental& rental : context.state().rentals) Meter(context, rental);
}

void CloseRental(StepContext& context, int64_t number) {
  std::vector<Rental>& rentals = context.state().rentals;
  const auto rental = std::ranges::find(rentals, number, &Rental::number);
  if (rental == rentals.end()) return;
  Meter(context, *rental);
  if (rental->spot && !rental->machine.empty())
    context.state().spot_lived_ms += std::max<int64_t>(context.now() - rental->opened_ms, 0);
  context.Book(LedgerKind::kRelease, ClassOf(context), rental->reserve, context.now(),
               context.now(), rental->terms.billing.per_hour, rental->offer, rental->number);
  std::erase_if(context.state().pending,
                [number](const Effect& effect) { return effect.rental == number; });
  rentals.erase(rental);
  if (context.state().current == number) context.state().current = 0;
}

MicroUsd ShortOf(const Caps& caps, MicroUsd reserve, Plants plants) {
  if (plants.Has(Plant::kCapCheckedAfterCreate)) return {};
  return MissingUnder(caps, reserve);
}

MicroUsd SpentAndHeld(const RunState& state) {
  MicroUsd sum = state.spent;
  for (const Rental& rental : state.rentals) {
    sum += std::max(rental.reserve - rental.accrued, MicroUsd());
  }
  return sum;
}

const AccountView* FindAccountView(const RunState& state, std::string_view account) {
  const auto found = std::ranges::find(state.accounts, account, &AccountView::name);
  return found == state.accounts.end() ? nullptr : &*found;
}

bool IsLookedAt(const RunState& state, const AccountView& account) {
  return account.looked_ms < account.settled_ms ||
         std::ranges::find(state.rentals, account.name, &Rental::account) != state.rentals.end();
}

const Rental* FindRental(const RunState& state, int64_t number) {
  const auto found = std::ranges::find(state.rentals, number, &Rental::number);
  return found == state.rentals.end() ? nullptr : &*found;
}

}  // namespace curbstop
