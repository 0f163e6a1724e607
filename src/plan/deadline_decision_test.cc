#include "plan/deadline_decision.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr int64_t kUsd = 1'000'000;

Candidate At(const std::string& name, int64_t micro_usd_per_hour, bool spot = false) {
  Candidate candidate{.offer = name, .spot = spot};
  candidate.terms.grade = LeaseGrade::kA;
  candidate.terms.billing.per_hour = MicroUsd(micro_usd_per_hour);
  candidate.terms.may_pause = spot;
  if (spot) candidate.mtbf = hours(4);
  return candidate;
}

// Ten hours of work, twenty of time; on demand 2 USD, spot 0.5 USD; a hundred dollars.
struct Case {
  std::vector<Candidate> candidates = {At("steady", 2 * kUsd), At("spot", kUsd / 2, true)};
  std::vector<std::string> blocked;
  Situation situation;

  Case() {
    situation.work_left = hours(10);
    situation.deadline_left = hours(20);
    situation.lease_asked = hours(12);
    situation.left = MicroUsd(100 * kUsd);
    situation.places = {true, false};
  }
  Decision Ask() {
    situation.candidates = candidates;
    situation.blocked_offers = blocked;
    return Decide(situation);
  }
  void Hold(const Candidate& candidate) {
    situation.held =
        HeldMachine{candidate.terms, hours(12), hours(11), candidate.spot, MicroUsd(10 * kUsd)};
    situation.lease_is_due = false;
  }
};

TEST(DecideByDeadline, RentsSpotWhileThereIsTimeForOnDemand) {
  Case c;
  const Decision decision = c.Ask();
  EXPECT_EQ(decision.kind, DecisionKind::kRent);
  EXPECT_EQ(decision.reason, DecisionReason::kDeadlineHeld);
  EXPECT_EQ(decision.candidate, 1u);
  EXPECT_EQ(decision.reserve, ReserveFor(c.candidates[1].terms, decision.lease));
}

TEST(DecideByDeadline, RentsOnDemandWhereALossWouldCostTheDeadline) {
  Case c;
  c.situation.deadline_left = hours(10) + minutes(25);
  EXPECT_EQ(c.Ask().candidate, 0u);
  EXPECT_EQ(c.Ask().reason, DecisionReason::kDeadlineHeld);
}

// This computer is one more candidate: slower here, for a tenth of a dollar an hour.
struct HomeCase : Case {
  HomeCase() { situation.home = HomeMachine{MicroUsd(kUsd / 10), hours(15), Millis(0)}; }
};

TEST(DecideByDeadline, GoesHomeWhereThatIsInTimeAndCheaper) {
  HomeCase c;
  EXPECT_EQ(c.Ask().kind, DecisionKind::kHome);
  EXPECT_EQ(c.Ask().reason, DecisionReason::kDeadlineHeld);
}

TEST(DecideByDeadline, DoesNotGoHomeWhereThatTakesTooLong) {
  HomeCase c;
  c.situation.home->work = hours(21);
  EXPECT_EQ(c.Ask().kind, DecisionKind::kRent);
  c.situation.home->work = hours(15);
  c.situation.home->wait = hours(6);
  EXPECT_EQ(c.Ask().kind, DecisionKind::kRent);
}

TEST(DecideByDeadline, DoesNotGoHomeWhereElectricityCostsMore) {
  HomeCase c;
  c.situation.home->per_hour = MicroUsd(3 * kUsd);
  EXPECT_EQ(c.Ask().candidate, 1u);
}

TEST(DecideByDeadline, LeavesAMachineForHomeWhereTheRestCostsLessThere) {
  HomeCase c;
  c.Hold(c.candidates[0]);
  EXPECT_EQ(c.Ask().kind, DecisionKind::kDrain);
  EXPECT_EQ(c.Ask().reason, DecisionReason::kCheaperElsewhere);
}

TEST(DecideByDeadline, ReckonsWithHomeWhereNothingIsOnDemand) {
  HomeCase c;
  c.candidates = {At("spot", kUsd / 2, true)};
  c.situation.home->per_hour = MicroUsd(3 * kUsd);
  c.situation.deadline_left = hours(40);
  const Decision decision = c.Ask();
  EXPECT_EQ(decision.kind, DecisionKind::kRent);
  EXPECT_EQ(decision.reason, DecisionReason::kDeadlineHeld);
}

// What could be waited for is no row of the market.
TEST(DecideByDeadline, HopesForNoOfferThatIsNotThere) {
  Case c;
  c.blocked = {"spot"};
  c.situation.deadline_left = hours(40);
  EXPECT_EQ(c.Ask().candidate, 0u);
}

