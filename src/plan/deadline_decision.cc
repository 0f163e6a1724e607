#include "plan/deadline_decision.h"

#include <algorithm>
#include <vector>

#include "plan/internal/rentable.h"
#include "plan/spot/ours.h"
#include "plan/spot/reach.h"

namespace curbstop {
namespace {

// What saving may take before another machine starts: the supervisor's own limit.
constexpr Millis kSaving = std::chrono::minutes(10);
// More places cost time to judge and are not tried: the cheapest of a kind.
constexpr size_t kMostPlaces = 12;

double Seconds(Millis time) { return static_cast<double>(time.count()) / 1000; }

MicroUsd PerHour(const LeaseTerms& terms) {
  return terms.billing.per_hour + terms.billing.disk_per_hour;
}

Millis WorkOn(const Situation& situation, const Candidate& candidate) {
  return candidate.work.count() != 0 ? candidate.work : situation.work_left;
}

// What the rest costs there, were nothing lost.
double RestCost(const Situation& situation, const Candidate& candidate) {
  return static_cast<double>(PerHour(candidate.terms).value()) *
         Seconds(WorkOn(situation, candidate));
}

// The cheapest of one kind that can be had.
std::vector<size_t> Cheapest(const Situation& situation, bool spot) {
  std::vector<size_t> found;
  for (size_t i = 0; i < situation.candidates.size(); ++i) {
    const Candidate& candidate = situation.candidates[i];
    if (candidate.spot == spot && HasPrice(candidate) && IsRentable(situation, candidate))
      found.push_back(i);
  }
  std::ranges::stable_sort(found, {},
                           [&](size_t i) { return RestCost(situation, situation.candidates[i]); });
  if (found.size() > kMostPlaces) found.resize(kMostPlaces);
  return found;
}

// The mean life of this run's spot machines: what is known of the offer counts as one loss.
double LifeSeconds(const Situation& situation, const Candidate& candidate) {
  const Millis assumed = candidate.mtbf.value_or(kAssumedSpotLife);
  return Seconds(situation.spot_lived + assumed) / static_cast<double>(situation.spot_losses + 1);
}

// Whoever goes home stays there: it must do all of the rest in time.
bool DoesTheRest(const std::optional<HomeMachine>& home, const Situation& situation) {
  if (!home) return false;
  const Millis start = home->wait + (situation.held ? kSaving : Millis(0));
  return start + home->work <= *situation.deadline_left;
}

class View {
 public:
  explicit View(const Situation& situation) : situation_(situation) {
    for (const bool spot : {false, true}) {
      for (const size_t i : Cheapest(situation, spot)) Add(situation.candidates[i], i);
    }
    if (DoesTheRest(situation.home, situation)) AddHome(*situation.home);
    job_.cap = situation.left;
    if (situation.held) AddHeld(*situation.held);
    job_.work_s = Seconds(situation.work_left);
    job_.deadline_s = Seconds(*situation.deadline_left);
    view_.job = &job_;
    view_.tick_s = Seconds(DecisionStands(*situation.deadline_left));
    view_.places = places_;
  }

  // A deadline that no machine can hold any more is no reason to stop: the estimate may be wrong.
  SpotAction Ask() {
    SpotJob unlimited = job_;
    unlimited.cap.reset();
    view_.job = &unlimited;
    const bool is_lost = !SpotReach(view_).Rescue().has_value();
    if (!is_lost) view_.job = &job_;
    return OursNext(view_);
  }

  bool IsHeld(SpotMachine machine) const { return machine == view_.held; }
  bool IsHome(SpotMachine machine) const {
    return machine.kind == SpotKind::kOnDemand && machine.place == home_;
  }
  size_t CandidateOf(SpotMachine machine) const {
    return candidates_[static_cast<size_t>(machine.place)];
  }

 private:
  void Add(const Candidate& candidate, size_t index) {
    SpotPlace place{.name = candidate.offer,
                    .region = candidate.offer,
                    .sells_spot = candidate.spot,
                    .sells_on_demand = !candidate.spot};
    (candidate.spot ? place.spot : place.on_demand) = PerHour(candidate.terms);
    if (candidate.spot) place.life_s = LifeSeconds(situation_, candidate);
    place.speed = Seconds(situation_.work_left) / Seconds(WorkOn(situation_, candidate));
    const Millis start = candidate.terms.timing.create_limit + candidate.terms.boot_limit +
                         (situation_.held ? kSaving : Millis(0));
    place.overhead_s = Seconds(start);
    if (!candidate.spot) place.held_back = HeldBack(candidate);
    places_.push_back(std::move(place));
    candidates_.push_back(index);
  }

