// All steps together: what a plan is best in, and its limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/plan.h"
#include "plan/testing/plan_world.h"

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Plan, ADearerButFasterTypeWinsWhereItFinishesCheaper) {
  World world = TwoCards();
  const Plan plan = world.Compare();
  EXPECT_THAT(Chosen(plan), ElementsAre("vast/us/1x-H100", "vast/us/1x-H100"));
  EXPECT_EQ(plan.rows[0].p50, MicroUsd(333'334));
  EXPECT_EQ(plan.rows[0].time_source, "the model");
  EXPECT_EQ(plan.rows[2].place, "vast/us/1x-A10");
  EXPECT_THAT(plan.rows[2].why_not, StartsWith("dearer: +0.07 USD, 40 min longer"));
  EXPECT_THAT(ExplanationText(plan), HasSubstr("all steps usual: 0.666668 USD\n"));
  EXPECT_THAT(ExplanationText(plan), HasSubstr("train 0.333334 USD, tune 0.333334 USD"));
  EXPECT_EQ(plan.together->cost, MicroUsd(666'668));
  EXPECT_EQ(plan.together->time, 40 * kMinute);
}

TEST(Plan, ADeadlineOfAllStepsBuysTimeWhereItIsCheapest) {
  World world = TwoCards();
  world.offers[1].per_hour = MicroUsd(1'500'000);  // 0.50 USD a step
  EXPECT_THAT(Chosen(world.Compare()), ElementsAre("vast/us/1x-A10", "vast/us/1x-A10"));
  world.facts.goal.deadline = 80 * kMinute;
  const Plan plan = world.Compare();
  EXPECT_EQ(plan.together->cost, MicroUsd(900'000));
  EXPECT_EQ(plan.together->time, 80 * kMinute);
  EXPECT_TRUE(CheckEveryStepHasAPlace(plan).ok());
  world.facts.goal.deadline = 39 * kMinute;
  const Error no = world.Refusal();
  EXPECT_EQ(no.kind(), ErrorKind::kNo);
  EXPECT_THAT(no.Text(), HasSubstr("no places finish all steps within 39 min"));
  EXPECT_THAT(no.Text(), HasSubstr("is 1.00 USD and 40 min"));
}

TEST(Plan, ASumBuysTheLeastTimeThatItCan) {
  World world = TwoCards();
  world.offers[1].per_hour = MicroUsd(1'500'000);
  world.facts.goal.spend = MicroUsd(900'000);
  EXPECT_EQ(world.Compare().together->time, 80 * kMinute);
  world.facts.goal.spend = MicroUsd(1'000'000);
  EXPECT_EQ(world.Compare().together->time, 40 * kMinute);
  world.facts.goal.spend = MicroUsd(799'999);
  EXPECT_THAT(world.Refusal().Text(), HasSubstr("no places finish all steps for 0.80 USD"));
}

TEST(Plan, TheFrontGoesFromTheCheapestToTheSoonest) {
  World world = TwoCards();
  world.offers[1].per_hour = MicroUsd(1'500'000);
  world.facts.front = 10;
  const Plan plan = world.Compare();
  std::vector<std::pair<int64_t, int64_t>> points;
  for (const FrontPoint& point : plan.together->front)
    points.emplace_back(point.cost.value(), point.time / kMinute);
  EXPECT_THAT(points, ElementsAre(std::pair(800'000, 120), std::pair(900'000, 80),
                                  std::pair(1'000'000, 40)));
  EXPECT_THAT(PlanText(plan), HasSubstr("what no other choice of places beats"));
}

// Each fits the cap alone, the two dear reserves together do not: one step takes the other place.
TEST(Plan, ReservesOfAllStepsTogetherStayUnderTheCap) {
  World world = TwoCards();
  world.facts.times_on.clear();
  world.facts.drivers = {"vast", "gcp"};
  world.facts.rentals = {{"vast", UnprovenRules()}};
  world.offers = {OnSale("vast", "A10", 100'000), OnSale("gcp", "A10", 400'000)};
  world.project.budget.cap = MicroUsd(15'000'000);
  const Plan plan = world.Compare();
  std::vector<std::string> chosen = Chosen(plan);
  std::sort(chosen.begin(), chosen.end());
  EXPECT_THAT(chosen, ElementsAre("gcp/us/1x-A10", "vast/us/1x-A10"));
  EXPECT_THAT(plan.blocked, IsEmpty());
}

TEST(Plan, WhatIsPinnedIsTakenOrNothing) {
  World world = TwoCards();
  world.facts.pinned = {{"train", {"vast/us/1x-A10"}}};
  EXPECT_THAT(Chosen(world.Compare()), ElementsAre("vast/us/1x-A10", "vast/us/1x-H100"));
  world.facts.pinned = {{"train", {"vast/eu/1x-A10"}}};
  EXPECT_EQ(world.Refusal().kind(), ErrorKind::kNo);
}

}  // namespace
}  // namespace curbstop
