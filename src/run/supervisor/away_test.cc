// The rules of a run's life on rented machines, one by one.
#include <gtest/gtest.h>

#include "run/supervisor/testing/away_life.h"

namespace curbstop {
namespace {

// ---- what the user asks ---------------------------------------------------------------------

struct Asked {
  Phase in;
  const char* what;
  Phase leads_to;
  bool ends_machine;
};

class UserAsks : public testing::TestWithParam<Asked> {};

TEST_P(UserAsks, IsDoneFromThatState) {
  Away life;
  life.UpTo(GetParam().in);
  ASSERT_EQ(NameOf(life.state.phase), NameOf(GetParam().in));
  life.Ask(GetParam().what);
  EXPECT_EQ(NameOf(life.state.phase), NameOf(GetParam().leads_to));
  const bool ends = !life.state.rentals.empty() && life.rental().ending;
  EXPECT_EQ(ends, GetParam().ends_machine);
}

INSTANTIATE_TEST_SUITE_P(
    Away, UserAsks,
    testing::Values(Asked{Phase::kDeciding, "cancel", Phase::kClosing, false},
                    Asked{Phase::kAdmitting, "cancel", Phase::kAdmitting, false},
                    Asked{Phase::kCreating, "cancel", Phase::kClosing, true},
                    Asked{Phase::kSearching, "cancel", Phase::kClosing, true},
                    Asked{Phase::kBooting, "cancel", Phase::kClosing, true},
                    Asked{Phase::kWorking, "cancel", Phase::kSaving, false},
                    Asked{Phase::kSaving, "cancel", Phase::kSaving, false},
                    Asked{Phase::kFetching, "cancel", Phase::kFetching, false},
                    Asked{Phase::kParked, "cancel", Phase::kClosing, true},
                    Asked{Phase::kCommitting, "cancel", Phase::kCommitting, false},
                    Asked{Phase::kWorking, "park", Phase::kSaving, false},
                    Asked{Phase::kBooting, "park", Phase::kClosing, true},
                    Asked{Phase::kWorking, "kill", Phase::kClosing, true},
                    Asked{Phase::kSaving, "kill", Phase::kClosing, true},
                    Asked{Phase::kParked, "panic", Phase::kClosing, true},
                    Asked{Phase::kFetching, "panic", Phase::kClosing, true},
                    Asked{Phase::kCommitting, "panic", Phase::kCommitting, false}));

TEST(AwayRules, ACancelDuringAdmissionIsHeardBeforeAnythingIsMade) {
  Away life;
  life.UpTo(Phase::kAdmitting);
  life.Ask("cancel");
  const Transition admitted = life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_FALSE(Begins(admitted, EffectKind::kCreate));
}

TEST(AwayRules, WhatIsParkedIsPausedOnlyWithItsReserve) {
  Away life;
  life.Work();
  life.Ask("park");
  const Transition saved = life.Report("saved");
  EXPECT_TRUE(Begins(saved, EffectKind::kAdmit));
  EXPECT_FALSE(Begins(saved, EffectKind::kPause));
  life.Answer(EffectKind::kAdmit, EventKind::kRefused);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_TRUE(life.rental().ending);
}

// ---- gone means seen gone -------------------------------------------------------------------

TEST(AwayRules, GoneIsSoManyReadsThatFarApart) {
  Away life;
  life.Work();
  life.Pass(5 * kMinute);
  life.Look({kSeen});
  life.Look({});
  life.Pass(5 * kSecond);
  life.Look({});  // too soon to count
  EXPECT_EQ(life.state.phase, Phase::kWorking);
  life.Pass(6 * kSecond);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_TRUE(life.state.rentals.empty());
}

TEST(AwayRules, AReadThatShowsItBeginsTheCountAnew) {
  Away life;
  life.Work();
  life.Pass(5 * kMinute);
  for (const bool there : {false, true, false}) {
    life.Look(there ? std::vector{kSeen} : std::vector<SeenMachine>());
    life.Pass(11 * kSecond);
  }
  EXPECT_EQ(life.state.phase, Phase::kWorking);
}

TEST(AwayRules, BeforeAListingHasToShowItItsAbsenceSaysNothing) {
  Away life;
  life.Boot();
  for (int i = 0; i < 8; ++i) {
    life.Look({});
    life.Pass(11 * kSecond);
  }
  ASSERT_EQ(life.rental().missed_reads, 0);  // 88 s of the 90 that it may take
  life.Pass(11 * kSecond);
  life.Look({});
  EXPECT_EQ(life.rental().missed_reads, 1);
}

TEST(AwayRules, AnAcceptedDestroyIsNoEndAndARefusedOneIsRepeated) {
  Away life;
  life.Work();
  life.Ask("kill");
  life.Answer(EffectKind::kDestroy, EventKind::kDestroyFailed);
  life.Pass(5 * kSecond);
  ASSERT_TRUE(life.Wants(EffectKind::kDestroy));
  life.Answer(EffectKind::kDestroy, EventKind::kDestroyAccepted);
  EXPECT_EQ(life.state.rentals.size(), 1u);
  life.Look({kSeen});
  life.Pass(70 * kSecond);
  EXPECT_TRUE(life.Wants(EffectKind::kDestroy));
}

TEST(AwayRules, AMachineThatNobodyAskedForIsOnTheBooksAndEnded) {
  Away life;
  life.Work();
  const Transition looked = life.Look({kSeen, {"i-9", 1, false, kRate, 0}});
  ASSERT_EQ(life.state.rentals.size(), 2u);
  EXPECT_TRUE(life.rental(1).stray);
  EXPECT_TRUE(Begins(looked, EffectKind::kDestroy));
  EXPECT_EQ(life.state.phase, Phase::kWorking);
}

// ---- creates --------------------------------------------------------------------------------

TEST(AwayRules, ACreateWithoutAnswerIsLookedForAndNeverRepeated) {
  Away life;
  life.Rent();
  const Transition unknown = life.Answer(EffectKind::kCreate, EventKind::kCreateUnknown);
  EXPECT_EQ(life.state.phase, Phase::kSearching);
  EXPECT_FALSE(Begins(unknown, EffectKind::kCreate));
  life.Look({kSeen});
  EXPECT_EQ(life.state.phase, Phase::kBooting);
  EXPECT_EQ(life.rental().machine, "i-1");
}

TEST(AwayRules, ACreateOfASupervisorThatDiedIsLookedFor) {
  Away life;
  life.Rent();
  life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot"}}));
  EXPECT_EQ(life.state.phase, Phase::kSearching);
  EXPECT_FALSE(life.Wants(EffectKind::kCreate));
}

TEST(AwayRules, ARefusalThatNamesAMachineIsAMachine) {
  Away life;
  life.Rent();
  Facts named;
  named.machine = "i-1";
  life.Answer(EffectKind::kCreate, EventKind::kCreateRefused, named);
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_TRUE(life.rental().ending);
  EXPECT_EQ(life.state.blocked_offers, std::vector<std::string>{"m-1"});
}

TEST(AwayRules, APriceThatRoseEndsTheMachineBeforeAnythingRuns) {
  Away life;
  life.Rent();
  Facts made;
  made.machine = "i-1";
  made.micro_usd_per_hour = kRate + 1;
  life.Answer(EffectKind::kCreate, EventKind::kCreateAnswered, made);
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_TRUE(life.rental().ending);
}

TEST(AwayRules, APriceThatRisesLaterSavesFirst) {
  Away life;
  life.Work();
  SeenMachine dearer = kSeen;
  dearer.micro_usd_per_hour = 2 * kRate;
  life.Look({dearer});
  EXPECT_EQ(life.state.phase, Phase::kSaving);
  EXPECT_EQ(life.state.verdict, Phase::kDeciding);
}

TEST(AwayRules, CreatesThatComeToNothingEndTheRunInTime) {
  Away life;
  for (int i = 0; i < kMostRefusals; ++i) {
    ASSERT_EQ(life.state.phase, Phase::kDeciding) << i;
    life.Rent();
    life.Answer(EffectKind::kCreate, EventKind::kCreateRefused);
  }
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
}

// ---- the machine's first word ---------------------------------------------------------------

struct FirstWord {
  LeaseGrade grade;
  bool rehearsed;
  bool as_promised;
  Phase leads_to;
};

class Hello : public testing::TestWithParam<FirstWord> {};

TEST_P(Hello, IsBelievedOnlyIfTheMachineIsWhatWasAgreedOn) {
  Facts offer = RentOffer();
  offer.grade = static_cast<int64_t>(GetParam().grade);
  Away life;
  life.Boot(offer);
  life.Report("hello", Json::MakeObject({{"rehearsed", GetParam().rehearsed},
                                         {"as_promised", GetParam().as_promised}}));
  EXPECT_EQ(NameOf(life.state.phase), NameOf(GetParam().leads_to));
}

INSTANTIATE_TEST_SUITE_P(Away, Hello,
                         testing::Values(FirstWord{LeaseGrade::kA, false, true, Phase::kWorking},
                                         FirstWord{LeaseGrade::kB, true, true, Phase::kWorking},
                                         FirstWord{LeaseGrade::kB, false, true, Phase::kDeciding},
                                         FirstWord{LeaseGrade::kBStar, false, true,
                                                   Phase::kWorking},
                                         FirstWord{LeaseGrade::kC, false, true, Phase::kWorking},
                                         FirstWord{LeaseGrade::kA, true, false, Phase::kDeciding},
                                         FirstWord{LeaseGrade::kC, true, false, Phase::kDeciding}));

Json Refusal(const char* of) { return Json::MakeObject({{"error", "no"}, {"refusal", of}}); }

TEST(AwayRules, AnOfferThatRefusedIsNotAskedAgain) {
  Away life;
  life.Rent();
  life.Answer(EffectKind::kCreate, EventKind::kCreateRefused, {}, Refusal("next_offer"));
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_EQ(life.state.blocked_offers, std::vector<std::string>{"m-1"});
  life.Rent();
  life.Answer(EffectKind::kCreate, EventKind::kCreateRefused, {}, Refusal("retry_after"));
  EXPECT_EQ(life.state.blocked_offers.size(), 1u);
}

TEST(AwayRules, WhatEveryOfferWouldRefuseEndsTheRunAtOnce) {
  for (const char* of : {"fix_request", "provider_off"}) {
    Away life;
    life.Rent();
    life.Answer(EffectKind::kCreate, EventKind::kCreateRefused, {}, Refusal(of));
    EXPECT_EQ(life.state.phase, Phase::kClosing) << of;
    EXPECT_EQ(life.state.verdict, Phase::kFailed);
    EXPECT_EQ(life.state.exit_code, 1);
    EXPECT_TRUE(life.state.rentals.empty());
  }
}

TEST(AwayRules, ALateHopelessRefusalDoesNotChangeWhatTheRunComesTo) {
  Away life;
  life.Rent();
  life.Ask("cancel");
  life.Answer(EffectKind::kCreate, EventKind::kCreateRefused, {}, Refusal("fix_request"));
  EXPECT_EQ(life.state.verdict, Phase::kCancelled);
}

TEST(AwayRules, ASupervisorThatOnlyLooksAfterARunRentsNothing) {
  Away life;
  life.Work();
  life.Pass(5 * kMinute);
  life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot"}, {"can_restart", false}}));
  life.Pass(2 * kMinute);
  life.Look({kSeen});
  EXPECT_EQ(life.state.phase, Phase::kWorking);  // what works goes on
  life.Look({});
  life.Pass(11 * kSecond);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kCrashed);
  EXPECT_FALSE(life.Wants(EffectKind::kDecide));
}

TEST(AwayRules, AMachineThatNeverSpeaksIsGivenUp) {
  Away life;
  life.Boot();
  life.Pass(10 * kMinute);
  life.Look({kSeen});
  ASSERT_EQ(life.state.phase, Phase::kBooting);
  life.Pass(61 * kSecond);
  life.Look({kSeen});
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
}

TEST(AwayRules, AfterSleepTheAgentIsHeardBeforeItIsJudged) {
  Away life;
  life.Boot();
  life.Sleep(2 * kHour);
  life.Look({kSeen});
  EXPECT_EQ(life.state.phase, Phase::kBooting);
  life.Pass(61 * kSecond);
  life.Look({kSeen});
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
}

// ---- the lease ------------------------------------------------------------------------------

TEST(AwayRules, TheLeaseIsMadeLongerInOrderReserveMarkMachine) {
  Away life;
  life.Work();
  life.Pass(2 * kHour - 15 * kMinute + 2 * kSecond);
  Facts longer;
  longer.decision = static_cast<int64_t>(DecisionKind::kExtend);
  longer.lease_ms = 3 * kHour;
  longer.reserve_micro_usd = kRate;
  const Transition decided = life.Answer(EffectKind::kDecide, EventKind::kDecided, longer);
  EXPECT_TRUE(Begins(decided, EffectKind::kAdmit));
  const Transition admitted = life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  EXPECT_EQ(admitted.ledger.at(0).kind, LedgerKind::kReserve);
  EXPECT_TRUE(Begins(admitted, EffectKind::kMark));
  EXPECT_FALSE(Begins(admitted, EffectKind::kExtend));
  EXPECT_TRUE(Begins(life.Answer(EffectKind::kMark, EventKind::kMarked), EffectKind::kExtend));
  life.Answer(EffectKind::kExtend, EventKind::kExtended);
  EXPECT_EQ(life.rental().lease_ms, 3 * kHour);
}

TEST(AwayRules, ALostExtensionEndsEarly) {
  for (const bool at_the_mark : {true, false}) {
    Away life;
    life.Work();
    life.Pass(2 * kHour - 15 * kMinute + 2 * kSecond);
    Facts longer;
    longer.decision = static_cast<int64_t>(DecisionKind::kExtend);
    longer.lease_ms = 3 * kHour;
    life.Answer(EffectKind::kDecide, EventKind::kDecided, longer);
    life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
    if (at_the_mark) life.Answer(EffectKind::kMark, EventKind::kMarkFailed);
    else {
      life.Answer(EffectKind::kMark, EventKind::kMarked);
      life.Answer(EffectKind::kExtend, EventKind::kExtendFailed);
    }
    EXPECT_EQ(life.state.phase, Phase::kSaving);
    EXPECT_EQ(life.rental().lease_ms, 2 * kHour);
  }
}

TEST(AwayRules, WithoutMoneyForMoreTimeTheWorkIsSavedBeforeTheLeaseEnds) {
  Away life;
  life.Work();
  life.Pass(2 * kHour - 15 * kMinute + 2 * kSecond);
  Facts drain;
  drain.decision = static_cast<int64_t>(DecisionKind::kDrain);
  life.Answer(EffectKind::kDecide, EventKind::kDecided, drain);
  EXPECT_EQ(life.state.phase, Phase::kSaving);
  EXPECT_TRUE(life.Wants(EffectKind::kTellAgent));
}

// ---- money ----------------------------------------------------------------------------------

TEST(AwayRules, AMachineNobodySawCountsNoLongerThanItsLeaseLetsItLive) {
  Away life;
  life.Work();
  life.Look({kSeen});
  life.Sleep(60 * kHour);
  life.Say(EventKind::kTick);
  // call 60 s + boot 10 min + lease 2 h + D 60 s + L 30 s + 2 x 10 s
  constexpr int64_t kLongest = (60 + 600 + 7200 + 60 + 30 + 20) * kSecond;
  EXPECT_EQ(life.accrued, MicroUsd(kLongest));
}

TEST(AwayRules, SeenLongAfterItsLeaseItCountsForAllTheTime) {
  Away life;
  life.Work();
  life.Sleep(60 * kHour);
  life.Look({kSeen});
  life.Say(EventKind::kTick);
  EXPECT_EQ(life.accrued, MicroUsd(60 * kHour));
}

struct AtTheCap {
  Phase in;
  int64_t after_ms;
  Phase leads_to;
};

class LoweredCap : public testing::TestWithParam<AtTheCap> {};

TEST_P(LoweredCap, SavesAndEnds) {
  Away life;
  life.UpTo(GetParam().in);
  ASSERT_EQ(NameOf(life.state.phase), NameOf(GetParam().in));
  life.Pass(GetParam().after_ms);
  Facts limit;
  limit.limit_micro_usd = 1;
  life.Say(EventKind::kTick, Json::MakeObject(), limit);
  EXPECT_EQ(NameOf(life.state.phase), NameOf(GetParam().leads_to));
}

INSTANTIATE_TEST_SUITE_P(Away, LoweredCap,
                         testing::Values(AtTheCap{Phase::kBooting, 2 * kMinute, Phase::kClosing},
                                         AtTheCap{Phase::kWorking, 2 * kMinute, Phase::kSaving},
                                         AtTheCap{Phase::kParked, 2 * kMinute, Phase::kClosing},
                                         AtTheCap{Phase::kFetching, 2 * kMinute, Phase::kFetching},
                                         AtTheCap{Phase::kFetching, 11 * kMinute,
                                                  Phase::kClosing}));

TEST(AwayRules, AShortLeaseHasAShortMargin) {
  Facts offer = RentOffer();
  offer.lease_ms = 8 * kMinute;
  Away life;
  life.Work(offer);
  life.Pass(5 * kMinute);
  EXPECT_FALSE(life.Wants(EffectKind::kDecide));
  life.Pass(90 * kSecond);  // its last quarter has begun
  EXPECT_TRUE(life.Wants(EffectKind::kDecide));
}

TEST(AwayRules, AConnectionThatEndsIsLookedAfterAtOnceForAWhile) {
  Away life;
  life.Work();
  life.Pass(2 * kMinute);
  life.Look({kSeen});
  life.Say(EventKind::kDisconnected);
  EXPECT_TRUE(life.Wants(EffectKind::kLook));
  life.Look({kSeen});
  life.Pass(4 * kSecond);
  EXPECT_TRUE(life.Wants(EffectKind::kLook));  // a third of what lies between two reads
  life.Pass(3 * kMinute);
  life.Look({kSeen});
  life.Pass(30 * kSecond);
  EXPECT_FALSE(life.Wants(EffectKind::kLook));
}

TEST(AwayRules, AttemptsAreCountedOverAllMachinesAndTheirTimeByTheirOwnClock) {
  Away life;
  life.Work();
  const auto clock = [](int64_t awake_ms) { return Json::MakeObject({{"awake_ms", awake_ms}}); };
  life.Report("attempt_starting", clock(5000));
  life.Report("attempt_ended", clock(7500));
  life.Report("attempt_starting", clock(100).Set("resume_from", "step-2").Set("attempt", 1));
  EXPECT_EQ(life.state.attempt, 2);
  EXPECT_EQ(life.state.resumed_from, "step-2");
  EXPECT_EQ(life.state.busy_ms, 2500);
  life.Report("attempt_ended", clock(50));  // a clock that lies
  EXPECT_EQ(life.state.busy_ms, 2500);
}

TEST(AwayRules, TheReserveIsGivenBackWhenTheMachineIsSeenGone) {
  Away life;
  life.Work();
  life.Pass(5 * kMinute);
  life.Look({});
  life.Pass(11 * kSecond);
  const Transition gone = life.Look({});
  ASSERT_FALSE(gone.ledger.empty());
  EXPECT_EQ(gone.ledger.back().kind, LedgerKind::kRelease);
  EXPECT_EQ(gone.ledger.back().amount, MicroUsd(RentOffer().reserve_micro_usd));
  EXPECT_EQ(SpentAndHeld(life.state), life.accrued);
}

// ---- work -----------------------------------------------------------------------------------

TEST(AwayRules, ACheckpointCountsWhenItIsCompleteAndIsSafeWhenItIsHome) {
  Away life;
  life.Work();
  life.Report("checkpoint",
              Json::MakeObject({{"name", "a"}, {"complete", false}, {"work_ms", 1000}}));
  EXPECT_FALSE(life.Wants(EffectKind::kKeep));
  life.Checkpoint("a", 1000);
  EXPECT_TRUE(life.Wants(EffectKind::kKeep));
  EXPECT_EQ(life.state.safe_work_ms, 0);
  life.Answer(EffectKind::kKeep, EventKind::kKept, {}, Json::MakeObject({{"work_ms", 1000}}));
  EXPECT_EQ(life.state.safe_work_ms, 1000);
}

TEST(AwayRules, WithANamedPlaceTheAgentsWordIsEnough) {
  Away life(Json::MakeObject({{"named_place", true}}));
  life.Work();
  life.Checkpoint("a", 1000);
  EXPECT_FALSE(life.Wants(EffectKind::kKeep));
  life.Report("safe", Json::MakeObject({{"work_ms", 1000}}));
  EXPECT_EQ(life.state.safe_work_ms, 1000);
}

TEST(AwayRules, SavingWaitsForTheLastCheckpointToBeHome) {
  Away life;
  life.Work();
  life.Checkpoint("a", 1000);
  life.Ask("cancel");
  life.Report("saved");
  EXPECT_EQ(life.state.phase, Phase::kSaving);
  life.Answer(EffectKind::kKeep, EventKind::kKept, {}, Json::MakeObject({{"work_ms", 1000}}));
  EXPECT_EQ(life.state.phase, Phase::kClosing);
}

TEST(AwayRules, SavingDoesNotWaitForEver) {
  Away life;
  life.Work();
  life.Pass(2 * kMinute);
  life.Ask("cancel");
  life.Pass(11 * kMinute);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_TRUE(life.rental().ending);
}

TEST(AwayRules, OutputsAreHomeBeforeTheMachineEnds) {
  Away life;
  life.UpTo(Phase::kFetching);
  EXPECT_FALSE(life.rental().ending);
  life.Answer(EffectKind::kFetch, EventKind::kFetchFailed);
  EXPECT_FALSE(life.rental().ending);
  life.Pass(3 * kSecond);
  life.Answer(EffectKind::kFetch, EventKind::kFetched);
  life.Answer(EffectKind::kCommit, EventKind::kCommitted);
  EXPECT_TRUE(life.rental().ending);
}

TEST(AwayRules, AnInterruptedMachineIsEndedAndReplaced) {
  Facts offer = RentOffer();
  offer.spot = 1;
  Away life;
  life.Work(offer);
  SeenMachine paused = kSeen;
  paused.paused = true;
  life.Look({paused});
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  ASSERT_EQ(life.state.rentals.size(), 1u);
  EXPECT_TRUE(life.rental().ending);
  EXPECT_TRUE(life.Wants(EffectKind::kDestroy));
}

TEST(AwayRules, MachinesThatBringTheWorkNoFurtherEndTheRun) {
  Away life;
  for (int i = 0; i < kMostIdleMachines; ++i) {
    ASSERT_EQ(life.state.phase, Phase::kDeciding) << i;
    EXPECT_EQ(SituationOf(life.state).is_last_chance, i + 1 == kMostIdleMachines);
    life.Rent();
    Facts made;
    made.machine = "i-1";
    made.micro_usd_per_hour = kRate;
    life.Answer(EffectKind::kCreate, EventKind::kCreateAnswered, made);
    life.Report("hello", Json::MakeObject({{"rehearsed", true}, {"as_promised", true}}));
    life.Pass(5 * kMinute);
    life.Look({});
    life.Pass(11 * kSecond);
    life.Look({});
  }
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
}

// ---- the end --------------------------------------------------------------------------------

TEST(AwayRules, ARunIsOverWhenNoMachineIsSeenNorCanTurnUp) {
  Away life;
  life.UpTo(Phase::kCommitting);
  life.Answer(EffectKind::kCommit, EventKind::kCommitted);
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  life.Pass(2 * kMinute);
  life.Look({});
  life.Pass(11 * kSecond);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kSucceeded);
  EXPECT_EQ(WakeAt(life.state), kNoWake);
}

TEST(AwayRules, AfterAnUnansweredCreateTheRunWaitsUntilNoneCanTurnUp) {
  Away life;
  life.UpTo(Phase::kCreating);
  life.Ask("panic");
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  life.Pass(20 * kSecond);
  const Transition late = life.Look({kSeen});
  EXPECT_TRUE(Begins(late, EffectKind::kDestroy));
}

}  // namespace
}  // namespace curbstop
