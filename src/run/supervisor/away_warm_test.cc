// The rules of a machine that stays after its run is decided, and of a run that takes it over.
#include <gtest/gtest.h>

#include "run/supervisor/testing/away_life.h"

namespace curbstop {
namespace {

Json Keep(int64_t ms) { return Json::MakeObject({{"keep_ms", ms}}); }
Json KeepOnFailure(int64_t ms) { return Json::MakeObject({{"keep_on_failure_ms", ms}}); }
Json Finished(const char* outcome) { return Json::MakeObject({{"outcome", outcome}}); }

// To the end of a step that succeeds; its lease, of two hours, began a moment ago.
Transition Succeed(Away& life) {
  life.UpTo(Phase::kCommitting);
  return life.Answer(EffectKind::kCommit, EventKind::kCommitted);
}

Transition Fail(Away& life) {
  life.Work();
  life.Pass(kMinute);
  life.Report("finished", Finished("failed"));
  return life.Report("saved");
}

bool Releases(const Transition& transition) {
  return std::ranges::any_of(transition.effects, [](const Effect& effect) {
    return effect.kind == EffectKind::kTellAgent && effect.data.StringOr("what", "") == "release" &&
           effect.data.BoolOr("keep", false);
  });
}

MicroUsd Released(const Transition& transition) {
  MicroUsd sum;
  for (const LedgerEntry& entry : transition.ledger) {
    if (entry.kind == LedgerKind::kRelease) sum += entry.amount;
  }
  return sum;
}

TEST(AwayWarm, AfterASuccessTheMachineStaysAndTheRecordIsToldAtOnce) {
  Away life(Keep(30 * kMinute));
  const Transition committed = Succeed(life);
  EXPECT_EQ(NameOf(life.state.phase), "warm");
  EXPECT_TRUE(Releases(committed));
  EXPECT_TRUE(Begins(committed, EffectKind::kFinishRecord));
  EXPECT_FALSE(Begins(committed, EffectKind::kDestroy));
  EXPECT_EQ(life.state.warm_until_ms, life.Now() + 30 * kMinute);
  EXPECT_GT(life.state.ended_at_ms, 0);
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  EXPECT_EQ(NameOf(life.state.phase), "warm");
  EXPECT_TRUE(life.state.record_finished);
}

TEST(AwayWarm, WithoutTheWishItIsEndedAtOnce) {
  Away life;
  EXPECT_TRUE(Begins(Succeed(life), EffectKind::kDestroy));
  EXPECT_EQ(life.state.phase, Phase::kClosing);
}

TEST(AwayWarm, ItsLeaseIsMadeToEndWithTheKeptTimeAndThenItsMark) {
  Away life(Keep(30 * kMinute));
  const Transition committed = Succeed(life);
  EXPECT_TRUE(Begins(committed, EffectKind::kExtend));
  const int64_t before = life.rental().lease_ms;
  const int64_t until = life.state.warm_until_ms - life.rental().lease_from_ms;
  ASSERT_LT(until, before);
  const Transition extended = life.Answer(EffectKind::kExtend, EventKind::kExtended);
  EXPECT_EQ(life.rental().lease_ms, until);
  EXPECT_TRUE(Begins(extended, EffectKind::kMark));
}

TEST(AwayWarm, ALeaseThatCouldNotBeShortenedIsTriedAgain) {
  Away life(Keep(30 * kMinute));
  Succeed(life);
  life.Answer(EffectKind::kExtend, EventKind::kExtendFailed);
  EXPECT_EQ(life.rental().lease_ms, 2 * kHour);
  EXPECT_EQ(NameOf(life.state.phase), "warm");
  life.Look({kSeen});
  EXPECT_FALSE(life.Wants(EffectKind::kExtend));
  life.Pass(kMinute + 2 * kSecond);
  EXPECT_TRUE(life.Wants(EffectKind::kExtend));
}

TEST(AwayWarm, ItStaysNoLongerThanItsLeaseWhichIsInReserve) {
  Away life(Keep(9 * kHour));
  Succeed(life);
  EXPECT_EQ(life.state.warm_until_ms, life.rental().lease_from_ms + life.rental().lease_ms);
  EXPECT_FALSE(life.Wants(EffectKind::kExtend));  // it ends by the lease that it has
}

TEST(AwayWarm, WhileAnotherWordOnItsLeaseIsAwaitedItIsNotShortened) {
  Away life(Keep(10 * kMinute));
  life.Work();
  life.Pass(2 * kHour - 15 * kMinute + 2 * kSecond);
  life.Look({kSeen});
  Facts longer;
  longer.decision = static_cast<int64_t>(DecisionKind::kExtend);
  longer.lease_ms = 3 * kHour;
  longer.reserve_micro_usd = kRate;
  life.Answer(EffectKind::kDecide, EventKind::kDecided, longer);
  life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  ASSERT_TRUE(life.Wants(EffectKind::kMark));
  life.Report("finished", Finished("done"));
  life.Answer(EffectKind::kFetch, EventKind::kFetched);
  life.Answer(EffectKind::kCommit, EventKind::kCommitted);
  ASSERT_EQ(NameOf(life.state.phase), "warm");
  EXPECT_FALSE(life.Wants(EffectKind::kExtend));
}

TEST(AwayWarm, WhatDoesNotRunAnyMoreDoesNotStay) {
  Away life(Keep(30 * kMinute));
  life.UpTo(Phase::kCommitting);
  life.Pass(2 * kMinute);
  SeenMachine paused = kSeen;
  paused.paused = true;
  life.Look({paused});
  life.Answer(EffectKind::kCommit, EventKind::kCommitted);
  EXPECT_EQ(NameOf(life.state.phase), "closing");
  EXPECT_EQ(life.state.verdict, Phase::kSucceeded);
}

TEST(AwayWarm, WhoeverCancelledAStepThatThenSucceedsPaysForNoStay) {
  for (const char* what : {"cancel", "park"}) {
    Away life(Keep(30 * kMinute));
    life.Work();
    life.Pass(kMinute);
    life.Ask(what);
    life.Report("finished", Finished("done"));
    life.Answer(EffectKind::kFetch, EventKind::kFetched);
    EXPECT_TRUE(
        Begins(life.Answer(EffectKind::kCommit, EventKind::kCommitted), EffectKind::kDestroy))
        << what;
    EXPECT_EQ(life.state.verdict, Phase::kSucceeded) << what;
  }
}

TEST(AwayWarm, ARisenPriceEndsItAndTheVerdictStands) {
  Away life(Keep(30 * kMinute));
  Succeed(life);
  life.Pass(2 * kMinute);
  SeenMachine dearer = kSeen;
  dearer.micro_usd_per_hour = 2 * kRate;
  life.Look({dearer});
  EXPECT_EQ(NameOf(life.state.phase), "closing");
  EXPECT_EQ(life.state.verdict, Phase::kSucceeded);
  EXPECT_TRUE(life.rental().ending);
}

TEST(AwayWarm, WhereItsEndIsNotProvenItStaysAQuarterOfAnHourAtMost) {
  Away life(Keep(kHour));
  Facts offer = RentOffer();
  offer.grade = static_cast<int64_t>(LeaseGrade::kBStar);
  life.Work(offer);
  life.Report("finished", Finished("done"));
  life.Answer(EffectKind::kFetch, EventKind::kFetched);
  life.Answer(EffectKind::kCommit, EventKind::kCommitted);
  EXPECT_EQ(life.state.warm_until_ms, life.Now() + 15 * kMinute);
}

TEST(AwayWarm, WhenItsTimeIsOverItIsEndedAndTheRunIsWhatItWas) {
  Away life(Keep(30 * kMinute));
  Succeed(life);
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  life.Answer(EffectKind::kExtend, EventKind::kExtended);
  life.Look({kSeen});
  const int64_t end = life.state.warm_until_ms;
  while (life.Now() + kMinute < end) {
    life.Pass(kMinute);
    life.Look({kSeen});
  }
  EXPECT_EQ(NameOf(life.state.phase), "warm");
  life.Pass(kMinute + kSecond);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_TRUE(life.rental().ending);
  EXPECT_FALSE(life.Wants(EffectKind::kFinishRecord));  // it was told
  life.Pass(15 * kSecond);
  life.Look({});
  life.Pass(15 * kSecond);
  life.Look({});
  life.Pass(2 * kMinute);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kSucceeded);
  EXPECT_GE(life.accrued, MicroUsd(30 * 60 * 1000));  // the kept time is this run's
}

TEST(AwayWarm, WhoeverAsksEndsItBeforeAndTheVerdictStands) {
  for (const char* what : {"cancel", "kill", "park", "panic"}) {
    Away life(Keep(30 * kMinute));
    Succeed(life);
    life.Ask(what);
    EXPECT_EQ(life.state.phase, Phase::kClosing) << what;
    EXPECT_EQ(life.state.verdict, Phase::kSucceeded) << what;
    EXPECT_TRUE(life.rental().ending) << what;
  }
}

TEST(AwayWarm, AMachineThatIsGoneEndsTheRun) {
  Away life(Keep(30 * kMinute));
  Succeed(life);
  life.Pass(2 * kMinute);
  life.Look({});
  life.Pass(11 * kSecond);
  life.Look({});
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_TRUE(life.state.rentals.empty());
}

TEST(AwayWarm, ALoweredCapEndsIt) {
  Away life(Keep(30 * kMinute));
  Succeed(life);
  life.Pass(2 * kMinute);
  life.Look({kSeen});
  Facts facts;
  facts.limit_micro_usd = 1;
  life.Say(EventKind::kTick, Json::MakeObject(), facts);
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kSucceeded);
}

