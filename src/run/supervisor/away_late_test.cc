// What comes late, twice or out of order on a rented machine: each changes as little as it must.
#include <gtest/gtest.h>

#include "run/supervisor/testing/away_life.h"

namespace curbstop {
namespace {

Facts Longer() {
  Facts longer;
  longer.decision = static_cast<int64_t>(DecisionKind::kExtend);
  longer.lease_ms = 3 * kHour;
  longer.reserve_micro_usd = kRate;
  return longer;
}

// Its agent cannot be heard, and looks stay out for longer than the agent would be waited for.
void LetTheLeaseEndAsleep(Away& life) {
  life.Say(EventKind::kDisconnected);
  life.Sleep(3 * kHour);
  life.Pass(90 * kSecond);
}

// To the quarter of an hour before the lease's end, where a decision is asked for.
void PassToTheMargin(Away& life) { life.Pass(2 * kHour - 15 * kMinute + 2 * kSecond); }

// ---- outcomes of what is not waited for any more --------------------------------------------

struct Late {
  Phase in;
  EventKind kind;
};

class LateOutcome : public testing::TestWithParam<Late> {};

TEST_P(LateOutcome, ChangesNothing) {
  Away life;
  life.UpTo(GetParam().in);
  Facts facts;
  facts.rental = 99;
  facts.date_ms = life.Now();
  const int64_t next_ask = life.state.next_ask_ms;
  const Transition late = life.Say(GetParam().kind, Json::MakeObject(), facts);
  EXPECT_EQ(NameOf(life.state.phase), NameOf(GetParam().in));
  EXPECT_TRUE(late.ledger.empty());
  EXPECT_EQ(life.state.next_ask_ms, next_ask);
  for (const Effect& effect : late.effects) EXPECT_EQ(NameOf(effect.kind), "look");
}

INSTANTIATE_TEST_SUITE_P(Away, LateOutcome,
                         testing::Values(Late{Phase::kWorking, EventKind::kFetched},
                                         Late{Phase::kWorking, EventKind::kFetchFailed},
                                         Late{Phase::kWorking, EventKind::kPaused},
                                         Late{Phase::kWorking, EventKind::kPauseFailed},
                                         Late{Phase::kWorking, EventKind::kRecordFinished},
                                         Late{Phase::kWorking, EventKind::kCommitted},
                                         Late{Phase::kSaving, EventKind::kAdmitted},
                                         Late{Phase::kDeciding, EventKind::kAdmitted},
                                         Late{Phase::kFetching, EventKind::kMarkFailed},
                                         Late{Phase::kSaving, EventKind::kExtendFailed},
                                         Late{Phase::kWorking, EventKind::kCreateRefused},
                                         Late{Phase::kWorking, EventKind::kCreateUnknown},
                                         Late{Phase::kParked, EventKind::kPaused},
                                         Late{Phase::kParked, EventKind::kFetched}));

TEST(AwayLate, TheSameReportIsHeardOnce) {
  Away life;
  life.Work();
  life.Checkpoint("a", 1000);
  Event again;
  again.kind = EventKind::kAgentReport;
  again.at_ms = life.Now();
  again.agent_seq = life.state.last_agent_seq;
  again.data = Json::MakeObject({{"kind", "finished"}, {"outcome", "done"}});
  Apply(life.state, again, 999);
  EXPECT_EQ(life.state.phase, Phase::kWorking);
}

TEST(AwayLate, TheSameCheckpointCountsOnce) {
  Away life;
  life.Work();
  life.Checkpoint("a", 1000);
  life.Checkpoint("a", 1000);
  EXPECT_EQ(life.state.checkpoints, 1);
}

TEST(AwayLate, ASecondHelloIsNoNewBeginning) {
  Away life;
  life.UpTo(Phase::kSaving);
  life.Report("hello", Json::MakeObject({{"rehearsed", true}, {"as_promised", true}}));
  EXPECT_EQ(life.state.phase, Phase::kSaving);
}

TEST(AwayLate, ASecondAnswerForTheSameMachineChangesNothing) {
  Away life;
  life.Work();
  Facts again;
  again.rental = 1;
  again.machine = "i-1";
  again.micro_usd_per_hour = kRate;
  life.Say(EventKind::kCreateAnswered, Json::MakeObject(), again);
  EXPECT_EQ(life.state.phase, Phase::kWorking);
  EXPECT_EQ(life.state.rentals.size(), 1u);
}

TEST(AwayLate, TheStepsEndAfterTheRunsEndIsNoNews) {
  Away life;
  life.UpTo(Phase::kCommitting);
  life.Report("finished", Json::MakeObject({{"outcome", "failed"}}));
  EXPECT_EQ(life.state.phase, Phase::kCommitting);
}

// ---- after a supervisor died ------------------------------------------------------------------

TEST(AwayLate, WhatIsSavedIsNotWaitedForOnceMore) {
  Away life;
  life.Work();
  life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot"}}));
  life.Say(EventKind::kConnected);
  life.Checkpoint("a", 1000);
  life.Report("finished", Json::MakeObject({{"outcome", "lease_over"}}));
  life.Report("saved");
  EXPECT_EQ(life.state.phase, Phase::kSaving);
  life.Answer(EffectKind::kKeep, EventKind::kKept, {}, Json::MakeObject({{"work_ms", 1000}}));
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_TRUE(life.rental().ending);
}

TEST(AwayLate, AnEventThatTellsNoBootTimeMovesNoClock) {
  Away life;
  life.Work();
  const int64_t before = life.state.timeline.now_ms;
  Event silent;
  silent.kind = EventKind::kRecovered;
  silent.at_ms = life.Now();
  silent.data = Json::MakeObject({{"boot_id", "boot"}});
  Apply(life.state, silent, 999);
  life.Say(EventKind::kTick);
  EXPECT_EQ(life.state.timeline.now_ms, before);
}

// ---- creates after a cancel -----------------------------------------------------------------

TEST(AwayLate, AMachineAnsweredAfterACancelIsEnded) {
  Away life;
  life.UpTo(Phase::kCreating);
  life.Ask("cancel");
  Facts made;
  made.machine = "i-1";
  made.micro_usd_per_hour = kRate;
  const Transition answered = life.Answer(EffectKind::kCreate, EventKind::kCreateAnswered, made);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_TRUE(Begins(answered, EffectKind::kDestroy));
}

TEST(AwayLate, AMachineNamedByARefusalAfterACancelIsEnded) {
  Away life;
  life.UpTo(Phase::kCreating);
  life.Ask("cancel");
  Facts named;
  named.machine = "i-1";
  const Transition refused = life.Answer(EffectKind::kCreate, EventKind::kCreateRefused, named);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_TRUE(Begins(refused, EffectKind::kDestroy));
  EXPECT_FALSE(Begins(refused, EffectKind::kFinishRecord));  // that it has begun already
}

TEST(AwayLate, AMachineNamedByARefusalOfWhatIsOffTheBooksIsEnded) {
  Away life;
  life.Work();
  Facts named;
  named.rental = 99;
  named.machine = "i-9";
  const Transition refused = life.Say(EventKind::kCreateRefused, Json::MakeObject(), named);
  EXPECT_EQ(life.state.phase, Phase::kWorking);
  EXPECT_TRUE(Begins(refused, EffectKind::kDestroy));
}

TEST(AwayLate, ARefusalAfterItsEndIsNoReasonToDecideAnew) {
  for (const char* what : {"cancel", "kill", "panic"}) {
    Away life;
    life.UpTo(Phase::kCreating);
    life.Ask(what);
    const Transition refused = life.Answer(EffectKind::kCreate, EventKind::kCreateRefused);
    EXPECT_EQ(life.state.phase, Phase::kClosing) << what;
    EXPECT_TRUE(life.state.rentals.empty()) << what;
    EXPECT_FALSE(life.Wants(EffectKind::kDecide)) << what;
    EXPECT_FALSE(Begins(refused, EffectKind::kFinishRecord)) << what;
  }
}

TEST(AwayLate, ASearchThatFindsNothingTriesTheNextOffer) {
  Away life;
  life.UpTo(Phase::kSearching);
  life.Pass(100 * kSecond);
  life.Look({});
  life.Pass(11 * kSecond);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_EQ(life.state.refusals, 1);
  EXPECT_EQ(life.state.machines_lost, 0);
}

TEST(AwayLate, NoOfferIsWaitedForAnHourAndNoLonger) {
  Facts nothing;
  nothing.decision = static_cast<int64_t>(DecisionKind::kStop);
  nothing.reason = static_cast<int64_t>(DecisionReason::kNoOffer);
  Away life;
  for (int i = 0; i < 60; ++i) {
    life.Answer(EffectKind::kDecide, EventKind::kDecided, nothing);
    ASSERT_EQ(life.state.phase, Phase::kDeciding) << i;
    EXPECT_FALSE(life.Wants(EffectKind::kDecide));
    life.Pass(61 * kSecond);
  }
  life.Answer(EffectKind::kDecide, EventKind::kDecided, nothing);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
}

// ---- the lease ------------------------------------------------------------------------------

TEST(AwayLate, MoreTimeAdmittedWhileSavingIsNotTaken) {
  Away life;
  life.Work();
  PassToTheMargin(life);
  life.Answer(EffectKind::kDecide, EventKind::kDecided, Longer());
  life.Ask("cancel");
  const Transition admitted = life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  EXPECT_TRUE(admitted.ledger.empty());
  EXPECT_FALSE(Begins(admitted, EffectKind::kMark));
}

TEST(AwayLate, OfTwoDecisionsOnTheLeaseTheFirstIsCarriedOut) {
  Away life;
  life.Work();
  PassToTheMargin(life);
  life.Answer(EffectKind::kDecide, EventKind::kDecided, Longer());
  Facts longest = Longer();
  longest.lease_ms = 4 * kHour;
  life.Say(EventKind::kDecided, Json::MakeObject(), longest);
  life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  life.Answer(EffectKind::kMark, EventKind::kMarked);
  life.Answer(EffectKind::kExtend, EventKind::kExtended);
  EXPECT_EQ(life.rental().lease_ms, 3 * kHour);
}

TEST(AwayLate, AfterSleepNothingIsJudgedBeforeAListingIsHeard) {
  Away life;
  life.Work();
  life.Look({kSeen});
  LetTheLeaseEndAsleep(life);
  EXPECT_EQ(life.state.phase, Phase::kWorking);
  life.Look({kSeen});
  life.Pass(2 * kSecond);
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
}

TEST(AwayLate, AListingThatWasLongOnItsWayShowsOnlyWhatWasThere) {
  Away life;
  life.Boot();
  life.Pass(95 * kSecond);  // by now a listing has to show it
  for (int i = 0; i < 3; ++i) {
    Facts old;
    old.date_ms = life.Now() - 80 * kSecond;
    life.Say(EventKind::kLooked, Json::MakeObject(), old);
    life.Pass(11 * kSecond);
  }
  EXPECT_EQ(life.rental().missed_reads, 0);
  EXPECT_EQ(life.state.phase, Phase::kBooting);
}

TEST(AwayLate, AnExpiryWrittenWhileSavingLengthensNothing) {
  Away life;
  life.Work();
  PassToTheMargin(life);
  life.Answer(EffectKind::kDecide, EventKind::kDecided, Longer());
  life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  life.Ask("cancel");
  EXPECT_FALSE(Begins(life.Answer(EffectKind::kMark, EventKind::kMarked), EffectKind::kExtend));
}

TEST(AwayLate, AReserveThatDoesNotFitEndsTheRunBeforeAnythingIsMade) {
  Away life;
  life.UpTo(Phase::kAdmitting);
  const Transition refused = life.Answer(EffectKind::kAdmit, EventKind::kRefused);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
  EXPECT_FALSE(Begins(refused, EffectKind::kCreate));
}

// Nothing is late but what is waited for by the clock.
TEST(AwayLate, ADecisionThatStaysOutIsNoSleep) {
  Away life;
  life.Work();
  PassToTheMargin(life);
  ASSERT_TRUE(life.Wants(EffectKind::kDecide));
  for (int i = 0; i < 8; ++i) {
    life.Look({kSeen});
    life.Pass(kMinute);
  }
  EXPECT_EQ(life.state.awake_since_ms, 0);
}

// The decision to keep it as it is: its end comes while the step works.
void LetTheLeaseEnd(Away& life) {
  PassToTheMargin(life);
  Facts keep;
  keep.decision = static_cast<int64_t>(DecisionKind::kKeep);
  life.Answer(EffectKind::kDecide, EventKind::kDecided, keep);
}

TEST(AwayLate, AtTheLeasesEndAMachineThatSpeaksSaves) {
  Away life;
  life.Work();
  LetTheLeaseEnd(life);
  life.Look({kSeen});
  life.Pass(16 * kMinute);
  life.Look({kSeen});
  EXPECT_EQ(life.state.phase, Phase::kSaving);
  EXPECT_FALSE(life.rental().ending);
}

TEST(AwayLate, AtTheLeasesEndASilentMachineIsEndedAndLost) {
  Away life;
  life.Work();
  LetTheLeaseEnd(life);
  life.Say(EventKind::kDisconnected);
  life.Look({kSeen});
  life.Pass(16 * kMinute);
  life.Look({kSeen});
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_TRUE(life.rental().ending);
}

TEST(AwayLate, TheAgentsOwnEndOfTheLeaseIsDecidedAnew) {
  Away life;
  life.Work();
  life.Report("finished", Json::MakeObject({{"outcome", "lease_over"}}));
  EXPECT_EQ(life.state.phase, Phase::kSaving);
  EXPECT_EQ(life.state.verdict, Phase::kDeciding);
}

// ---- saving and losing ----------------------------------------------------------------------

TEST(AwayLate, AStepThatEndsWhileItSavesHasSaved) {
  Away life;
  life.Work();
  life.Ask("cancel");
  life.Report("finished", Json::MakeObject({{"outcome", "failed"}}));
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kCancelled);
}

TEST(AwayLate, ACrashIsSavedAndIsTheEnd) {
  Away life;
  life.UpTo(Phase::kSaving);
  life.Report("saved");
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
}

TEST(AwayLate, AMachineLostWhileItSavesEndsAsWasMeant) {
  Away life;
  life.Work();
  life.Pass(5 * kMinute);
  life.Look({kSeen});
  life.UpTo(Phase::kDeciding);  // nothing: it works
  life.Report("finished", Json::MakeObject({{"outcome", "failed"}, {"exit_code", 3}}));
  life.Look({});
  life.Pass(11 * kSecond);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
}

TEST(AwayLate, ACancelHeardWhileFetchingHoldsWhenTheMachineIsLost) {
  Away life;
  life.UpTo(Phase::kFetching);
  life.Pass(5 * kMinute);
  life.Look({kSeen});
  life.Ask("cancel");
  life.Look({});
  life.Pass(11 * kSecond);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kCancelled);
}

