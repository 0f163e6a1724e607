#include "plan/decision.h"

#include <algorithm>

#include "base/check.h"
#include "plan/deadline_decision.h"
#include "plan/internal/rentable.h"

namespace curbstop {
namespace {

bool IsBlocked(const Situation& situation, const Candidate& candidate) {
  return std::ranges::find(situation.blocked_offers, candidate.offer) !=
         situation.blocked_offers.end();
}

bool SpotAllowed(const Situation& situation, const Candidate& candidate) {
  if (!candidate.spot) return situation.spot != SpotUse::kOnly;
  return situation.spot != SpotUse::kNever && Survives(situation.places);
}

// Not even the shortest useful lease fits.
void TooDear(const Candidate& candidate, Decision& best) {
  const MicroUsd least = ReserveFor(candidate.terms, kShortestInterval);
  const bool first = best.reason != DecisionReason::kNoMoney;
  best.reserve = first ? least : std::min(best.reserve, least);
  best.reason = DecisionReason::kNoMoney;
}

// Spot by the plain rule is cheap or nothing; with a deadline and all that is known, the policy's.
bool IsForPolicy(const Situation& situation) {
  return situation.deadline_left && situation.spot != SpotUse::kNever && Survives(situation.places);
}

Decision Rent(const Situation& situation) {
  Decision best{.kind = DecisionKind::kStop, .reason = DecisionReason::kNoOffer};
  for (size_t i = 0; i < situation.candidates.size(); ++i) {
    const Candidate& candidate = situation.candidates[i];
    if (IsBlocked(situation, candidate)) continue;
    if (!SpotAllowed(situation, candidate)) {
      if (best.kind == DecisionKind::kStop) best.reason = DecisionReason::kWorkCannotSurvive;
      continue;
    }
    const auto lease =
        LongestLease(candidate.terms, WantedLease(situation, candidate), situation.left);
    if (!lease || *lease < kShortestInterval) {
      if (best.kind == DecisionKind::kStop) TooDear(candidate, best);
      continue;
    }
    const MicroUsd reserve = ReserveFor(candidate.terms, *lease);
    if (best.kind == DecisionKind::kRent && best.reserve <= reserve) continue;
    best = {DecisionKind::kRent, DecisionReason::kCheapest, i, *lease, reserve};
  }
  return best;
}

// The machine works: more time, if it needs some and the money is there.
Decision KeepOrExtend(const Situation& situation) {
  const HeldMachine& held = *situation.held;
  const Millis needed =
      situation.work_left.count() == 0 ? situation.lease_asked : situation.work_left;
  const Millis keep = LongestKeep(held.terms, situation.keep);
  const Millis missing = needed + needed / 4 + keep - held.lease_left;
  if (missing.count() <= 0) return {DecisionKind::kKeep, DecisionReason::kWorks, 0, {}, {}};
  const Millis longest = std::min(held.lease + missing, situation.lease_asked + keep);
  const auto lease =
      LongestLease(held.terms, longest, situation.left + ReserveFor(held.terms, held.lease));
  if (!lease || *lease < held.lease + kShortestInterval) {
    return {DecisionKind::kDrain, DecisionReason::kLeaseEnds, 0, {}, {}};
  }
  return {DecisionKind::kExtend, DecisionReason::kNeedsTime, 0, *lease,
          ReserveToExtend(held.terms, held.lease, *lease)};
}

Decision Plain(const Situation& situation) {
  if (!situation.held) return Rent(situation);
  if (situation.lease_is_due) return KeepOrExtend(situation);
  return {DecisionKind::kKeep, DecisionReason::kWorks, 0, {}, {}};
}

Decision DecideFreely(const Situation& situation) {
  if (!IsForPolicy(situation)) return Plain(situation);
  if (const auto why_not = WhyNotByDeadline(situation)) {
    Decision decision = Plain(situation);
    if (decision.kind == DecisionKind::kRent) decision.reason = *why_not;
    return decision;
  }
  const Decision decision = DecideByDeadline(situation);
  return decision.kind == DecisionKind::kKeep ? Plain(situation) : decision;
}

}  // namespace

bool HasPrice(const LeaseTerms& terms) {
  return terms.billing.per_hour > MicroUsd() && terms.billing.disk_per_hour >= MicroUsd();
}

bool HasPrice(const Candidate& candidate) {
  const bool has_life = !candidate.mtbf || *candidate.mtbf > Millis(0);
  return HasPrice(candidate.terms) && has_life && candidate.work >= Millis(0);
}

// The whole of the work where its length is known, but never more than was asked for; and the time
// that the machine is to stay after it.
Millis WantedLease(const Situation& situation, const Candidate& candidate) {
  Millis work = situation.lease_asked;
  if (candidate.work.count() != 0)
    work = std::min(work, candidate.work + candidate.work / 4 + candidate.terms.boot_limit);
  return work + LongestKeep(candidate.terms, situation.keep);
}

bool IsRentable(const Situation& situation, const Candidate& candidate) {
  if (IsBlocked(situation, candidate) || !SpotAllowed(situation, candidate)) return false;
  const auto lease =
      LongestLease(candidate.terms, WantedLease(situation, candidate), situation.left);
  return lease && *lease >= kShortestInterval;
}

Decision RentOf(const Situation& situation, size_t index) {
  const Candidate& candidate = situation.candidates[index];
  const auto lease =
      LongestLease(candidate.terms, WantedLease(situation, candidate), situation.left);
  CHECK(lease.has_value());
  return {DecisionKind::kRent, DecisionReason::kCheapest, index, *lease,
          ReserveFor(candidate.terms, *lease)};
}

Decision Decide(const Situation& situation) {
  const bool bids = situation.bids_first && !situation.deadline_left && !situation.is_last_chance;
  if (bids && situation.spot == SpotUse::kAuto && !situation.held) {
    Situation by_bid = situation;
    by_bid.spot = SpotUse::kOnly;
    const Decision decision = DecideFreely(by_bid);
    if (decision.kind == DecisionKind::kRent) return decision;
  }
  const Decision decision = DecideFreely(situation);
  if (!situation.is_last_chance || situation.spot != SpotUse::kAuto) return decision;
  Situation steady = situation;
  steady.spot = SpotUse::kNever;
  const Decision on_demand = DecideFreely(steady);
  if (situation.held) return on_demand;
  const bool is_as_long = on_demand.lease >= decision.lease;
  return on_demand.kind == DecisionKind::kRent && is_as_long ? on_demand : decision;
}

}  // namespace curbstop