// ---- after a failure ------------------------------------------------------------------------

TEST(AwayWarm, AFailedStepsMachineStaysToBeLookedAt) {
  Away life(KeepOnFailure(15 * kMinute));
  EXPECT_TRUE(Releases(Fail(life)));
  EXPECT_EQ(NameOf(life.state.phase), "warm");
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
}

TEST(AwayWarm, KeptForTheNextRunItDoesNotStayAfterAFailure) {
  Away life(Keep(15 * kMinute));
  EXPECT_TRUE(Begins(Fail(life), EffectKind::kDestroy));
}

TEST(AwayWarm, WhatWasCancelledOrEndedByACapDoesNotStay) {
  {
    Away life(KeepOnFailure(15 * kMinute));
    life.Work();
    life.Report("finished", Finished("failed"));
    life.Ask("cancel");
    EXPECT_TRUE(Begins(life.Report("saved"), EffectKind::kDestroy));
    EXPECT_EQ(life.state.verdict, Phase::kCancelled);
  }
  Away life(KeepOnFailure(15 * kMinute));
  life.Work();
  life.Pass(2 * kMinute);
  life.Look({kSeen});
  Facts facts;
  facts.limit_micro_usd = 1;
  life.Say(EventKind::kTick, Json::MakeObject(), facts);
  ASSERT_EQ(life.state.phase, Phase::kSaving);
  EXPECT_TRUE(Begins(life.Report("saved"), EffectKind::kDestroy));
}