TEST(AwayLate, MachinesAreNotLostForEverThoughTheWorkGoesOn) {
  Away life;
  for (int i = 1; i <= kMostLostMachines; ++i) {
    ASSERT_EQ(life.state.phase, Phase::kDeciding) << i;
    const std::string machine = "i-" + std::to_string(i);
    life.Rent();
    Facts made;
    made.machine = machine;
    made.micro_usd_per_hour = kRate;
    life.Answer(EffectKind::kCreate, EventKind::kCreateAnswered, made);
    life.Report("hello", Json::MakeObject({{"rehearsed", true}, {"as_promised", true}}));
    life.Say(EventKind::kKept, Json::MakeObject({{"work_ms", i * kMinute}}));
    life.Pass(5 * kMinute);
    life.Look({{machine, i, false, kRate, 0}});
    life.Look({});
    life.Pass(11 * kSecond);
    life.Look({});
  }
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
}

TEST(AwayLate, NothingIsBroughtHomeWhileOutputsAre) {
  Away life;
  life.Work();
  life.Checkpoint("a", 1000);
  life.Report("finished", Json::MakeObject({{"outcome", "done"}}));
  const Transition failed = life.Answer(EffectKind::kKeep, EventKind::kKeepFailed);
  life.Pass(2 * kMinute);
  EXPECT_FALSE(Begins(failed, EffectKind::kKeep));
  EXPECT_FALSE(life.Wants(EffectKind::kKeep));
}

