// A deadline away: when the policy is asked, and what its answers do.
#include <gtest/gtest.h>

#include "run/supervisor/testing/away_life.h"

namespace curbstop {
namespace {

Json WithDeadline() { return Json::MakeObject({{"deadline_ms", 4 * kHour}}); }

Facts Says(DecisionKind kind, DecisionReason reason) {
  Facts facts = RentOffer();
  facts.decision = static_cast<int64_t>(kind);
  facts.reason = static_cast<int64_t>(reason);
  return facts;
}

TEST(AwayDeadline, RunsFromTheFirstDecisionOnByTheProvidersClock) {
  Away life(WithDeadline());
  EXPECT_EQ(SituationOf(life.state).deadline_left, Millis(4 * kHour));
  life.Work();
  life.Say(EventKind::kTick);
  const Millis left = *SituationOf(life.state).deadline_left;
  life.Pass(kHour);
  life.Say(EventKind::kTick);
  EXPECT_EQ(*SituationOf(life.state).deadline_left, left - Millis(kHour));
  EXPECT_FALSE(SituationOf(Away().state).deadline_left.has_value());
}

TEST(AwayDeadline, IsAskedAboutWhileAMachineWorks) {
  Away life(WithDeadline());
  life.Work();
  EXPECT_FALSE(life.Wants(EffectKind::kDecide));
  life.Pass(5 * kMinute);
  EXPECT_TRUE(life.Wants(EffectKind::kDecide));
  EXPECT_FALSE(SituationOf(life.state).lease_is_due);
  life.Answer(EffectKind::kDecide, EventKind::kDecided,
              Says(DecisionKind::kKeep, DecisionReason::kWorks));
  EXPECT_EQ(life.state.phase, Phase::kWorking);
  life.Pass(5 * kMinute);
  life.Answer(EffectKind::kDecide, EventKind::kDecided,
              Says(DecisionKind::kDrain, DecisionReason::kCheaperElsewhere));
  EXPECT_EQ(life.state.phase, Phase::kSaving);
  EXPECT_EQ(life.state.verdict, Phase::kDeciding);
}

TEST(AwayDeadline, WhatCannotHoldIsSavedAndStopped) {
  Away life(WithDeadline());
  life.Work();
  life.Pass(5 * kMinute);
  life.Answer(EffectKind::kDecide, EventKind::kDecided,
              Says(DecisionKind::kStop, DecisionReason::kCannotBoth));
  EXPECT_EQ(life.state.phase, Phase::kSaving);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
  EXPECT_EQ(life.state.exit_code, 1);
}

// A plain rule's stop means only that there is no other machine: the one there works.
TEST(AwayDeadline, AMachineThatWorksIsNotStoppedForWantOfAnother) {
  Away life(WithDeadline());
  life.Work();
  life.Pass(5 * kMinute);
  life.Answer(EffectKind::kDecide, EventKind::kDecided,
              Says(DecisionKind::kStop, DecisionReason::kNoOffer));
  EXPECT_EQ(life.state.phase, Phase::kWorking);
}

TEST(AwayDeadline, WaitingIsAskedAgainAfterTheTimeThatWasSaid) {
  Away life(WithDeadline());
  Facts waits = Says(DecisionKind::kWait, DecisionReason::kDeadlineHeld);
  waits.lease_ms = 10 * kMinute;
  life.Answer(EffectKind::kDecide, EventKind::kDecided, waits);
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  life.Pass(9 * kMinute);
  EXPECT_FALSE(life.Wants(EffectKind::kDecide));
  life.Pass(2 * kMinute);
  EXPECT_TRUE(life.Wants(EffectKind::kDecide));
}

TEST(AwayDeadline, LossesOfSpotAreCountedAndTheTimeItLived) {
  Away life(WithDeadline());
  Facts spot = RentOffer();
  spot.spot = 1;
  life.Work(spot);
  life.Pass(kMinute);
  SeenMachine paused = kSeen;
  paused.paused = true;
  life.Look({paused});
  EXPECT_EQ(SituationOf(life.state).spot_losses, 1);
  EXPECT_EQ(SituationOf(life.state).spot_lived, Millis(0));  // until it is off the books
}

}  // namespace
}  // namespace curbstop