  // Of its reserve, what is more than its price for the work.
  MicroUsd HeldBack(const Candidate& candidate) const {
    const MicroUsd reserve = ReserveFor(candidate.terms, WantedLease(situation_, candidate));
    return std::max(reserve - CostOf(PerHour(candidate.terms), WorkOn(situation_, candidate)),
                    MicroUsd());
  }

  // As an offer on demand that nothing is held back for.
  void AddHome(const HomeMachine& home) {
    home_ = static_cast<int>(places_.size());
    const Millis start = home.wait + (situation_.held ? kSaving : Millis(0));
    places_.push_back({.name = "this computer",
                       .region = "this computer",
                       .sells_spot = false,
                       .on_demand = home.per_hour,
                       .speed = Seconds(situation_.work_left) / Seconds(home.work),
                       .overhead_s = Seconds(start)});
    candidates_.push_back(situation_.candidates.size());
  }

  void AddHeld(const HeldMachine& held) {
    const Candidate candidate{.offer = "held", .terms = held.terms, .spot = held.spot};
    Add(candidate, situation_.candidates.size());
    places_.back().held_back = MicroUsd();
    job_.cap = situation_.left + held.reserve_left;
    view_.data_at = static_cast<int>(places_.size()) - 1;
    view_.held = {held.spot ? SpotKind::kSpot : SpotKind::kOnDemand, view_.data_at};
  }

  const Situation& situation_;
  SpotJob job_;
  SpotView view_;
  std::vector<SpotPlace> places_;
  std::vector<size_t> candidates_;  // by place
  int home_ = -1;
};

DecisionReason ReasonOf(SpotSays says) {
  switch (says) {
    case SpotSays::kCapAtRisk: return DecisionReason::kCapAtRisk;
    case SpotSays::kDeadlineLost: return DecisionReason::kDeadlineLost;
    default: return DecisionReason::kDeadlineHeld;
  }
}

}  // namespace

std::optional<DecisionReason> WhyNotByDeadline(const Situation& situation) {
  if (situation.work_left.count() <= 0) return DecisionReason::kTimeUnknown;
  if (situation.deadline_left->count() <= 0) return DecisionReason::kDeadlinePassed;
  const bool held_steady = situation.held && !situation.held->spot;
  const bool held_spot = situation.held && situation.held->spot;
  if (held_steady && !HasPrice(situation.held->terms)) return DecisionReason::kNoPrices;
  const bool none_is_steady =
      Cheapest(situation, false).empty() && !DoesTheRest(situation.home, situation);
  if (!held_steady && none_is_steady) return DecisionReason::kNoPrices;
  if (held_spot && !HasPrice(situation.held->terms)) return DecisionReason::kNoPrices;
  return std::nullopt;
}

Decision DecideByDeadline(const Situation& situation) {
  View view(situation);
  const SpotAction action = view.Ask();
  Decision decision{.reason = ReasonOf(action.says)};
  if (action.step == SpotStep::kStop) {
    decision.reason = DecisionReason::kCannotBoth;
    return decision;
  }
  if (action.machine.kind == SpotKind::kIdle && !situation.held) {
    decision.kind = DecisionKind::kWait;
    decision.lease = DecisionStands(*situation.deadline_left);
    return decision;
  }
  if (view.IsHeld(action.machine)) {
    decision.kind = DecisionKind::kKeep;
    return decision;
  }
  if (!situation.held && view.IsHome(action.machine)) {
    decision.kind = DecisionKind::kHome;
    return decision;
  }
  if (situation.held) {
    decision.kind = DecisionKind::kDrain;
    const bool steady = action.machine.kind == SpotKind::kOnDemand && !view.IsHome(action.machine);
    decision.reason = steady ? DecisionReason::kSteadyIsBetter : DecisionReason::kCheaperElsewhere;
    return decision;
  }
  Decision rent = RentOf(situation, view.CandidateOf(action.machine));
  rent.reason = decision.reason;
  return rent;
}

Millis DecisionStands(Millis deadline_left) {
  return std::clamp(deadline_left / 60, Millis(std::chrono::minutes(2)),
                    Millis(std::chrono::minutes(10)));
}

}  // namespace curbstop
