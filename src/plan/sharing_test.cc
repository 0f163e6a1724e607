// A machine that goes on with the next step: in whole plans.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/plan.h"
#include "plan/saved_plan.h"
#include "plan/testing/plan_world.h"

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr int64_t kGb = 1'000'000'000;

RentalRules SureRules() {
  RentalRules rules{.boot = {kMinute, 2 * kMinute, 4 * kMinute}};
  rules.terms.grade = LeaseGrade::kA;
  return rules;
}

// `prepare` reads 15 GB and makes 5 GB; `train` reads both. Upload 20 min and 7 min, boot 2 min.
World TwoSteps() {
  World world;
  world.project.steps[0].name = "prepare";
  world.project.steps[0].needs = {.gpu = GpuNeed{.memory = GiB(24)}, .time = 10 * kMinute};
  world.AddStep("train").needs = {.gpu = GpuNeed{.memory = GiB(24)}, .time = kHour};
  world.offers = {OnSale("vast", "A10", 600'000)};
  world.facts.drivers = {"vast"};
  world.facts.rentals = {{"vast", SureRules()}};
  world.facts.moves = {
      {.inputs = {{"data", Bytes{15 * kGb}}}, .outputs = Bytes{5 * kGb}},
      {.inputs = {{"data", Bytes{15 * kGb}}, {"out/prepare/set", Bytes{5 * kGb}}}}};
  world.project.budget.cap = MicroUsd(100'000'000);
  return world;
}

const PlanRow& Chosen(const Plan& plan, const std::string& step) {
  for (const PlanRow& row : plan.rows) {
    if (row.chosen && row.step == step) return row;
  }
  static const PlanRow kNone;
  ADD_FAILURE() << "no place for " << step;
  return kNone;
}

TEST(Sharing, EachPointOfTheFrontSaysWhichStepsShareAMachine) {
  World world = TwoSteps();
  world.facts.front = 5;
  const Plan plan = world.Compare();
  ASSERT_EQ(plan.together->front.size(), 1U);
  EXPECT_THAT(plan.together->front[0].goes_on, ElementsAre(false, true));
  EXPECT_THAT(PlanText(plan), HasSubstr("prepare vast/1x-A10, train on that machine"));
  EXPECT_THAT(WriteJson(PlanJson(plan)), HasSubstr(R"("goes_on":[false,true])"));
  world.facts.may_share = false;
  EXPECT_THAT(world.Compare().together->front[0].goes_on, ElementsAre(false, false));
}

TEST(Sharing, TheNextStepGoesOnWithoutBootAndWithoutFilesThatAreThere) {
  World world = TwoSteps();
  const Plan plan = world.Compare();
  const PlanRow& giver = Chosen(plan, "prepare");
  const PlanRow& taker = Chosen(plan, "train");
  EXPECT_EQ(giver.hands_to, "train");
  EXPECT_EQ(taker.takes_from, "prepare");
  EXPECT_EQ(taker.upload, Bytes{});
  EXPECT_EQ(taker.finish_p50, kHour);
  EXPECT_EQ(taker.p50, MicroUsd(600'000));
  EXPECT_EQ(plan.together->time, *giver.finish_p50 + *taker.finish_p50);
  EXPECT_EQ(plan.together->cost, *giver.p50 + *taker.p50);
  world.facts.may_share = false;
  const Plan alone = world.Compare();
  EXPECT_EQ(Chosen(alone, "train").finish_p50, kHour + 2 * kMinute + std::chrono::seconds(1601));
  EXPECT_GT(alone.together->cost, plan.together->cost);
}

TEST(Sharing, TheWaitIsInTheWorstCaseOfTheStepBefore) {
  World world = TwoSteps();
  const PlanRow shared = Chosen(world.Compare(), "prepare");
  world.facts.may_share = false;
  const PlanRow alone = Chosen(world.Compare(), "prepare");
  EXPECT_EQ(shared.waits, 15 * kMinute);
  EXPECT_EQ(*shared.worst - *alone.worst, CostOf(MicroUsd(600'000), 15 * kMinute));
}

TEST(Sharing, WhereTheCapDoesNotHoldTheWaitStepsGetTheirOwnMachines) {
  World world = TwoSteps();
  world.facts.may_share = false;
  MicroUsd needed;
  for (const char* step : {"prepare", "train"}) needed += *Chosen(world.Compare(), step).worst;
  world.facts.may_share = true;
  world.project.budget.cap = needed + MicroUsd(149'999);  // a quarter of an hour is 150,000
  EXPECT_EQ(Chosen(world.Compare(), "prepare").hands_to, "");
  world.project.budget.cap = needed + MicroUsd(150'000);
  EXPECT_EQ(Chosen(world.Compare(), "prepare").hands_to, "train");
  world.project.budget.run = *Chosen(world.Compare(), "train").worst;
  EXPECT_EQ(Chosen(world.Compare(), "prepare").hands_to, "train");
}

TEST(Sharing, ADeadlineThatOnlySharingKeepsIsKept) {
  World world = TwoSteps();
  const Millis shared = world.Compare().together->time;
  world.facts.goal.deadline = shared;
  EXPECT_TRUE(world.Compare().together->is_met);
  EXPECT_EQ(Chosen(world.Compare(), "train").takes_from, "prepare");
  world.facts.goal.deadline = shared - Millis(1);
  EXPECT_FALSE(world.Compare().together->is_met);
}

TEST(Sharing, NeedsTheSameKindOfMachine) {
  World world = TwoSteps();
  world.project.steps[1].needs.disk = Bytes{900 * kGb};
  EXPECT_EQ(Chosen(world.Compare(), "prepare").hands_to, "");
  world = TwoSteps();
  world.project.steps[1].needs.gpu->memory = GiB(60);
  world.offers.push_back(OnSale("vast", "A100-PCIE-80GB", 900'000));
  world.offers[0].gpu_memory = GiB(24);
  world.offers[1].gpu_memory = GiB(80);
  const Plan plan = world.Compare();
  // One dear machine for both, or two; whichever is cheaper to the end.
  const bool is_same = Chosen(plan, "prepare").place == Chosen(plan, "train").place;
  EXPECT_EQ(Chosen(plan, "prepare").hands_to == "train", is_same);
}

TEST(Sharing, WhatOneStepDoesNotAskForItsMachineNeedNotHave) {
  World world = TwoSteps();
  world.project.steps[1].needs.memory = GiB(16);
  EXPECT_EQ(Chosen(world.Compare(), "prepare").hands_to, "");
  world.project.steps[0].needs.memory = GiB(16);
  EXPECT_EQ(Chosen(world.Compare(), "prepare").hands_to, "train");
}

TEST(Sharing, WhatWasAgreedIsDoneAgainAndNothingElse) {
  World world = TwoSteps();
  const Plan first = world.Compare();
  world.facts.hand_overs.emplace().emplace("prepare", "train");
  const Plan again = world.Compare();
  EXPECT_EQ(again.together->cost, first.together->cost);
  EXPECT_EQ(again.together->time, first.together->time);
  EXPECT_EQ(Chosen(again, "prepare").worst, Chosen(first, "prepare").worst);
  world.facts.hand_overs.emplace();
  EXPECT_EQ(Chosen(world.Compare(), "prepare").hands_to, "");
}

TEST(Sharing, AKeptPlanSaysIt) {
  World world = TwoSteps();
  const Plan plan = world.Compare();
  const SavedPlan saved = SavedFrom(plan, world.Facts(), "hash", 1);
  const Result<SavedPlan> read = ReadSavedPlan(SavedPlanJson(saved));
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(HandOversOf(*read), ElementsAre(Pair("prepare", "train")));
}

TEST(Sharing, TheTextSaysWhoGoesOnWithWhichMachine) {
  const std::string text = PlanText(TwoSteps().Compare());
  EXPECT_THAT(text, HasSubstr("goes on with the machine of `prepare`"));
  EXPECT_THAT(text, HasSubstr("waits at most 15 min"));
}

// It never makes a plan dearer, and the sums stay those of the rows.
RC_GTEST_PROP(Sharing, IsTakenOnlyWhereItPaysAndAddsUp, ()) {
  World world = TwoSteps();
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
    world.AddStep("more" + std::to_string(i)).needs = world.project.steps[0].needs;
  world.offers.clear();
  for (const char* card : {"A10", "RTX-3090", "RTX-4090"})
    world.offers.push_back(OnSale("vast", card, *rc::gen::inRange<int64_t>(100'000, 900'000)));
  world.facts.moves.resize(world.project.steps.size());
  for (StepMoves& moves : world.facts.moves)
    moves.inputs = {{"data", Bytes{*rc::gen::inRange<int64_t>(0, 20 * kGb)}}};
  for (Step& step : world.project.steps) {
    step.needs.time = Millis(*rc::gen::inRange<int64_t>(1, 36'000'000));
    for (const char* card : {"RTX-3090", "RTX-4090"}) {
      const Millis time(*rc::gen::inRange<int64_t>(1, 36'000'000));
      world.facts.times_on.push_back({step.name, card, 1, {time, time, "the model", "", {}}});
    }
  }
  const Plan shared = world.Compare();
  MicroUsd cost;
  Millis time{0};
  for (const PlanRow& row : shared.rows) {
    if (!row.chosen) continue;
    cost += *row.p50;
    time += *row.finish_p50;
  }
  RC_ASSERT(cost == shared.together->cost);
  RC_ASSERT(time == shared.together->time);
  world.facts.may_share = false;
  RC_ASSERT(shared.together->cost <= world.Compare().together->cost);
}

}  // namespace
}  // namespace curbstop
