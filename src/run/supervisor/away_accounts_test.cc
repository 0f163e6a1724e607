// A run that may rent from more than one account: what one of them answers, or does not, says
// nothing of machines on another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/supervisor/testing/away_life.h"

namespace curbstop {
namespace {

Json TwoAccounts() { return Json::MakeObject({{"accounts", 2}}); }

Facts OtherOffer() {
  Facts offer = RentOffer();
  offer.account = "other";
  offer.offer = "other-1";
  return offer;
}

// Machine 1, of the own account, was interrupted and is being ended; machine 2, of the other one
// and with the same id there, works.
class TwoMachines : public testing::Test {
 protected:
  TwoMachines() {
    life.Work();
    life.Look({{"i-1", 1, true, kRate, 0}});
    life.Work(OtherOffer());
    EXPECT_EQ(life.state.rentals.size(), 2U);
    EXPECT_EQ(life.state.phase, Phase::kWorking);
  }
  void LookWithout(std::vector<std::string> unheard, std::vector<SeenMachine> seen = {}) {
    Facts facts;
    facts.seen = std::move(seen);
    facts.date_ms = life.Now();
    for (const char* account : {"", "other"}) {
      const bool is_silent = std::ranges::find(unheard, account) != unheard.end();
      facts.listed.push_back({account, is_silent ? 0 : life.Now()});
    }
    life.Say(EventKind::kLooked, Json::MakeObject(), facts);
    life.Pass(11 * kSecond);
  }
  bool OnBooks(int64_t number) const { return FindRental(life.state, number) != nullptr; }