// ---- the next run ---------------------------------------------------------------------------

TEST(AwayWarm, HandedOverItIsPaidUntilThenAndIsNoneOfOursAnyMore) {
  Away life(Keep(30 * kMinute));
  Succeed(life);
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  life.Answer(EffectKind::kExtend, EventKind::kExtended);
  life.Answer(EffectKind::kMark, EventKind::kMarked);
  life.Answer(EffectKind::kTellAgent, EventKind::kAgentTold);
  life.Pass(kMinute / 2);
  const int64_t opened = life.rental().opened_ms;
  const MicroUsd reserve = life.rental().reserve;
  const Transition handed = life.Say(EventKind::kHandedOver);
  EXPECT_TRUE(life.state.rentals.empty());
  EXPECT_FALSE(Begins(handed, EffectKind::kDestroy));
  EXPECT_EQ(Released(handed), reserve);
  EXPECT_EQ(life.accrued, CostOf(MicroUsd(kRate), Millis(life.Now() - opened)));
  EXPECT_EQ(life.state.phase, Phase::kClosing);  // until nothing can turn up any more
  life.Look({kSeen});
  EXPECT_TRUE(life.state.rentals.empty());  // no stray of ours
  life.Pass(3 * kMinute);
  life.Look({kSeen});
  EXPECT_EQ(life.state.phase, Phase::kSucceeded);
}

