#include "plan/bid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/testing/plan_world.h"

namespace curbstop {
namespace {

using testing::HasSubstr;

// Half of the losses at 10 % above the minimum are to higher bids; 5 % more halves those.
const BidLaw& Law() {
  static const BidLaw kLaw{.provider = "vast",
                           .avoidable_percent = 50,
                           .halving_percent = 5,
                           .grade = "assumed",
                           .notes = "nobody knows",
                           .source = "a test"};
  return kLaw;
}

TEST(Bid, IsSoFarAboveTheMinimumAndNeverAboveOnDemand) {
  EXPECT_EQ(BidAt(MicroUsd(100'001), MicroUsd(900'000), 10), MicroUsd(110'002));
  EXPECT_EQ(BidAt(MicroUsd(100'000), MicroUsd(105'000), 10), MicroUsd(105'000));
  EXPECT_EQ(BidAt(MicroUsd(100'000), MicroUsd(900'000), 0), MicroUsd(100'000));
  EXPECT_EQ(PercentAbove(MicroUsd(100'000), MicroUsd(105'999)), 5);
  EXPECT_EQ(PercentAbove(MicroUsd(), MicroUsd(5)), 0);
}

TEST(Bid, GoesUpToThePriceOnDemandAndStopsThere) {
  const auto bids = BidsToTry(MicroUsd(100'000), MicroUsd(112'000), &Law());
  ASSERT_EQ(bids.size(), 5U);  // 0, 2, 5, 10, and 15 cut off at 12
  EXPECT_EQ(bids[3].life, kAssumedSpotLife);
  EXPECT_EQ(bids[0].life, Millis(48 * 60'000));  // 2 h / 2.5
  EXPECT_EQ(BidAt(MicroUsd(100'000), MicroUsd(112'000), bids.back().above_percent),
            MicroUsd(112'000));
}

TEST(Bid, WithoutALawIsTheUsualOne) {
  const auto bids = BidsToTry(MicroUsd(100'000), MicroUsd(900'000), nullptr);
  ASSERT_EQ(bids.size(), 1U);
  EXPECT_EQ(bids[0].above_percent, kUsualBidPercent);
  EXPECT_EQ(bids[0].life, kAssumedSpotLife);
}

RC_GTEST_PROP(Bid, PricesAndLivesRiseTogetherAndStayBelowOnDemand, ()) {
  const MicroUsd minimum(*rc::gen::inRange<int64_t>(1, 1'000'000'000'000));
  const MicroUsd on_demand(minimum.value() + *rc::gen::inRange<int64_t>(0, 1'000'000'000'000));
  const BidLaw law{.usual_percent = *rc::gen::inRange(0, 1001),
                   .avoidable_percent = *rc::gen::inRange(0, 101),
                   .halving_percent = *rc::gen::inRange(1, 1001)};
  const auto bids = BidsToTry(minimum, on_demand, &law);
  RC_ASSERT(!bids.empty());
  MicroUsd price;
  Millis life{0};
  for (const BidTerms& bid : bids) {
    const MicroUsd now = BidAt(minimum, on_demand, bid.above_percent);
    RC_ASSERT(now >= minimum);
    RC_ASSERT(now <= on_demand);
    RC_ASSERT(now >= price);
    RC_ASSERT(bid.life >= life);
    price = now;
    life = bid.life;
  }
}

// ---- in a plan ----

// Ten hours on an A10: 0.40 USD/h on demand, a bid from 0.20 USD/h on.
World OneBid(const BidLaw* law = &Law()) {
  World world;
  world.step().needs = {.gpu = GpuNeed{.memory = GiB(24)}, .time = 10 * kHour};
  world.step().checkpoint = CheckpointRule{.dir = "ckpt", .every = 10 * kMinute};
  world.offers = {OnSale("vast", "A10", 400'000)};
  world.offers[0].spot_per_hour = MicroUsd(200'000);
  world.facts.drivers = {"vast"};
  world.facts.rentals = {{"vast", {.boot = {kMinute, 2 * kMinute, 4 * kMinute}, .bids = law}}};
  world.facts.rentals.at("vast").terms.grade = LeaseGrade::kA;
  world.project.budget.cap = MicroUsd(100'000'000);
  return world;
}

const PlanRow& Row(const Plan& plan) { return plan.rows.at(0); }

// Daly by hand at 5 %: life 2 h / 1.5 = 80 min, a restart 2 min, 600 s and 1 s to a checkpoint:
// 80 min x e^(2/80) x (e^(601/4800) - 1) x 600 min / 10 min = 656.4 min of work, 2 min boot; at
// 0.21 USD/h 2.3044 USD.
TEST(BidInPlan, IsTheOneWithTheLeastCostToFinish) {
  const Plan plan = OneBid().Compare();
  const PlanRow& row = Row(plan);
  ASSERT_TRUE(row.on_bid);
  ASSERT_EQ(row.bid->terms.above_percent, 5);
  EXPECT_EQ(row.per_hour, MicroUsd(210'000));
  EXPECT_EQ(row.bid->terms.life, Millis(80 * 60'000));
  EXPECT_NEAR(static_cast<double>(row.p50->value()), 2'304'400, 2'000);
  for (const TriedBid& tried : row.bid->tried) EXPECT_GE(tried.p50, row.p50);
  EXPECT_EQ(row.bid->tried.back().per_hour, MicroUsd(400'000));  // 100 %: the price on demand
  EXPECT_THAT(PlanText(plan), HasSubstr("on a bid 5 % above the list's least"));
  const std::string why = ExplanationText(plan);
  EXPECT_THAT(why, HasSubstr("train bid: 0.210000 USD/h"));
  EXPECT_THAT(why, HasSubstr("how losses fall is assumed"));
}

TEST(BidInPlan, IsHigherWhereARestartIsDear) {
  World world = OneBid();
  world.facts.moves = {{.inputs = {{"data", Bytes{15'000'000'000}}}}};  // 20 min
  EXPECT_GT(Row(world.Compare()).bid->terms.above_percent, 5);
}

TEST(BidInPlan, IsLowestWhereAHigherOneAvoidsNothing) {
  BidLaw law = Law();
  law.avoidable_percent = 0;
  const Plan plan = OneBid(&law).Compare();
  EXPECT_EQ(Row(plan).per_hour, MicroUsd(200'000));
}

TEST(BidInPlan, IsTheUsualOneWithoutALawAndSaysSo) {
  const Plan plan = OneBid(nullptr).Compare();
  EXPECT_EQ(Row(plan).per_hour, MicroUsd(220'000));
  EXPECT_THAT(ExplanationText(plan), HasSubstr("10 % above the list's minimum"));
}

// What is held follows from the bid: no bill of a machine at it is above the worst case.
RC_GTEST_PROP(BidInPlan, IsCoveredByTheReserveWhateverItIs, ()) {
  World world = OneBid();
  world.step().spot = SpotUse::kOnly;
  const int64_t minimum = *rc::gen::inRange<int64_t>(1, 900'000);
  world.offers[0].spot_per_hour = MicroUsd(minimum);
  world.offers[0].per_hour = MicroUsd(minimum + *rc::gen::inRange<int64_t>(0, 2'000'000));
  world.facts.moves = {{.inputs = {{"data", Bytes{*rc::gen::inRange<int64_t>(0, 40) << 30}}}}};
  const Plan plan = world.Compare();
  const PlanRow* found = nullptr;
  for (const PlanRow& row : plan.rows)
    if (row.place != "local") found = &row;
  RC_ASSERT(found != nullptr && found->on_bid);
  RC_ASSERT(*found->per_hour <= *world.offers[0].per_hour);
  if (!found->lease) return;
  const Millis alive(*rc::gen::inRange<int64_t>(0, found->lease->count() + 1));
  RC_ASSERT(*found->worst >= CostOf(*found->per_hour + *found->disk_per_hour, alive));
}

}  // namespace
}  // namespace curbstop
