#include "run/simulate/watch.h"

#include <algorithm>

#include <fmt/format.h>

#include "market/billing.h"
#include "run/supervisor/supervisor.h"

namespace curbstop {
namespace {

constexpr int64_t kTellMs = 600'000;  // from a create to the end of what turned out too dear

constexpr int64_t kDrainMs = 2'700'000;  // from a lowered cap to the end: noticed, saved, ended

// What so much more time costs at most: a last grain may be begun in it.
int64_t CostOfTime(const ModelMachine& machine, int64_t ms) {
  const BillingRule& rule = machine.terms.billing;
  return CostOf(MicroUsd(machine.micro_usd_per_hour), BilledTime(rule, Millis(ms))).value() +
         CostOf(rule.disk_per_hour, Millis(ms)).value();
}

}  // namespace

std::string_view NameOf(Invariant invariant) {
  constexpr std::string_view kNames[] = {
      "none",           "over_reserve", "lost_beyond_print", "unseen_machines",
      "double_commits", "unfinished"};
  return kNames[static_cast<size_t>(invariant)];
}

void Watch::Break(Invariant invariant, std::string what) {
  if (breach_.invariant == Invariant::kNone) breach_ = {invariant, now_, std::move(what)};
}

Held& Watch::HoldFor(int64_t rental) {
  const auto at = static_cast<size_t>(rental);
  if (at >= held_.size()) held_.resize(at + 1);
  if (!held_[at]) held_[at].emplace();
  return *held_[at];
}

const Held* Watch::HeldFor(int64_t rental) const {
  const auto at = static_cast<size_t>(rental);
  return at < held_.size() && held_[at] ? &*held_[at] : nullptr;
}

const ModelMachine* Watch::Find(const std::string& name) const {
  const auto found = std::ranges::find(machines_, name, &ModelMachine::name);
  return found == machines_.end() ? nullptr : &*found;
}

const Rental* Watch::OnBooks(const ModelMachine& machine) const {
  for (const Rental& rental : rentals_) {
    if (rental.machine == machine.name) return &rental;
    if (rental.machine.empty() && rental.number == machine.rental) return &rental;
  }
  return nullptr;
}

void Watch::MachineMade(const ModelMachine& machine) {
  if (machine.twin || journal_lost_ || OnBooks(machine) != nullptr) return;
  Break(Invariant::kUnseenMachines,
        fmt::format("machine `{}` was made without being on the books", machine.name));
}

void Watch::Written(const Transition& transition, const RunState& state) {
  for (const LedgerEntry& entry : transition.ledger) {
    Held& held = HoldFor(entry.rental);
    switch (entry.kind) {
      case LedgerKind::kReserve:
        held.reserve += entry.amount.value();
        CheckCap(state);
        break;
      case LedgerKind::kAccrue:
      case LedgerKind::kCorrect: held.accrued += entry.amount.value(); break;
      case LedgerKind::kRelease: held.open = false; break;
    }
  }
  rentals_ = state.rentals;
  CheckClosed(transition);
  CheckMoney();
}

void Watch::CheckCap(const RunState& state) {
  const int64_t taken = SpentAndHeld(state).value();
  if (taken <= room_) return;
  Break(Invariant::kOverReserve,
        fmt::format("{} micro-dollars are spent or held, the caps leave {}", taken, room_));
}

// A rental that is off the books must have left nothing behind.
void Watch::CheckClosed(const Transition& transition) {
  for (const LedgerEntry& entry : transition.ledger) {
    if (entry.kind != LedgerKind::kRelease) continue;
    for (const ModelMachine& machine : machines_) {
      const bool is_its = machine.rental == entry.rental && !machine.twin && !journal_lost_;
      const bool is_handed = machine.handed_ms <= now_;
      if (is_its && !is_handed && machine.Exists(now_) && OnBooks(machine) == nullptr) {
        Break(Invariant::kUnseenMachines,
              fmt::format("machine `{}` was taken off the books while it bills", machine.name));
      }
    }
  }
}

void Watch::LookBooked(const std::vector<SeenMachine>& seen_machines) {
  journal_lost_ = false;
  for (const SeenMachine& seen : seen_machines) {
    const ModelMachine* machine = Find(seen.machine);
    if (machine == nullptr || !machine->Exists(now_) || machine->handed_ms <= now_) continue;
    const bool known =
        std::ranges::find(rentals_, seen.machine, &Rental::machine) != rentals_.end();
    if (!known) {
      Break(Invariant::kUnseenMachines,
            fmt::format("machine `{}` was listed and is not on the books", seen.machine));
    }
  }
}

// What it forgot it may do once more: to commit twice is as to commit once.
void Watch::JournalLost() {
  journal_lost_ = true;
  commits_.clear();
}

void Watch::Allow(const std::string& machine, int64_t micro_usd) { allowed_[machine] += micro_usd; }

// The theorem's second half: rate x X, where X is how long the provider broke its contract.
int64_t Watch::AllowedFor(const ModelMachine& machine) const {
  const auto given = allowed_.find(machine.name);
  const auto cost = [&](int64_t ms) { return CostOfTime(machine, ms); };
  int64_t allowed = given == allowed_.end() ? 0 : cost(given->second);
  if (machine.lease_broken) {
    allowed += cost(std::min(unwatched_, machine.unwatched_at_heard_ms) -
                    machine.unwatched_at_made_ms + machine.silent_ms);
  }
  // Longer than a person was said to be away at most.
  const int64_t unwatched = unwatched_ - machine.unwatched_at_made_ms + machine.silent_ms;
  const bool attended = machine.terms.grade >= LeaseGrade::kBStar && !machine.terms.has_guard;
  if (attended && Millis(unwatched) > kUnguarded) allowed += cost(unwatched);
  if (machine.refused_ms != 0) {
    allowed += cost(machine.refused_ms + unwatched_ - machine.unwatched_at_refusal_ms);
  }
  if (machine.zombie_since_ms != ModelMachine::kNever)
    allowed += cost(now_ - machine.zombie_since_ms);
  const int64_t rise = machine.micro_usd_per_hour - machine.agreed_per_hour;
  if (rise > 0) {
    const Millis until_told = BilledTime(machine.terms.billing, Millis(unwatched + kTellMs));
    allowed += CostOf(MicroUsd(rise), until_told).value();
  }
  return allowed;
}

void Watch::CheckMoney() {
  bills_.resize(machines_.size());
  std::ranges::transform(machines_, bills_.begin(),
                         [&](const ModelMachine& machine) { return BillAt(machine, now_); });
  for (const ModelMachine& machine : machines_) {
    if (machine.twin || journal_lost_) continue;
    const Held* held = HeldFor(machine.rental);
    if (held == nullptr) continue;
    const int64_t bill = bills_[static_cast<size_t>(&machine - machines_.data())];
    const int64_t excess = bill - (held->open ? held->reserve : held->accrued);
    worst_excess_ = std::max(worst_excess_, excess);
    if (excess > 0 && excess > AllowedFor(machine)) {
      Break(Invariant::kOverReserve,
            fmt::format("machine `{}` has cost {} micro-dollars, {} are {}", machine.name, bill,
                        held->open ? held->reserve : held->accrued,
                        held->open ? "in reserve" : "in the ledger"));
    }
  }
  CheckBooks();
  CheckLoweredCap();
}

int64_t Watch::Unwatched() const {
  int64_t sum = unwatched_;
  for (const ModelMachine& machine : machines_) sum += machine.silent_ms;
  return sum;
}

int64_t Watch::Bill() const {
  int64_t sum = 0;
  for (const ModelMachine& machine : machines_) sum += BillAt(machine, now_);
  return sum;
}

void Watch::CapLowered(int64_t room) {
  lowered_room_ = room;
  int64_t grace = kDrainMs;
  bill_when_done_ = Bill();
  unwatched_when_lowered_ = Unwatched();
  for (const ModelMachine& machine : machines_) {
    if (machine.Exists(now_)) bill_when_done_ += CostOfTime(machine, grace);
  }
  for (const Rental& rental : rentals_) {  // asked for, and not yet there
    const bool is_there = std::ranges::any_of(machines_, [&](const ModelMachine& machine) {
      return machine.rental == rental.number && machine.Exists(now_);
    });
    if (!is_there)
      bill_when_done_ += Charge(rental.terms.billing, Millis(grace), Millis(grace)).value();
  }
}

// What is running may be saved and ended; beyond that a lowered cap is a cap.
void Watch::CheckLoweredCap() {
  if (lowered_room_ < 0 || Unwatched() != unwatched_when_lowered_ || journal_lost_) return;
  for (const ModelMachine& machine : machines_) {
    if (machine.twin || AllowedFor(machine) != 0) return;
  }
  const int64_t bill = Bill();
  if (bill <= std::max(lowered_room_, bill_when_done_)) return;
  Break(Invariant::kOverReserve,
        fmt::format("{} micro-dollars were spent, the lowered cap leaves {}", bill, lowered_room_));
}

// The ledger, carried on to this moment, is never below the bill.
void Watch::CheckBooks() {
  for (const Rental& rental : rentals_) {
    const ModelMachine* machine = Find(rental.machine);
    if (machine == nullptr || machine->twin) continue;
    if (machine->micro_usd_per_hour > rental.terms.billing.per_hour.value()) continue;
    if (machine->zombie_since_ms != ModelMachine::kNever) continue;  // until a look shows it
    const int64_t due = std::max(rental.accrued, DueAt(rental, now_, plants_)).value();
    const int64_t bill = bills_[static_cast<size_t>(machine - machines_.data())];
    if (due < bill) {
      Break(Invariant::kOverReserve,
            fmt::format("the ledger says {} micro-dollars for machine `{}`, the bill {}", due,
                        machine->name, bill));
    }
  }
}

void Watch::LeaseGiven(const ModelMachine& machine, int64_t lease_ms) {
  const Held* held = HeldFor(machine.rental);
  if (held == nullptr || machine.twin || journal_lost_) return;
  LeaseTerms terms = machine.terms;
  if (machine.paid_before != 0) terms.billing.fixed = MicroUsd(), terms.billing.minimum = Millis(0);
  const int64_t needed = ReserveFor(terms, Millis(lease_ms)).value();
  if (held->open && needed > held->reserve) {
    Break(Invariant::kOverReserve,
          fmt::format("machine `{}` may live to cost {} micro-dollars, {} are in reserve",
                      machine.name, needed, held->reserve));
  }
}

void Watch::Lost(int64_t lost_ms, int64_t printed_ms, const std::string& how) {
  if (lost_ms <= printed_ms) return;
  Break(Invariant::kLostBeyondPrint, fmt::format("{} s of work were lost {}, {} s were printed",
                                                 lost_ms / 1000, how, printed_ms / 1000));
}

void Watch::Committed(EffectId effect) {
  for (const EffectId& other : commits_) {
    if (other != effect) Break(Invariant::kDoubleCommits, "the outputs were committed twice");
  }
  commits_.push_back(effect);
}

void Watch::LifeOver(bool is_final) {
  CheckMoney();
  for (const ModelMachine& machine : machines_) {
    if (machine.Exists(now_) && machine.handed_ms > now_) {
      Break(Invariant::kUnseenMachines,
            fmt::format("machine `{}` bills on after the run is over", machine.name));
    }
  }
  if (!is_final) Break(Invariant::kUnfinished, "the run came to no end");
}

}  // namespace curbstop