TEST(AwayWarm, AMachineThatWorksIsNotHandedOver) {
  Away life(Keep(30 * kMinute));
  life.Work();
  life.Say(EventKind::kHandedOver);
  EXPECT_EQ(life.state.rentals.size(), 1u);
  EXPECT_EQ(NameOf(life.state.phase), "working");
}

std::string WhyNot(const Away& life) { return WhyNotTaken(life.state, life.state.timeline.now_ms); }

TEST(AwayWarm, OnlyWhatIsInOrderIsHandedOver) {
  Away life(Keep(30 * kMinute));
  EXPECT_EQ(WhyNot(life), "it is not kept any more");
  Succeed(life);
  EXPECT_EQ(WhyNot(life), "its run is still being put in order");
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  life.Answer(EffectKind::kTellAgent, EventKind::kAgentTold);
  life.Answer(EffectKind::kExtend, EventKind::kExtended);
  life.Answer(EffectKind::kMark, EventKind::kMarked);
  EXPECT_EQ(WhyNot(life), "");
  life.Pass(3 * kMinute);
  life.Look({});
  EXPECT_EQ(WhyNot(life), "the provider does not show it running");
  life.Look({kSeen});
  EXPECT_EQ(WhyNotTaken(life.state, life.state.warm_until_ms - 30 * kSecond),
            "its time is nearly over");
}

TEST(AwayWarm, OneWhoseProviderKeepsItsLeaseIsNotHandedOver) {
  Away life(Keep(30 * kMinute));
  Facts offer = RentOffer();
  offer.grade = static_cast<int64_t>(LeaseGrade::kA);
  life.Work(offer);
  life.Report("finished", Finished("done"));
  life.Answer(EffectKind::kFetch, EventKind::kFetched);
  life.Answer(EffectKind::kCommit, EventKind::kCommitted);
  ASSERT_EQ(NameOf(life.state.phase), "warm");
  EXPECT_EQ(WhyNot(life), "its provider keeps a lease of its own");
}

TEST(AwayWarm, AfterThisComputerStartedAnewTheProviderIsHeardFirst) {
  Away life(Keep(30 * kMinute));
  Succeed(life);
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  life.Answer(EffectKind::kTellAgent, EventKind::kAgentTold);
  life.Answer(EffectKind::kExtend, EventKind::kExtended);
  life.Answer(EffectKind::kMark, EventKind::kMarked);
  ASSERT_EQ(WhyNot(life), "");
  life.Say(EventKind::kRecovered,
           Json::MakeObject({{"boot_id", "another"}, {"can_restart", true}}));
  EXPECT_EQ(WhyNot(life), "its provider has not been heard since this computer started");
  life.Look({kSeen});
  EXPECT_EQ(WhyNot(life), "");
}

TEST(AwayWarm, AMachineWhoseLeaseStayedLongIsNotHandedOver) {
  Away life(Keep(30 * kMinute));
  Succeed(life);
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  life.Answer(EffectKind::kTellAgent, EventKind::kAgentTold);
  life.Answer(EffectKind::kExtend, EventKind::kExtendFailed);
  EXPECT_EQ(WhyNot(life), "its lease could not be set anew");
}

// ---- taking it over -------------------------------------------------------------------------

