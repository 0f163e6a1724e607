// A machine from one run to the next, over a real money.db.
#include "run/take_over.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "run/spending.h"
#include "run/supervisor/runner.h"
#include "sys/files.h"
#include "sys/testing/fake_clock.h"
#include "sys/testing/fake_file_store.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kRate = 3'600'000;  // per hour: 1,000 micro-dollars a second

PreparedRun Wanted() {
  PreparedRun wanted;
  wanted.rent = RentWish{.place = {PlaceKind::kPractice, "vast", {}, {}}};
  wanted.rent->needs.gpu = GpuNeed{1, "RTX-4090", {}};
  return wanted;
}

TEST(TakeOver, AMachineServesTheNeedsThatItWasRentedFor) {
  const PreparedRun wanted = Wanted();
  EXPECT_EQ(WhyNotServing(*wanted.rent, false, wanted), "");
}

TEST(TakeOver, WhatDoesNotServeIsNamed) {
  const PreparedRun wanted = Wanted();
  RentWish other = *wanted.rent;
  other.needs.gpu.reset();
  EXPECT_EQ(WhyNotServing(other, false, wanted), "it was rented for other needs");
  other = *wanted.rent;
  other.image = "other";
  EXPECT_EQ(WhyNotServing(other, false, wanted), "it runs another image");
  other = *wanted.rent;
  other.disk.value /= 2;
  EXPECT_EQ(WhyNotServing(other, false, wanted), "its disk is too small");
}

TEST(TakeOver, ASpotMachineServesOnlyWhereItsWorkSurvives) {
  PreparedRun wanted = Wanted();
  EXPECT_EQ(WhyNotServing(*wanted.rent, true, wanted), "");
  wanted.away.detached = true;
  EXPECT_EQ(WhyNotServing(*wanted.rent, true, wanted), "it is a spot machine");
  wanted.away.named_place = true;
  EXPECT_EQ(WhyNotServing(*wanted.rent, true, wanted), "");
  wanted.away.spot = SpotUse::kOnly;
  EXPECT_EQ(WhyNotServing(*wanted.rent, false, wanted), "it is no spot machine");
}

// ---- the hand-over ----------------------------------------------------------------------------

class Nothing final : public EffectSink {
 public:
  void Begin(const Effect&) override {}
};

// Two runs of one project: `first` has succeeded and keeps its machine, `second` begins.
class HandOverTest : public testing::Test {
 protected:
  HandOverTest() {
    clock_.Advance(std::chrono::hours(1));
    Begin();
    Rent();
    WorkAndStay();
  }

  void Begin() {
    NewRun run;
    run.id = "first", run.project = "demo", run.step = "train", run.root = "/demo";
    run.place = "vast";
    Event created = Make(EventKind::kCreated);
    created.data = Json::MakeObject({{"away", true},
                                     {"lease_asked_ms", 60 * kMinute},
                                     {"keep_ms", 30 * kMinute},
                                     {"boot_id", ReadBootId()}});
    ASSERT_TRUE(journal_.Create(run, created, {1, 2, "b"}).ok());
    ASSERT_TRUE(runner_.Load().ok());
    Answer(EffectKind::kStartRecord, EventKind::kRecordStarted);
  }

  void Rent() {
    Facts offer;
    offer.decision = static_cast<int64_t>(DecisionKind::kRent);
    offer.offer = "m-1";
    offer.lease_ms = 90 * kMinute;
    offer.reserve_micro_usd = 9'000'000;
    offer.micro_usd_per_hour = kRate;
    offer.fixed_micro_usd = 250'000;
    offer.grain_ms = 1000;
    offer.grade = static_cast<int64_t>(LeaseGrade::kB);
    offer.create_limit_ms = kMinute, offer.list_lag_ms = kMinute, offer.destroy_delay_ms = kMinute;
    offer.boot_limit_ms = 10 * kMinute, offer.reads = 2, offer.read_spacing_ms = 10'000;
    Answer(EffectKind::kDecide, EventKind::kDecided, offer);
    Answer(EffectKind::kAdmit, EventKind::kAdmitted);
    Facts made;
    made.machine = "i-1";
    made.micro_usd_per_hour = kRate;
    Answer(EffectKind::kCreate, EventKind::kCreateAnswered, made);
  }

  void WorkAndStay() {
    Report(Json::MakeObject({{"kind", "hello"}, {"rehearsed", true}, {"as_promised", true}}), 1);
    clock_.Advance(std::chrono::minutes(10));
    Report(Json::MakeObject({{"kind", "finished"}, {"outcome", "done"}}), 2);
    Answer(EffectKind::kFetch, EventKind::kFetched);
    Answer(EffectKind::kCommit, EventKind::kCommitted);
    Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
    Answer(EffectKind::kTellAgent, EventKind::kAgentTold);
    Answer(EffectKind::kExtend, EventKind::kExtended);
    Answer(EffectKind::kMark, EventKind::kMarked);
    clock_.Advance(std::chrono::minutes(5));
  }

  Event Make(EventKind kind) const {
    Event event{.kind = kind, .at_ms = clock_.WallMs(), .data = Json::MakeObject()};
    event.facts.boot_ms = std::chrono::duration_cast<Millis>(clock_.Boot()).count();
    return event;
  }
  void Answer(EffectKind effect, EventKind kind, const Facts& facts = {}) {
    Event event = Make(kind);
    const int64_t boot_ms = event.facts.boot_ms;
    event.facts = facts;
    event.facts.boot_ms = boot_ms;
    event.facts.date_ms = clock_.WallMs();
    const auto& pending = runner_.state().pending;
    const auto open = std::ranges::find(pending, effect, &Effect::kind);
    ASSERT_NE(open, pending.end()) << NameOf(effect);
    event.effect = open->id;
    event.facts.rental = open->rental;
    ASSERT_TRUE(runner_.Append(event).ok());
  }
  void Report(Json body, int64_t seq) {
    Event report = Make(EventKind::kAgentReport);
    report.data = std::move(body);
    report.agent_seq = seq;
    ASSERT_TRUE(runner_.Append(report).ok());
  }