  Away life{TwoAccounts()};
  const SeenMachine other{"i-1", 2, false, kRate, 0, "other"};
};

TEST_F(TwoMachines, OfOneIdAreTwo) {
  EXPECT_EQ(life.rental(0).account, "");
  EXPECT_EQ(life.rental(1).account, "other");
  for (int i = 0; i < 2; ++i) LookWithout({}, {other});
  EXPECT_FALSE(OnBooks(1));
  EXPECT_TRUE(OnBooks(2));
  EXPECT_EQ(life.state.phase, Phase::kWorking);
}

TEST_F(TwoMachines, OfASilentAccountStayOnTheBooks) {
  for (int i = 0; i < 4; ++i) LookWithout({""}, {other});
  EXPECT_TRUE(OnBooks(1));
  EXPECT_EQ(life.state.phase, Phase::kWorking);
  for (int i = 0; i < 2; ++i) LookWithout({}, {other});
  EXPECT_FALSE(OnBooks(1));
}

TEST_F(TwoMachines, AreLostAlthoughTheOtherAccountIsSilent) {
  LookWithout({""}, {other});
  life.Say(EventKind::kDisconnected);
  for (int i = 0; i < 2; ++i) LookWithout({""});
  EXPECT_TRUE(OnBooks(1));
  EXPECT_FALSE(OnBooks(2));
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
}

TEST_F(TwoMachines, EndTheRunOnlyWhenBothAccountsHaveAnswered) {
  life.Report("finished", Json::MakeObject({{"outcome", "done"}}));
  life.Answer(EffectKind::kFetch, EventKind::kFetched);
  life.Answer(EffectKind::kCommit, EventKind::kCommitted);
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  life.Pass(5 * kMinute);
  for (int i = 0; i < 4; ++i) LookWithout({""});
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  for (int i = 0; i < 2; ++i) LookWithout({});
  EXPECT_EQ(life.state.phase, Phase::kSucceeded);
}

// A machine may have come up, and its step be done, while nobody could ask for its address.
TEST(AwayAccounts, AMachineIsNotJudgedBeforeItsAccountHasAnsweredForAMinute) {
  Away life(TwoAccounts());
  life.Work();
  life.Look({{"i-1", 1, true, kRate, 0}});
  life.Boot(OtherOffer());
  Facts silent;
  for (int i = 0; i < 30; ++i) {
    silent.date_ms = life.Now();
    silent.listed = {{"", life.Now()}, {"other", 0}};
    life.Say(EventKind::kLooked, Json::MakeObject(), silent);
    life.Pass(kMinute);
  }
  EXPECT_EQ(life.state.phase, Phase::kBooting);
  life.Look({{"i-1", 2, false, kRate, 0, "other"}});
  EXPECT_EQ(life.state.phase, Phase::kBooting);
  life.Pass(kMinute + 2 * kSecond);
  EXPECT_EQ(life.state.phase, Phase::kDeciding) << "it did not come up";
}

void RefuseForGood(Away& life, const Facts& offer) {
  life.Rent(offer);
  life.Answer(EffectKind::kCreate, EventKind::kCreateRefused, {},
              Json::MakeObject({{"error", "no credit"}, {"refusal", "provider_off"}}));
}

TEST(AwayAccounts, OneThatRefusesForGoodLeavesTheOther) {
  Away life(TwoAccounts());
  RefuseForGood(life, RentOffer());
  ASSERT_EQ(life.state.phase, Phase::kDeciding);
  EXPECT_EQ(FindAccountView(life.state, "")->refuses, "no credit");
  RefuseForGood(life, OtherOffer());
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
  EXPECT_THAT(life.state.reason, testing::HasSubstr("no credit"));
}

TEST(AwayHome, ARunThatGoesHomeEndsAndSaysSo) {
  Away life;
  Facts home;
  home.decision = static_cast<int64_t>(DecisionKind::kHome);
  life.Answer(EffectKind::kDecide, EventKind::kDecided, home);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
  EXPECT_TRUE(life.state.lacks_machine);
  EXPECT_EQ(life.state.reason, "the rest is done for less on this computer, in time");
}

TEST(AwayAccounts, ABusyOneIsAskedAgainInMoments) {
  Away life;
  life.Work();
  life.Say(EventKind::kLookFailed, Json::MakeObject({{"error", "429"}, {"busy", true}}));
  EXPECT_EQ(life.state.next_look_ms - life.state.timeline.boot_ms, 10 * kSecond);
  EXPECT_EQ(life.state.failed_looks, 0);
  life.Say(EventKind::kLookFailed, Json::MakeObject({{"error", "503"}}));
  EXPECT_EQ(life.state.next_look_ms - life.state.timeline.boot_ms, kMinute);
  EXPECT_EQ(life.state.failed_looks, 1);
}

TEST(AwayAccounts, WhatRefusesIsNamedWhereNothingElseIsOnSale) {
  Away life(TwoAccounts());
  RefuseForGood(life, RentOffer());
  Facts none;
  none.decision = static_cast<int64_t>(DecisionKind::kStop);
  none.reason = static_cast<int64_t>(DecisionReason::kNoOffer);
  for (int i = 0; i < 62; ++i) {
    if (life.Wants(EffectKind::kDecide))
      life.Answer(EffectKind::kDecide, EventKind::kDecided, none);
    life.Pass(kMinute);
  }
  EXPECT_EQ(life.state.reason, "no offer meets the needs; the first account refuses: no credit");
  EXPECT_TRUE(life.state.lacks_machine);
}

// What it holds is free again once it is seen gone.
TEST_F(TwoMachines, MoneyThatALostOneHoldsIsWaitedFor) {
  life.Say(EventKind::kDisconnected);
  LookWithout({""}, {other});
  for (int i = 0; i < 2; ++i) LookWithout({""});
  ASSERT_EQ(life.state.phase, Phase::kDeciding);
  Facts none;
  none.decision = static_cast<int64_t>(DecisionKind::kStop);
  none.reason = static_cast<int64_t>(DecisionReason::kNoMoney);
  life.Answer(EffectKind::kDecide, EventKind::kDecided, none);
  EXPECT_EQ(life.state.phase, Phase::kDeciding);
  for (int i = 0; i < 2; ++i) LookWithout({});
  life.Pass(kMinute);
  life.Answer(EffectKind::kDecide, EventKind::kDecided, none);
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
}

// Two reads are as far apart as their own account's clock says.
TEST_F(TwoMachines, AreMissedByTheClockOfTheirOwnAccount) {
  Facts facts;
  for (int i = 0; i < 5; ++i) {
    facts.seen = {other};
    facts.date_ms = life.Now();
    facts.listed = {{"", 1'700'000'000'000}, {"other", life.Now()}};  // that clock stands
    life.Say(EventKind::kLooked, Json::MakeObject(), facts);
    life.Pass(11 * kSecond);
  }
  EXPECT_TRUE(OnBooks(1));
}

// Of an account that is done with, and cannot be asked any more.
TEST_F(TwoMachines, WhatIsSettledHoldsUpNoEndAfterARestart) {
  for (int i = 0; i < 12; ++i) LookWithout({}, {other});
  ASSERT_FALSE(OnBooks(1));
  life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot"}}));
  EXPECT_FALSE(IsLookedAt(life.state, *FindAccountView(life.state, "")));
  EXPECT_TRUE(IsLookedAt(life.state, *FindAccountView(life.state, "other")));
}

TEST(AwayAccounts, TheOnlyOneThatRefusesForGoodEndsTheRun) {
  Away life;
  RefuseForGood(life, RentOffer());
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
  EXPECT_TRUE(life.state.rentals.empty());
}

}  // namespace
}  // namespace curbstop
