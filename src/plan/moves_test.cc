// Data that travels, and bids, in whole plans.
#include "plan/moves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/plan.h"
#include "plan/testing/plan_world.h"

namespace curbstop {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int64_t kGb = 1'000'000'000;

// One step of an hour on an A10 at 0.40 USD, which a provider with a driver sells.
World OneCard(const std::string& provider = "vast") {
  World world;
  world.step().needs = {.gpu = GpuNeed{.memory = GiB(24)}, .time = kHour};
  world.offers = {OnSale(provider, "A10", 400'000)};
  world.facts.drivers = {provider};
  world.facts.rentals = {{provider, {}}};
  world.facts.rentals.at(provider).terms.grade = LeaseGrade::kA;
  world.facts.moving.tariffs = &BundledTariffs();
  world.project.budget.cap = MicroUsd(100'000'000);
  return world;
}

const PlanRow& Row(const Plan& plan, size_t index = 0) { return plan.rows.at(index); }

TEST(Moves, InputsAndResultsTravelWhileTheMachineBills) {
  World world = OneCard();
  world.facts.moves = {{.inputs = {{"data", Bytes{15 * kGb}}}, .outputs = Bytes{kGb}}};
  const Plan plan = world.Compare();
  EXPECT_EQ(Row(plan).upload, Bytes{15 * kGb});
  EXPECT_EQ(Row(plan).download, Bytes{kGb});
  // 1,200 s and a second there at 12.5 MB/s, 81 s home.
  EXPECT_EQ(Row(plan).finish_p50, kHour + std::chrono::seconds(1201 + 81));
  EXPECT_EQ(Row(plan).p50, CostOf(MicroUsd(400'000), *Row(plan).finish_p50));
  EXPECT_THAT(PlanText(plan), HasSubstr("upload 20 min"));
}

TEST(Moves, CodeTravelsTooAndIsExplained) {
  World world = OneCard();
  world.facts.rentals.at("vast").boot = {kMinute, 2 * kMinute, 4 * kMinute};
  world.facts.moves = {{.code = Bytes{15 * kGb / 10}}};  // 120 s and a second
  const Plan plan = world.Compare();
  EXPECT_EQ(Row(plan).upload, Bytes{15 * kGb / 10});
  EXPECT_EQ(Row(plan).finish_p50, kHour + 2 * kMinute + std::chrono::seconds(121));
  EXPECT_THAT(PlanText(plan), HasSubstr("go there"));
  EXPECT_THAT(ExplanationText(plan), HasSubstr("the project's code"));
  EXPECT_THAT(ExplanationText(plan), HasSubstr("train boot: 2 min"));
  world.facts.moves = {{.code = Bytes{5'000'000}}};
  EXPECT_THAT(PlanText(world.Compare()), Not(HasSubstr("go there")));
}

TEST(Moves, AMeasuredLinkIsUsedForItsProviderAlone) {
  World world = OneCard();
  world.facts.moves = {{.inputs = {{"data", Bytes{15 * kGb}}}}};
  world.facts.moving.links = {{"vast", {150'000'000, true}}, {"runpod", {1, true}}};
  const Plan plan = world.Compare();
  EXPECT_EQ(Row(plan).finish_p50, kHour + std::chrono::seconds(101));
  EXPECT_THAT(PlanText(plan), HasSubstr("at 1.2 Gbit/s, measured"));
}

TEST(Moves, TrafficOutOfAWSIsPaidForTheResultsAndEachCheckpoint) {
  World world = OneCard("aws");
  world.offers[0].region = "us-east-1";
  const auto egress = CostOfEgress(BundledTariffs(), "aws", "us-east-1", Bytes{300 * kGb});
  ASSERT_TRUE(egress.ok());
  world.facts.moves = {{.outputs = Bytes{300 * kGb}}};
  EXPECT_EQ(Row(world.Compare()).parts.back().what, "traffic");
  EXPECT_EQ(Row(world.Compare()).parts.back().cost, *egress);
  world.step().checkpoint = CheckpointRule{.dir = "ckpt", .every = 10 * kMinute};
  world.facts.moves = {{.outputs = Bytes{}, .checkpoint = Bytes{50 * kGb}}};
  EXPECT_EQ(Row(world.Compare()).parts.back().cost, *egress);  // six of them in an hour
}

TEST(Moves, WhatNobodyMadeYetIsSaidAndNotCounted) {
  World world = OneCard();
  world.facts.moves = {{.unknown = {"out/prepare/set"}}};
  EXPECT_THAT(PlanText(world.Compare()), HasSubstr("`out/prepare/set` is not there yet"));
}

// ---- bids ----

World OneBid(int64_t spot) {
  World world = OneCard();
  world.offers[0].spot_per_hour = MicroUsd(spot);
  world.step().needs.time = 10 * kHour;
  world.step().checkpoint = CheckpointRule{.dir = "ckpt", .every = 10 * kMinute};
  world.facts.rentals.at("vast").boot = {kMinute, 2 * kMinute, 4 * kMinute};
  return world;
}

TEST(Bids, AreTakenWhereTheyAreCheaperToTheEndAndSayWhatTheyReallySave) {
  const World world = OneBid(200'000);
  const Plan plan = World(world).Compare();
  const PlanRow& row = Row(plan);
  ASSERT_TRUE(row.on_bid);
  EXPECT_EQ(row.per_hour, MicroUsd(220'000));  // the list's and a tenth
  EXPECT_EQ(row.listed_saving, 50);
  EXPECT_LT(*row.effective_saving, 45);
  EXPECT_GT(*row.effective_saving, 30);
  EXPECT_THAT(PlanText(plan), HasSubstr("the list says 50 % less"));
}

TEST(Bids, AreNotTakenWhereInterruptionsEatTheSaving) {
  const Plan plan = OneBid(360'000).Compare();
  EXPECT_FALSE(Row(plan).on_bid);
  EXPECT_EQ(Row(plan).per_hour, MicroUsd(400'000));
}

TEST(Bids, WhoMayGoOnOnDemandHoldsEnoughForThat) {
  World world = OneBid(200'000);
  const MicroUsd with_bid = *Row(world.Compare()).worst;
  world.step().spot = SpotUse::kNever;
  const PlanRow on_demand = Row(world.Compare());
  EXPECT_FALSE(on_demand.on_bid);
  EXPECT_GE(with_bid, *on_demand.worst);
  world.step().spot = SpotUse::kOnly;
  EXPECT_TRUE(Row(world.Compare()).on_bid);
}

TEST(Bids, NeedACheckpointSomebodyWhoHoldsItAndAProviderThatTakesThem) {
  World world = OneBid(200'000);
  world.facts.nobody_holds_work = true;
  EXPECT_FALSE(Row(world.Compare()).on_bid);
  world.facts.nobody_holds_work = false;
  world.step().checkpoint.reset();
  EXPECT_FALSE(Row(world.Compare()).on_bid);
  world = OneBid(200'000);
  world.facts.rentals.at("vast").takes_bids = false;
  EXPECT_FALSE(Row(world.Compare()).on_bid);
}

TEST(Bids, OnlyBidsWithoutACheckpointRentNothing) {
  World world = OneBid(200'000);
  world.step().spot = SpotUse::kOnly;
  world.step().checkpoint.reset();
  const Plan plan = world.Compare();
  EXPECT_FALSE(plan.blocked.empty());
  for (const PlanRow& row : plan.rows) {
    if (row.place == "local") continue;
    EXPECT_THAT(row.why_not, HasSubstr("`spot: only` without `checkpoint:`"));
  }
}

TEST(Bids, TheCheaperBidIsFoundBehindADearerListPrice) {
  World world = OneBid(100'000);
  world.offers[0].per_hour = MicroUsd(900'000);
  world.offers.push_back(OnSale("vast", "A10", 400'000));
  world.offers[1].region = "eu";
  const Plan plan = world.Compare();
  EXPECT_EQ(Row(plan).place, "vast/us/1x-A10");
  EXPECT_TRUE(Row(plan).on_bid);
}

// ---- the same machine elsewhere ----

TEST(Elsewhere, ADearerRegionIsTakenWhereItsTrafficIsCheaper) {
  World world = OneCard("aws");
  world.offers[0].region = "af-south-1";
  world.offers.push_back(OnSale("aws", "A10", 410'000));
  world.offers[1].region = "us-east-1";
  EXPECT_EQ(Row(world.Compare()).place, "aws/af-south-1/1x-A10");
  world.facts.moves = {{.outputs = Bytes{300 * kGb}}};
  EXPECT_EQ(Row(world.Compare()).place, "aws/us-east-1/1x-A10");
}

TEST(Elsewhere, OnDemandIsFoundBehindABidThatCostsMoreInTheEnd) {
  World world = OneBid(270'000);
  world.offers.push_back(OnSale("vast", "A10", 310'000));
  world.offers[1].region = "eu";
  world.facts.moves = {{.inputs = {{"data", Bytes{30 * kGb}}}}};  // 40 min with each machine
  const Plan plan = world.Compare();
  EXPECT_EQ(Row(plan).place, "vast/eu/1x-A10");
  EXPECT_FALSE(Row(plan).on_bid);
}

TEST(Elsewhere, WhoIsInAHurryFindsOnDemandBehindABid) {
  World world = OneBid(200'000);
  world.offers.push_back(OnSale("vast", "A10", 400'000));
  world.offers[1].region = "eu";
  EXPECT_TRUE(Row(world.Compare()).on_bid);
  world.facts.goal.soonest = true;
  EXPECT_FALSE(Row(world.Compare()).on_bid);
}

TEST(Elsewhere, TheSameMachineIsLookedAtBothWaysWhereTimeCounts) {
  World world = OneBid(200'000);
  const Plan cheapest = world.Compare();
  EXPECT_TRUE(Row(cheapest).on_bid);
  const Millis by_bid = *Row(cheapest).finish_p50;
  world.facts.goal.soonest = true;
  const Plan soonest = world.Compare();
  EXPECT_FALSE(Row(soonest).on_bid);
  EXPECT_EQ(Row(soonest).place, Row(cheapest).place);
  EXPECT_THAT(PlanText(soonest), HasSubstr("on demand"));
  world.facts.goal = {.deadline = by_bid - Millis(1)};
  EXPECT_FALSE(Row(world.Compare()).on_bid);
  world.facts.goal = {.deadline = by_bid};
  EXPECT_TRUE(Row(world.Compare()).on_bid);
  world.facts.goal = {};
  world.facts.front = 5;
  const Plan front = world.Compare();
  ASSERT_EQ(front.together->front.size(), 2U);
  EXPECT_TRUE(front.together->front[0].on_bid[0]);
  EXPECT_FALSE(front.together->front[1].on_bid[0]);
  EXPECT_THAT(PlanText(front), HasSubstr(" by bid"));
}

TEST(Elsewhere, APinnedPlaceIsPaidForAsItWasPlanned) {
  World world = OneBid(200'000);
  const std::string place = Row(world.Compare()).place;
  world.facts.pinned = {{"train", {place, false}}};
  EXPECT_FALSE(Row(world.Compare()).on_bid);
  world.facts.pinned = {{"train", {place, true}}};
  EXPECT_TRUE(Row(world.Compare()).on_bid);
  world.offers[0].spot_per_hour = MicroUsd(390'000);  // dearer to the end by now
  EXPECT_TRUE(Row(world.Compare()).on_bid);
  world.offers[0].spot_per_hour.reset();
  EXPECT_EQ(world.Refusal().kind(), ErrorKind::kNo);
}

// Looking at all offers finds nothing better than looking at those that no other is as good as.
RC_GTEST_PROP(Elsewhere, NoOfferThatIsLeftOutIsBetter, ()) {
  static const char* const kRegions[] = {"us-east-1", "af-south-1", "sa-east-1", "eu-west-1"};
  static const BidLaw kLaw{.avoidable_percent = 50, .halving_percent = 5, .grade = "assumed"};
  World world = OneCard("aws");
  world.facts.rentals.at("aws").bids = &kLaw;
  world.facts.rentals.at("aws").boot = {kMinute, 2 * kMinute, 4 * kMinute};
  world.step().needs.time = 10 * kHour;
  world.step().checkpoint = CheckpointRule{.dir = "ckpt", .every = 30 * kMinute};
  world.facts.moves = {{.inputs = {{"data", Bytes{*rc::gen::inRange<int64_t>(0, 60) * kGb}}},
                        .outputs = Bytes{*rc::gen::inRange<int64_t>(0, 200) * kGb},
                        .checkpoint = Bytes{*rc::gen::inRange<int64_t>(0, 3) * kGb}}};
  world.offers.clear();
  const int count = *rc::gen::inRange(1, 30);
  for (int i = 0; i < count; ++i) {
    Offer offer = OnSale("aws", *rc::gen::inRange(0, 2) == 0 ? "A10" : "H100",
                         *rc::gen::inRange<int64_t>(200'000, 600'000));
    offer.region = kRegions[*rc::gen::inRange(0, 4)];
    if (*rc::gen::inRange(0, 2) == 0)
      offer.spot_per_hour = MicroUsd(*rc::gen::inRange<int64_t>(100'000, offer.per_hour->value()));
    world.offers.push_back(std::move(offer));
  }
  world.facts.times_on = {
      {"train", "H100", 1, {.usual = 8 * kHour, .worst = 9 * kHour, .source = "the model"}}};
  switch (*rc::gen::inRange(0, 3)) {
    case 0: world.facts.goal.soonest = true; break;
    case 1: world.facts.goal.deadline = kMinute * *rc::gen::inRange<int64_t>(480, 900); break;
    default: break;
  }
  const Plan some = world.Compare();
  const Plan all = world.Compare(true);
  RC_ASSERT(some.together && all.together);
  RC_ASSERT(some.together->is_met == all.together->is_met);
  RC_ASSERT(some.together->cost == all.together->cost);
  RC_ASSERT(some.together->time == all.together->time);
}

}  // namespace
}  // namespace curbstop
