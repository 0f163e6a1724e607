#include "plan/finish.h"

#include <numeric>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/interval.h"

namespace curbstop {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<std::string> Names(const Finish& finish) {
  std::vector<std::string> names;
  for (const FinishPart& part : finish.parts) names.push_back(part.what);
  return names;
}

StepTime Takes(Millis usual) { return {usual, usual, "", "", {}}; }

TEST(Finish, BootAndMinimumBillWithTheWork) {
  const BillingRule billing{
      .per_hour = MicroUsd(3'600'000), .grain = minutes(1), .minimum = hours(1)};
  const FinishFacts facts{.boot = {seconds(30), seconds(60), seconds(600)}};
  const Finish finish =
      FinishOf(billing, facts, {minutes(10), minutes(70), "", "", Millis(minutes(5))});
  EXPECT_EQ(finish.p10, MicroUsd(3'600'000));  // the minimum
  EXPECT_EQ(finish.p50, MicroUsd(3'600'000));
  EXPECT_EQ(finish.p90, MicroUsd(80 * 60'000));
  EXPECT_EQ(finish.time_p50, minutes(11));
  EXPECT_THAT(Names(finish), testing::ElementsAre("boot", "work", "minimum"));
  EXPECT_EQ(finish.parts[0].cost, MicroUsd(60'000));
  EXPECT_EQ(finish.parts[2].cost, MicroUsd(49 * 60'000));
}

TEST(Finish, WhatTravelsIsBilledAsTimeOfTheMachineAndAsTraffic) {
  const BillingRule billing{.per_hour = MicroUsd(3'600'000), .disk_per_hour = MicroUsd(360'000)};
  FinishFacts facts{.upload = minutes(10),
                    .setup = minutes(5),
                    .download = minutes(1),
                    .traffic = MicroUsd(90'000)};
  const Finish finish = FinishOf(billing, facts, Takes(hours(1)));
  EXPECT_EQ(finish.time_p50, minutes(76));
  EXPECT_EQ(finish.p50, MicroUsd(76 * 66'000 + 90'000));
  EXPECT_THAT(Names(finish),
              testing::ElementsAre("upload", "setup", "work", "download", "traffic"));
}

TEST(Finish, OfABidTheInterruptionsArePartOfTheTimeAndOfTheCost) {
  const BillingRule billing{.per_hour = MicroUsd(1'000'000)};
  FinishFacts facts{.boot = {minutes(1), minutes(2), minutes(4)},
                    .every = minutes(10),
                    .write = seconds(1),
                    .restart = minutes(2),
                    .bid_mtbf = hours(2)};
  const Finish finish = FinishOf(billing, facts, Takes(hours(10)));
  EXPECT_THAT(Names(finish), testing::ElementsAre("boot", "work", "checkpoints", "interruptions"));
  EXPECT_EQ(finish.parts[2].time, minutes(1));
  EXPECT_NEAR(finish.interruptions, 5, 0.5);
  EXPECT_LT(*finish.p10, *finish.p50);
  EXPECT_LT(*finish.p50, *finish.p90);
}

// 50 % off at twice the billed time saves nothing.
TEST(Finish, ABidWithoutCheckpointsCostsMoreThanItsPriceSaves) {
  FinishFacts facts;
  const StepTime time = Takes(hours(4));
  const Finish on_demand = FinishOf({.per_hour = MicroUsd(1'000'000)}, facts, time);
  facts.bid_mtbf = hours(2);
  const Finish bid = FinishOf({.per_hour = MicroUsd(500'000)}, facts, time);
  EXPECT_GT(*bid.p50, *on_demand.p50);  // e^2 - 1 = 6.4 times two hours
}

TEST(Finish, AWeekInOneGoOnABidIsNeverDone) {
  FinishFacts facts{.bid_mtbf = hours(2)};
  const Finish finish = FinishOf({.per_hour = MicroUsd(1)}, facts, Takes(hours(168)));
  EXPECT_TRUE(finish.is_never_done);
  EXPECT_FALSE(finish.p50 || finish.p90 || finish.time_p50);
}

RC_GTEST_PROP(Finish, PartsAddUpAndPercentilesAreInOrder, ()) {
  const auto time = [](int64_t most) { return Millis(*rc::gen::inRange<int64_t>(0, most)); };
  const Millis early = time(600'000), usual = early + time(600'000);
  FinishFacts facts{.boot = {early, usual, usual + time(600'000)},
                    .upload = time(36'000'000),
                    .setup = time(600'000),
                    .download = time(3'600'000),
                    .traffic = MicroUsd(*rc::gen::inRange<int64_t>(0, 5'000'000))};
  if (*rc::gen::arbitrary<bool>()) facts.every = Millis(1'000) + time(3'600'000);
  if (facts.every && *rc::gen::arbitrary<bool>())
    facts.bid_mtbf = Millis(hours(2)) + time(36'000'000);
  facts.write = seconds(1);
  facts.restart = usual;
  const BillingRule billing{.per_hour = MicroUsd(*rc::gen::inRange<int64_t>(1, 90'000'000)),
                            .disk_per_hour = MicroUsd(*rc::gen::inRange<int64_t>(0, 100'000)),
                            .grain = Millis(1),
                            .minimum = time(3'600'000)};
  const Millis best = Millis(1) + time(90'000'000), work = best + time(90'000'000);
  const Finish finish = FinishOf(billing, facts, {work, work + time(90'000'000), "", "", best});
  if (finish.is_never_done) return;
  RC_ASSERT(*finish.p10 <= *finish.p50);
  RC_ASSERT(*finish.p50 <= *finish.p90);
  RC_ASSERT(*finish.time_p50 <= *finish.time_p90);
  Millis sum{0};
  int64_t cost = 0;
  for (const FinishPart& part : finish.parts) sum += part.time, cost += part.cost.value();
  RC_ASSERT(sum == *finish.time_p50);
  // A part rounds up, and a minimum below a minute is no part.
  const int64_t grain = billing.per_hour.value() / 60 + static_cast<int64_t>(finish.parts.size());
  RC_ASSERT(std::abs(cost - finish.p50->value()) <= grain);
}

// ---- interruptions ----

// One life after the other, by the rule itself and not by its formula.
double Simulated(Millis work, const BidLife& life, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> lives(1.0 / static_cast<double>(life.mtbf.count()));
  const double interval = static_cast<double>(std::min(life.every.value_or(work), work).count());
  const double write = life.every ? static_cast<double>(life.write.count()) : 0;
  double clock = 0, left = static_cast<double>(work.count()), alive = lives(random);
  while (left > 0) {
    const double piece = std::min(interval, left);
    const double needed = piece + write;
    if (alive >= needed) {
      clock += needed, alive -= needed, left -= piece;
      continue;
    }
    clock += alive;
    for (alive = lives(random); alive < static_cast<double>(life.restart.count());
         alive = lives(random))
      clock += alive;
    clock += static_cast<double>(life.restart.count());
    alive -= static_cast<double>(life.restart.count());
  }
  return clock;
}

TEST(Interruptions, TheFormulaIsTheMeanOfSimulatedLives) {
  const BidLife lives[] = {
      {.mtbf = hours(2), .every = minutes(10), .write = seconds(5), .restart = minutes(6)},
      {.mtbf = minutes(30), .every = minutes(5), .write = seconds(30), .restart = minutes(10)},
      {.mtbf = hours(4), .restart = minutes(3)}};
  for (const BidLife& life : lives) {
    const Millis work = hours(5);
    double sum = 0;
    constexpr int kLives = 4000;
    for (uint64_t seed = 1; seed <= kLives; ++seed) sum += Simulated(work, life, seed);
    const auto told = WorkInterrupted(work, life);
    ASSERT_TRUE(told);
    EXPECT_NEAR(static_cast<double>(told->usual.count()) / (sum / kLives), 1, 0.04);
  }
}

TEST(Interruptions, OneInTenIsSoonerAndOneInTenIsLater) {
  const BidLife life{
      .mtbf = hours(2), .every = minutes(10), .write = seconds(5), .restart = minutes(6)};
  const Millis work = hours(10);
  const auto told = WorkInterrupted(work, life);
  int below = 0, above = 0;
  constexpr int kLives = 2000;
  for (uint64_t seed = 1; seed <= kLives; ++seed) {
    const double took = Simulated(work, life, seed);
    below += took < static_cast<double>(told->early.count());
    above += took > static_cast<double>(told->late.count());
  }
  EXPECT_LT(below, kLives / 4);
  EXPECT_LT(above, kLives / 10);  // counted whole intervals: rather too late than too early
  EXPECT_GT(above, 0);
}

TEST(Interruptions, AnInfiniteLifeAddsOnlyTheWriting) {
  const auto told = WorkInterrupted(
      hours(10), {.mtbf = hours(1'000'000), .every = minutes(10), .write = seconds(6)});
  EXPECT_NEAR(static_cast<double>((told->usual - hours(10)).count()), 60 * 6'000, 1'000);
  EXPECT_EQ(TimeOfWriting(hours(10), Millis(minutes(10)), seconds(6)), minutes(6));
  EXPECT_EQ(TimeOfWriting(hours(10), {}, seconds(6)), Millis(0));
}

TEST(Interruptions, NoWorkTakesNoTime) {
  EXPECT_EQ(WorkInterrupted(Millis(0), {.mtbf = hours(2)})->usual, Millis(0));
}

}  // namespace
}  // namespace curbstop