Taking Kept() {
  Taking taking;
  taking.machine = "i-1";
  taking.offer = "m-1";
  taking.terms.billing = {MicroUsd(kRate), MicroUsd(), MicroUsd(500'000), Millis(kSecond),
                          Millis(kHour)};
  taking.terms.grade = LeaseGrade::kB;
  taking.terms.timing = {Millis(kMinute), Millis(30 * kSecond), Millis(kMinute), 2,
                         Millis(10 * kSecond)};
  taking.lease_ms = 20 * kMinute;
  return taking;
}

class Taker {
 public:
  Taker() {
    Event created{.kind = EventKind::kCreated, .at_ms = 1, .data = Json::MakeObject()};
    created.data = Json::MakeObject({{"away", true}, {"takes_from", "before"}, {"spot", 2}});
    BeginWith(Kept(), kHandedAt, created);
    created.facts.boot_ms = kMinute;
    begun = Feed(std::move(created));
  }
  Transition Feed(Event event) {
    if (event.facts.boot_ms == 0) event.facts.boot_ms = state.timeline.boot_ms;
    return Apply(state, event, ++seq_);
  }
  Transition Answer(EffectKind effect, EventKind kind) {
    Event event{.kind = kind, .data = Json::MakeObject()};
    for (const Effect& pending : state.pending) {
      if (pending.kind != effect) continue;
      event.effect = pending.id;
      event.facts.rental = pending.rental;
    }
    return Feed(std::move(event));
  }

  static constexpr int64_t kHandedAt = 1'700'000'000'000;
  RunState state;
  Transition begun;

 private:
  int64_t seq_ = 0;
};

TEST(AwayTaken, TheMeterBeginsAtTheHandOverAndWhatIsBilledOnceWasPaid) {
  const Taker life;
  ASSERT_EQ(life.state.rentals.size(), 1u);
  const Rental& rental = life.state.rentals[0];
  EXPECT_EQ(rental.opened_ms, Taker::kHandedAt);
  EXPECT_EQ(rental.lease_ms, 20 * kMinute);
  EXPECT_EQ(rental.terms.billing.fixed, MicroUsd());
  EXPECT_EQ(rental.terms.billing.minimum, Millis(0));
  EXPECT_FALSE(rental.spot);  // whatever the user wishes for
  EXPECT_EQ(rental.reserve, ReserveToTake(Kept()));
  ASSERT_EQ(life.begun.ledger.size(), 1u);
  EXPECT_EQ(life.begun.ledger[0].kind, LedgerKind::kReserve);
}

TEST(AwayTaken, NothingIsRentedAndTheMachineGetsThisRunsMark) {
  Taker life;
  const Transition begun = life.Answer(EffectKind::kStartRecord, EventKind::kRecordStarted);
  EXPECT_EQ(life.state.phase, Phase::kBooting);
  EXPECT_TRUE(Begins(begun, EffectKind::kMark));
  EXPECT_FALSE(Begins(begun, EffectKind::kDecide));
}

TEST(AwayTaken, WhatCannotBeMarkedIsGivenUpForAnother) {
  Taker life;
  life.Answer(EffectKind::kStartRecord, EventKind::kRecordStarted);
  const Transition failed = life.Answer(EffectKind::kMark, EventKind::kMarkFailed);
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_TRUE(Begins(failed, EffectKind::kDestroy));
  EXPECT_TRUE(Begins(failed, EffectKind::kDecide));
}

TEST(AwayTaken, AtItsFirstWordMoreTimeIsAskedForAndNoneIsNoReasonToLeave) {
  Taker life;
  life.Answer(EffectKind::kStartRecord, EventKind::kRecordStarted);
  life.Answer(EffectKind::kMark, EventKind::kMarked);
  Event hello{.kind = EventKind::kAgentReport, .agent_seq = 1};
  hello.data = Json::MakeObject({{"kind", "hello"}, {"rehearsed", true}, {"as_promised", true}});
  EXPECT_TRUE(Begins(life.Feed(hello), EffectKind::kDecide));
  ASSERT_EQ(life.state.phase, Phase::kWorking);
  Event drained{.kind = EventKind::kDecided, .data = Json::MakeObject()};
  drained.facts.decision = static_cast<int64_t>(DecisionKind::kDrain);
  life.Feed(drained);
  EXPECT_EQ(life.state.phase, Phase::kWorking);
}

TEST(AwayTaken, MoreTimeIsAskedForThoughTheFirstWordCameBeforeTheMark) {
  Taker life;
  life.Answer(EffectKind::kStartRecord, EventKind::kRecordStarted);
  Event hello{.kind = EventKind::kAgentReport, .agent_seq = 1};
  hello.data = Json::MakeObject({{"kind", "hello"}, {"rehearsed", true}, {"as_promised", true}});
  EXPECT_FALSE(Begins(life.Feed(hello), EffectKind::kDecide));  // reserve, mark, lease: in order
  const Transition marked = life.Answer(EffectKind::kMark, EventKind::kMarked);
  EXPECT_TRUE(Begins(marked, EffectKind::kDecide));
  EXPECT_FALSE(Begins(marked, EffectKind::kExtend));
}

}  // namespace
}  // namespace curbstop
