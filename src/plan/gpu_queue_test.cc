#include "plan/gpu_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/plan.h"
#include "plan/testing/plan_world.h"

namespace curbstop {
namespace {

using testing::HasSubstr;

TEST(GpuQueue, WaitsUntilEnoughAreFree) {
  const std::vector<GpuHolder> holders = {
      {"a", 1, 2 * kHour}, {"b", 1, kHour}, {"c", 2, std::nullopt}};
  EXPECT_EQ(WaitForGpus(holders, 5, 1).who, "");
  EXPECT_EQ(WaitForGpus(holders, 5, 1).time, Millis(0));
  EXPECT_EQ(WaitForGpus(holders, 4, 1).time, kHour);
  EXPECT_EQ(WaitForGpus(holders, 4, 1).who, "b");
  EXPECT_EQ(WaitForGpus(holders, 4, 2).time, 2 * kHour);
  EXPECT_EQ(WaitForGpus(holders, 4, 3).who, "c");
  EXPECT_FALSE(WaitForGpus(holders, 4, 3).time);
}

World BusyBox(std::optional<Millis> left) {
  World world;
  world.step().needs = {.gpu = GpuNeed{}, .time = kHour};
  world.facts.gpu_holders = {{"run k3v9 (train)", 1, left}};
  return world;
}

TEST(GpuQueue, TheStepAtHomeIsDoneSoMuchLaterAndSaysForWhom) {
  const Plan plan = BusyBox(2 * kHour).Compare();
  EXPECT_EQ(plan.rows[0].finish_p50, 3 * kHour);
  EXPECT_EQ(plan.rows[0].finish_worst, 3 * kHour);
  EXPECT_THAT(plan.rows[0].why, HasSubstr("waits about 2 h for run k3v9 (train)"));
  World free = BusyBox(2 * kHour);
  free.step().needs.gpu.reset();
  EXPECT_EQ(free.Compare().rows[0].finish_p50, kHour);
}

TEST(GpuQueue, WhoseTimeNobodyKnowsIsSaid) {
  const Plan plan = BusyBox(std::nullopt).Compare();
  EXPECT_EQ(plan.rows[0].finish_p50, kHour);
  EXPECT_THAT(plan.rows[0].why, HasSubstr("waits for run k3v9 (train), nobody knows how long"));
}

TEST(GpuQueue, UnderADeadlineTheWaitCountsAgainstThisComputer) {
  World world = BusyBox(2 * kHour);
  world.offers = {OnSale("vast", "A10", 400'000)};
  world.facts.drivers = {"vast"};
  world.facts.rentals = {{"vast", {}}};
  world.facts.rentals.at("vast").terms.grade = LeaseGrade::kA;
  world.project.budget.cap = MicroUsd(100'000'000);
  EXPECT_EQ(world.Compare().rows[0].place, "local");
  world.facts.goal.deadline = 2 * kHour;
  EXPECT_EQ(world.Compare().rows[0].place, "vast/us/1x-A10");
}

}  // namespace
}  // namespace curbstop