// ---- parking --------------------------------------------------------------------------------

TEST(AwayLate, APauseThatAListingShowsFirstIsNoInterruption) {
  Away life;
  life.Work();
  life.Ask("park");
  life.Report("saved");
  life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  SeenMachine paused = kSeen;
  paused.paused = true;
  life.Look({paused});
  EXPECT_EQ(life.state.phase, Phase::kParking);
  EXPECT_FALSE(life.rental().ending);
}

TEST(AwayLate, ADiskThatCannotBeKeptInTimeIsNotKept) {
  Away life;
  life.Work();
  life.Ask("park");
  life.Report("saved");
  life.Pass(11 * kMinute);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
}

TEST(AwayLate, APausedMachineIsMeteredFromItsFirstPause) {
  Facts offer = RentOffer();
  offer.spot = 1;
  Away life;
  life.Work(offer);
  SeenMachine paused = kSeen;
  paused.paused = true;
  life.Look({paused});
  const int64_t since = life.rental().paused_ms;
  life.Pass(5 * kSecond);
  life.Look({paused});
  EXPECT_EQ(life.rental().paused_ms, since);
}

// ---- looking and destroying -----------------------------------------------------------------

TEST(AwayLate, OneDestroyIsOutAtATime) {
  Away life;
  life.Work();
  life.Ask("kill");
  life.Pass(5 * kMinute);
  EXPECT_EQ(std::ranges::count(life.state.pending, EffectKind::kDestroy, &Effect::kind), 1);
}

