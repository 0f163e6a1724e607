// While a run lives away from home: what is so (Situation), and what to do now (Decision). Pure.
//
// The plain rule: keep what works, and give it more time while money is left; else the cheapest
// offer whose reserve fits and whose work can survive; else drain what is still there; else stop.
//
// What a plan reckoned as the cheapest to the end goes first: bids, where it says so.
//
// The last machine before a run is given up is on demand where one can be had for as long: whether
// machines that were taken away again and again say something of the market or of the work, only
// one that stays can tell.
//
// A step with a deadline that may use spot follows the policy of plan/spot instead, cap and
// deadline as its two limits (plan/deadline_decision.h). Where its time or prices are not known the
// plain rule holds, and the reason says so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/units.h"
#include "plan/interval.h"
#include "plan/lease.h"
#include "project/project.h"

namespace curbstop {

// An offer as a run can take it now.
struct Candidate {
  std::string offer;  // the provider's own name for it
  LeaseTerms terms;   // spot: the bid, which is also what is paid at most
  bool spot = false;
  std::optional<Millis> mtbf;  // spot: mean time to an interruption
  Millis work{0};              // that is left, at this machine's speed; 0: unknown
};

struct HeldMachine {
  LeaseTerms terms;
  Millis lease{0};       // as agreed
  Millis lease_left{0};  // until it ends
  bool spot = false;
  MicroUsd reserve_left;  // held for it, and not spent
};

// This computer, where it can do the rest too: nobody takes it away, and what it costs is in no
// account.
struct HomeMachine {
  MicroUsd per_hour;  // electricity
  Millis work{0};     // that is left, at its speed
  Millis wait{0};     // until it is free
};

struct Situation {
  std::optional<HeldMachine> held;  // empty: no machine works for this run
  Millis work_left{0};              // 0: unknown
  Millis lease_asked{0};
  Millis keep{0};                       // beyond the work: the machine is to stay so long
  bool lease_is_due = true;             // held: its end is near; false: only the deadline is asked
  std::optional<Millis> deadline_left;  // of a step with a deadline; may be below 0
  Millis spot_lived{0};                 // this run's spot machines, all together
  int64_t spot_losses = 0;              // of them
  MicroUsd left;                        // that the caps leave, everything in reserve taken off
  SpotUse spot = SpotUse::kAuto;
  bool bids_first = false;      // the plan reckoned one as the cheapest; without a deadline
  bool is_last_chance = false;  // one more machine that brings nothing ends the run
  SurvivingPlaces places;
  std::optional<HomeMachine> home;        // of a step with a deadline; empty: it cannot, or may not
  std::span<const Candidate> candidates;  // empty: the market has nothing
  std::span<const std::string> blocked_offers;  // that refused or failed this run
};

enum class DecisionKind { kKeep, kExtend, kRent, kDrain, kStop, kWait, kHome };
enum class DecisionReason {
  kWorks,              // keep
  kNeedsTime,          // extend
  kCheapest,           // rent
  kLeaseEnds,          // drain: money for more time is not there
  kNoOffer,            // stop
  kNoMoney,            // stop
  kWorkCannotSurvive,  // stop: only spot is left, and no place keeps its work
  // By the deadline's policy.
  kDeadlineHeld,      // rent, wait, keep: the cheapest in expectation that is sure to hold both
  kCapAtRisk,         // rent, wait, keep: the caps pay for spot alone; both hang on it
  kDeadlineLost,      // rent, keep: the soonest; the work left takes longer than the time left
  kSteadyIsBetter,    // drain: on demand costs less in expectation
  kCheaperElsewhere,  // drain
  kCannotBoth,        // stop: nothing on sale does the rest within deadline and caps
  // Rent by the plain rule, though the step has a deadline.
  kTimeUnknown,
  kNoPrices,  // none on demand that can be reckoned with
  kDeadlinePassed,
};

struct Decision {
  DecisionKind kind = DecisionKind::kStop;
  DecisionReason reason = DecisionReason::kNoOffer;
  size_t candidate = 0;  // kRent
  Millis lease{0};       // kRent, kExtend: the whole lease; kWait: until it is asked again
  MicroUsd reserve;      // kRent: for it; kExtend: beyond what is reserved; kNoMoney: the least
                         // that any offer needs
};

Decision Decide(const Situation& situation);

}  // namespace curbstop
