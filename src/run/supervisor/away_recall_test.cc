// What a machine did while nobody was there, heard from the named place once it is gone.
#include <gtest/gtest.h>

#include "run/supervisor/testing/away_life.h"

namespace curbstop {
namespace {

// The machine worked, its supervisor was away, and the listing shows it no more.
class GoneAlone : public testing::Test {
 protected:
  GoneAlone() : life(Json::MakeObject({{"named_place", true}})) {
    life.Work();
    life.Pass(5 * kMinute);
    life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot"}}));
    life.Look({});
    life.Pass(11 * kSecond);
    life.Look({});
  }
  void Fail(bool nothing_there) {
    life.Answer(EffectKind::kFetch, EventKind::kFetchFailed, {},
                Json::MakeObject({{"nothing_there", nothing_there}}));
  }

  Away life;
};

TEST_F(GoneAlone, ItsPlaceIsReadBeforeAnotherMachineIsDecidedOn) {
  EXPECT_TRUE(life.state.rentals.empty());
  EXPECT_EQ(life.state.phase, Phase::kFetching);
  EXPECT_TRUE(life.state.recalling);
  EXPECT_TRUE(life.Wants(EffectKind::kFetch));
  EXPECT_FALSE(life.Wants(EffectKind::kDecide));
}

TEST_F(GoneAlone, OutputsFromThereAreCommittedOnce) {
  life.Report("finished", Json::MakeObject({{"outcome", "done"}}));
  EXPECT_EQ(life.state.phase, Phase::kFetching);
  const Transition fetched = life.Answer(EffectKind::kFetch, EventKind::kFetched);
  EXPECT_TRUE(Begins(fetched, EffectKind::kCommit));
  life.Answer(EffectKind::kCommit, EventKind::kCommitted);
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  life.Pass(5 * kMinute);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kSucceeded);
  EXPECT_EQ(life.state.machines_lost, 0);
  EXPECT_EQ(life.state.rentals_made, 1);
}

TEST_F(GoneAlone, AStepThatFailedThereFailsTheRun) {
  life.Report("finished",
              Json::MakeObject({{"outcome", "failed"}, {"exit_code", 3}, {"reason", "it broke"}}));
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
  EXPECT_EQ(life.state.reason, "it broke");
  EXPECT_EQ(life.state.exit_code, 3);
  Fail(true);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
}

TEST_F(GoneAlone, WhatIsReadAfterTheUserEndedItChangesNothing) {
  life.Ask("kill");
  life.Report("finished",
              Json::MakeObject({{"outcome", "failed"}, {"exit_code", 3}, {"reason", "it broke"}}));
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kCancelled);
  EXPECT_FALSE(life.Wants(EffectKind::kDecide));
}

TEST_F(GoneAlone, ALeaseThatEndedInGoodOrderIsNoLostMachine) {
  life.Report("safe", Json::MakeObject({{"work_ms", 9000}}));
  life.Report("finished", Json::MakeObject({{"outcome", "lease_over"}}));
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_EQ(life.state.machines_lost, 0);
  EXPECT_EQ(life.state.safe_work_ms, 9000);
  Fail(true);  // of a fetch that nobody waits for any more
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_EQ(life.state.machines_lost, 0);
}

TEST_F(GoneAlone, WithNothingThereTheWorkGoesOnFromWhatIsSafe) {
  life.Say(EventKind::kKept, Json::MakeObject({{"work_ms", 7000}}));
  Fail(true);
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_EQ(life.state.machines_lost, 1);
  EXPECT_EQ(life.state.safe_work_ms, 7000);
  EXPECT_FALSE(life.state.recalling);
}

TEST_F(GoneAlone, APlaceOutOfReachIsTriedForADayAndThenGivenUp) {
  Fail(false);
  EXPECT_FALSE(life.Wants(EffectKind::kFetch));
  life.Pass(62 * kSecond);
  EXPECT_TRUE(life.Wants(EffectKind::kFetch));
  life.Pass(23 * kHour);
  Fail(false);
  EXPECT_EQ(life.state.phase, Phase::kFetching);
  life.Pass(2 * kHour);
  Fail(false);
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
}

TEST_F(GoneAlone, TimeAsleepIsNoTimeInWhichThePlaceWasTried) {
  life.Sleep(60 * kHour);
  Fail(false);
  EXPECT_EQ(life.state.phase, Phase::kFetching);
}

TEST_F(GoneAlone, AnotherSupervisorReadsItAgain) {
  life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "another"}}));
  EXPECT_TRUE(life.Wants(EffectKind::kFetch));
  EXPECT_TRUE(life.state.recalling);
}

TEST_F(GoneAlone, WhoCancelsNeedNotWaitForThePlace) {
  Fail(false);
  life.Ask("cancel");
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kCancelled);
}

TEST(AwayRecall, WhatTheAgentCannotPutThereIsBroughtHome) {
  Away life(Json::MakeObject({{"named_place", true}}));
  life.Work();
  life.Checkpoint("a", 1000);
  life.Report("not_safe", Json::MakeObject({{"work_ms", 1000}}));
  EXPECT_FALSE(life.Wants(EffectKind::kKeep));
  life.Pass(5 * kMinute + 2 * kSecond);
  EXPECT_TRUE(life.Wants(EffectKind::kKeep));
  life.Answer(EffectKind::kKeep, EventKind::kKept, {}, Json::MakeObject({{"work_ms", 1000}}));
  EXPECT_EQ(life.state.safe_work_ms, 1000);
}

TEST(AwayRecall, WithoutANamedPlaceAnotherMachineIsDecidedOnAtOnce) {
  Away life;
  life.Work();
  life.Pass(5 * kMinute);
  life.Look({});
  life.Pass(11 * kSecond);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_EQ(life.state.machines_lost, 1);
}

TEST(AwayRecall, OutputsThatWereOnTheirWayAreLookedForAtThePlace) {
  Away life(Json::MakeObject({{"named_place", true}}));
  life.Work();
  life.Pass(5 * kMinute);
  life.Report("finished", Json::MakeObject({{"outcome", "done"}}));
  life.Answer(EffectKind::kFetch, EventKind::kFetchFailed);
  life.Say(EventKind::kDisconnected);
  life.Look({});
  life.Pass(11 * kSecond);
  life.Look({});
  EXPECT_TRUE(life.state.recalling);
  EXPECT_TRUE(life.Wants(EffectKind::kFetch));
  life.Answer(EffectKind::kFetch, EventKind::kFetched);
  EXPECT_EQ(life.state.phase, Phase::kCommitting);
}

}  // namespace
}  // namespace curbstop