struct Cadence {
  Phase in;
  int64_t every_ms;
};

class LooksEvery : public testing::TestWithParam<Cadence> {};

TEST_P(LooksEvery, SoLong) {
  Away life;
  life.UpTo(GetParam().in);
  life.Look({kSeen});
  EXPECT_FALSE(life.Wants(EffectKind::kLook));
  life.Pass(GetParam().every_ms - kSecond);
  EXPECT_FALSE(life.Wants(EffectKind::kLook));
  life.Pass(2 * kSecond);
  EXPECT_TRUE(life.Wants(EffectKind::kLook));
}

INSTANTIATE_TEST_SUITE_P(Away, LooksEvery,
                         testing::Values(Cadence{Phase::kBooting, kMinute},
                                         Cadence{Phase::kWorking, 10 * kMinute}));

TEST(AwayLate, WhatWaitsForAnOutcomeIsNotWaitedForByTheClock) {
  Away life;
  life.Work();
  life.Look({kSeen});
  PassToTheMargin(life);
  ASSERT_TRUE(life.Wants(EffectKind::kDecide));
  life.Look({kSeen});
  EXPECT_GT(WakeAt(life.state), life.state.timeline.boot_ms);
}

TEST(AwayLate, WithNothingRentedTheClockIsNotWaitedForWhileItDecides) {
  Away life;
  life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot"}}));
  ASSERT_TRUE(life.Wants(EffectKind::kDecide));
  EXPECT_EQ(WakeAt(life.state), INT64_MAX);
}