// However often it is lost: until then it costs less, and the start that follows is the same.
TEST(DecideByDeadline, LeavesSpotOnlyWhereItIsDearer) {
  Case c;
  c.Hold(c.candidates[1]);
  c.situation.spot_lived = hours(2);
  c.situation.spot_losses = 20;
  EXPECT_EQ(c.Ask().kind, DecisionKind::kKeep);
  c.Hold(At("spot", 3 * kUsd, true));
  c.candidates.pop_back();
  EXPECT_EQ(c.Ask().kind, DecisionKind::kDrain);
  EXPECT_EQ(c.Ask().reason, DecisionReason::kSteadyIsBetter);
}

TEST(DecideByDeadline, LeavesOnDemandForSpotWhereThatIsWorthAStart) {
  Case c;
  c.Hold(c.candidates[0]);
  EXPECT_EQ(c.Ask().kind, DecisionKind::kDrain);
  EXPECT_EQ(c.Ask().reason, DecisionReason::kCheaperElsewhere);
  c.situation.work_left = minutes(5);  // a start takes longer
  EXPECT_EQ(c.Ask().kind, DecisionKind::kKeep);
}

TEST(DecideByDeadline, SaysWhenTheCapsPayForSpotAloneAndStopsPastThat) {
  Case c;
  c.situation.left = MicroUsd(12 * kUsd);  // on demand: 20 USD
  EXPECT_EQ(c.Ask().kind, DecisionKind::kRent);
  EXPECT_EQ(c.Ask().reason, DecisionReason::kCapAtRisk);
  EXPECT_EQ(c.Ask().candidate, 1u);
  c.situation.left = MicroUsd(4 * kUsd);  // spot: 5 USD
  EXPECT_EQ(c.Ask().kind, DecisionKind::kStop);
  EXPECT_EQ(c.Ask().reason, DecisionReason::kCannotBoth);
  c.Hold(c.candidates[1]);
  c.situation.held->reserve_left = MicroUsd();
  EXPECT_EQ(c.Ask().kind, DecisionKind::kStop);
}

TEST(DecideByDeadline, GoesOnAsSoonAsItCanWhereTheDeadlineIsLost) {
  Case c;
  c.situation.deadline_left = hours(9);
  EXPECT_EQ(c.Ask().kind, DecisionKind::kRent);
  EXPECT_EQ(c.Ask().reason, DecisionReason::kDeadlineLost);
  EXPECT_EQ(c.Ask().candidate, 0u);
  c.Hold(c.candidates[1]);
  EXPECT_EQ(c.Ask().kind, DecisionKind::kKeep);
}

// The odds are this run's own: after many losses in little time spot is not worth its starts.
TEST(DecideByDeadline, LearnsFromWhatItLost) {
  Case c;
  c.candidates[1] = At("spot", kUsd * 3 / 2, true);
  EXPECT_EQ(c.Ask().candidate, 1u);
  c.situation.spot_lived = hours(2);
  c.situation.spot_losses = 20;
  EXPECT_EQ(c.Ask().candidate, 0u);
}

TEST(DecideByDeadline, FallsBackToThePlainRuleAndSaysWhy) {
  const auto reason = [](auto change) {
    Case c;
    change(c);
    const Decision decision = c.Ask();
    EXPECT_EQ(decision.kind, DecisionKind::kRent);
    return decision.reason;
  };
  EXPECT_EQ(reason([](Case& c) { c.situation.work_left = Millis(0); }),
            DecisionReason::kTimeUnknown);
  EXPECT_EQ(reason([](Case& c) { c.situation.deadline_left = Millis(0); }),
            DecisionReason::kDeadlinePassed);
  EXPECT_EQ(reason([](Case& c) { c.candidates.erase(c.candidates.begin()); }),
            DecisionReason::kNoPrices);
  EXPECT_EQ(reason([](Case& c) { c.candidates[0].terms.billing.per_hour = MicroUsd(); }),
            DecisionReason::kNoPrices);
  // Spot that is forbidden, or whose work cannot survive, is no question of the policy's.
  EXPECT_EQ(reason([](Case& c) { c.situation.spot = SpotUse::kNever; }), DecisionReason::kCheapest);
  EXPECT_EQ(reason([](Case& c) { c.situation.places = {false, false}; }),
            DecisionReason::kCheapest);
}

TEST(DecideByDeadline, LeavesOutASpotOfferWithoutALife) {
  Case c;
  c.candidates[1].mtbf = Millis(0);
  EXPECT_EQ(c.Ask().candidate, 0u);
}

TEST(DecideByDeadline, JudgesAHundredOffersByTheCheapest) {
  Case c;
  for (int i = 0; i < 100; ++i) {
    c.candidates.push_back(At("dear" + std::to_string(i), 3 * kUsd + i));
    c.candidates.push_back(At("spot" + std::to_string(i), kUsd + i, true));
  }
  EXPECT_EQ(c.Ask().candidate, 1u);
}

TEST(DecisionStands, ForATenthOfAnHourOrSo) {
  EXPECT_EQ(DecisionStands(hours(100)), minutes(10));
  EXPECT_EQ(DecisionStands(hours(5)), minutes(5));
  EXPECT_EQ(DecisionStands(Millis(-1)), minutes(2));
}

}  // namespace
}  // namespace curbstop