  // The next run of the same step, under a cap in whole dollars.
  PreparedRun Second(int64_t cap) const {
    PreparedRun second = Wanted();
    second.run.id = "second", second.run.project = "demo", second.run.step = "train";
    second.run.root = "/demo", second.run.place = "vast";
    second.away.away = true;
    Budget budget;
    budget.cap = MicroUsd(cap * 1'000'000);
    second.run.facts = Json::MakeObject({{"budget", BudgetJson(budget)}});
    return second;
  }
  Status Take(const PreparedRun& second) {
    Event created = Make(EventKind::kCreated);
    created.data = Json::MakeObject({{"away", true}, {"boot_id", ReadBootId()}});
    return CreateTaking(second, "first", std::move(created), journal_, clock_);
  }
  int64_t Sum(const char* run, const char* kind) {
    Statement sum = *journal_.database().Prepare(
        "SELECT coalesce(sum(micro_usd), 0) FROM ledger WHERE run = ? AND kind = ?");
    sum.BindAll(std::string_view(run), std::string_view(kind));
    EXPECT_TRUE(sum.Step().ok());
    return sum.Int(0);
  }

  TemporaryFolder folder_;
  FakeClock clock_{1'795'981'200'000};
  Journal journal_ = *Journal::Open(folder_ / "money.db");
  MoneyJournal records_{journal_, "first"};
  Nothing sink_;
  Runner runner_{records_, sink_};
};

TEST_F(HandOverTest, ARunThatKeepsItsMachineIsDecidedAndItsStepMayRunAgain) {
  const RunRow first = *journal_.GetRun("first");
  EXPECT_TRUE(first.active);
  EXPECT_TRUE(first.kept);
  EXPECT_EQ(first.state, "succeeded");
  EXPECT_GT(first.ended_at_ms, 0);
  EXPECT_TRUE(journal_.Create(Second(20).run, Make(EventKind::kCreated), {1, 2, "b"}).ok());
}

TEST_F(HandOverTest, OneMeterEndsWhereTheOtherBeginsAndNoReserveIsHeldTwice) {
  ASSERT_TRUE(Take(Second(20)).ok());
  // A quarter of an hour at 1,000 micro-dollars a second, and the fee, which is paid once.
  EXPECT_EQ(Sum("first", "accrue"), 15 * 60 * 1000 + 250'000);
  EXPECT_EQ(Sum("first", "reserve"), Sum("first", "release"));
  const RunState second = *journal_.StateOf("second");
  ASSERT_EQ(second.rentals.size(), 1u);
  EXPECT_EQ(second.rentals[0].machine, "i-1");
  EXPECT_EQ(second.rentals[0].opened_ms, journal_.StateOf("first")->timeline.now_ms);
  EXPECT_EQ(second.rentals[0].lease_ms, 25 * kMinute);
  EXPECT_EQ(Sum("second", "reserve"), second.rentals[0].reserve.value());
  EXPECT_TRUE(journal_.StateOf("first")->rentals.empty());
}

TEST_F(HandOverTest, ItsSupervisorLearnsOfItByTheJournalAndCanWriteNoMore) {
  ASSERT_TRUE(Take(Second(20)).ok());
  EXPECT_EQ(*journal_.LastSeq("first"), runner_.last_seq() + 1);
  const Status appended = runner_.Append(Make(EventKind::kTick));
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(appended.error().kind(), ErrorKind::kConflict);
}

TEST_F(HandOverTest, WhatACapForbidsIsNotTakenAndNothingHasChanged) {
  const Status taken = Take(Second(1));
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().kind(), ErrorKind::kOverBudget);
  EXPECT_EQ(NameOf(journal_.StateOf("first")->phase), "warm");
  EXPECT_FALSE(journal_.GetRun("second").ok());
  EXPECT_TRUE(runner_.Append(Make(EventKind::kTick)).ok());  // nobody holds the journal
}

TEST_F(HandOverTest, WhatTheFirstRunHeldIsFreeForTheSecond) {
  // 9 dollars are held, 1.15 of them spent: under a cap of 4 only the hand-over itself makes room.
  EXPECT_TRUE(Take(Second(4)).ok());
}

TEST_F(HandOverTest, NobodyTakesItTwice) {
  ASSERT_TRUE(Take(Second(20)).ok());
  PreparedRun third = Second(20);
  third.run.id = "third", third.run.step = "other";
  const Status taken = Take(third);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().kind(), ErrorKind::kConflict);
}

TEST_F(HandOverTest, AfterItsTimeNobodyTakesIt) {
  clock_.Advance(std::chrono::minutes(25));
  const Status taken = Take(Second(20));
  ASSERT_FALSE(taken.ok());
  EXPECT_NE(taken.error().Text().find("its time is nearly over"), std::string::npos);
}

TEST(TakeOver, TheKeysByWhichItIsReachedComeAlong) {
  const TemporaryFolder from;
  const TemporaryFolder to;
  FakeFileStore files;
  for (const char* name : {"ssh-key", "ssh-key.pub", "known-hosts"}) from.WriteFile(name, name);
  ASSERT_TRUE(CopyMachineKeys(from.path(), to.path(), files).ok());
  EXPECT_FALSE(CopyMachineKeys(to.path() / "nowhere", to.path(), files).ok());
}

}  // namespace
}  // namespace curbstop