// Its first look may be answered by a listing that is older than the machine's end.
TEST(AwayLate, WhoTookOverLooksAgainSoon) {
  Away life;
  life.Work();
  life.Look({kSeen});
  life.Pass(5 * kMinute);
  life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot"}}));
  life.Look({kSeen});
  EXPECT_LE(WakeAt(life.state), life.state.timeline.boot_ms + 10 * kSecond);
}

TEST(AwayLate, NothingIsJudgedWhileTheProviderCannotBeReached) {
  Away life;
  life.Work();
  life.Look({kSeen});
  life.Ask("cancel");
  life.Pass(9 * kMinute + 50 * kSecond);
  life.Say(EventKind::kLookFailed);
  EXPECT_EQ(WakeAt(life.state), life.state.next_look_ms);
  life.Sleep(20 * kMinute);
  life.Say(EventKind::kTick);
  EXPECT_EQ(life.state.phase, Phase::kSaving);
}

// ---- money ----------------------------------------------------------------------------------

TEST(AwayLate, ATickBooksNothingWhereNoTimeHasPassed) {
  Away life;
  life.Work();
  life.Pass(kMinute);
  life.Say(EventKind::kTick);
  EXPECT_TRUE(life.Say(EventKind::kTick).ledger.empty());
}

TEST(AwayLate, ACapThatIsFarAwayEndsNothing) {
  Away life;
  life.Work();
  Facts limit;
  limit.limit_micro_usd = 5 * kRate;
  life.Say(EventKind::kTick, Json::MakeObject(), limit);
  EXPECT_EQ(life.state.phase, Phase::kWorking);
}

TEST(AwayLate, AfterSleepACapWaitsUntilTheAgentIsHeard) {
  Away life;
  life.Work();
  life.Sleep(kHour);
  life.Look({kSeen});
  Facts limit;
  limit.limit_micro_usd = 1;
  life.Say(EventKind::kTick, Json::MakeObject(), limit);
  EXPECT_EQ(life.state.phase, Phase::kWorking);
  life.Pass(61 * kSecond);
  life.Say(EventKind::kTick, Json::MakeObject(), limit);
  EXPECT_EQ(life.state.phase, Phase::kSaving);
}

TEST(AwayLate, AMachineThatARefusalNamesAfterItsEndIsOnlyEnded) {
  for (const char* what : {"cancel", "kill", "panic"}) {
    Away life;
    life.UpTo(Phase::kCreating);
    life.Ask(what);
    Facts named;
    named.machine = "i-1";
    const Transition refused = life.Answer(EffectKind::kCreate, EventKind::kCreateRefused, named,
                                           Json::MakeObject({{"refusal", "next_offer"}}));
    EXPECT_TRUE(Begins(refused, EffectKind::kDestroy)) << what;
    EXPECT_FALSE(life.Wants(EffectKind::kDecide)) << what;
    EXPECT_EQ(NameOf(life.state.phase), "closing") << what;
  }
}

TEST(AwayLate, ACheckpointIsNotFetchedOverALinkThatIsLost) {
  Away life;
  life.Work();
  life.Pass(kMinute);
  life.Checkpoint("step-0001", kMinute);
  ASSERT_TRUE(life.Wants(EffectKind::kKeep));
  life.Answer(EffectKind::kKeep, EventKind::kKeepFailed);
  life.Say(EventKind::kDisconnected);
  life.Pass(2 * kMinute);
  life.Checkpoint("step-0002", 2 * kMinute);  // what was heard last
  EXPECT_FALSE(life.Wants(EffectKind::kKeep));
  life.Say(EventKind::kConnected);
  EXPECT_TRUE(life.Wants(EffectKind::kKeep));
}

}  // namespace
}  // namespace curbstop
