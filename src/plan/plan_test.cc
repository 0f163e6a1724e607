#include "plan/plan.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/interval.h"
#include "plan/local_fit.h"
#include "plan/testing/big_number.h"
#include "plan/testing/plan_world.h"

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using namespace std::chrono_literals;

// ---- this computer ----

TEST(LocalFit, NamesTheNeedThatIsMissedWithBothFigures) {
  struct Case {
    Need need;
    const char* reason = "";
  };
  const Case cases[] = {
      {{}, ""},
      {{.gpu = GpuNeed{.memory = Bytes{10'000'000'000}}}, ""},
      {{.gpu = GpuNeed{.name = "rtx 3080"}}, ""},
      {{.gpu = GpuNeed{.memory = GiB(24)}},
       "needs 1 GPU of 24 GiB or more, this computer has RTX-3080 (10 GiB)"},
      {{.gpu = GpuNeed{.count = 2}}, "needs 2 GPUs, this computer has RTX-3080 (10 GiB)"},
      {{.gpu = GpuNeed{.name = "A10"}}, "needs 1 A10, this computer has RTX-3080 (10 GiB)"},
      {{.cpus = 16}, ""},
      {{.cpus = 17}, "needs 17 CPUs, this computer has 16"},
      {{.memory = GiB(20)}, ""},
      {{.memory = GiB(24)}, "needs 24 GiB of memory, 20 GiB is free now"},
      {{.memory = GiB(64)}, "needs 64 GiB of memory, this computer has 32 GiB"},
      {{.disk = GiB(10)}, ""},
      {{.disk = GiB(20)}, "needs 20 GiB of disk, 10 GiB is free on `/home`"},
      {{.arch = "arm64"}, "needs a CPU of arm64, this computer's is x86_64"},
  };
  for (const Case& c : cases) EXPECT_EQ(FitHere(c.need, Box(), "/home/me/triage").reason, c.reason);
}

TEST(LocalFit, GraphicsBuiltIntoTheCpuAreNoGpu) {
  Machine machine = Box();
  machine.gpus[0].name = "UHD Graphics 770";
  machine.gpus[0].built_in = true;
  EXPECT_EQ(FitHere({.gpu = GpuNeed{.count = 1}}, machine, "/").reason,
            "needs 1 GPU, this computer has UHD Graphics 770 (built into the CPU)");
}

TEST(LocalFit, AContainersLimitsCount) {
  Machine machine = Box();
  machine.cpu.usable = 2.5;
  machine.memory.limit = GiB(8);
  EXPECT_EQ(FitHere({.cpus = 3}, machine, "/").reason, "needs 3 CPUs, this computer has 2.5");
  EXPECT_EQ(FitHere({.memory = GiB(9)}, machine, "/").reason,
            "needs 9 GiB of memory, this computer has 8 GiB");
}

TEST(LocalFit, AFolderIsOnTheDiskMountedNearestAboveIt) {
  EXPECT_EQ(FitHere({.disk = GiB(50)}, Box(), "/homework").reason, "");
}

TEST(LocalFit, WhatCannotBeReadIsANoteNotARefusal) {
  Machine machine = Box();
  machine.memory = {};
  machine.disks.clear();
  machine.gpus[0].memory_total.reset();
  const Need need{.gpu = GpuNeed{.memory = GiB(10)}, .memory = GiB(1), .disk = GiB(1)};
  const LocalFit fit = FitHere(need, machine, "/");
  EXPECT_EQ(fit.reason, "");
  EXPECT_EQ(fit.note,
            "9 GiB of RTX-3080 is free now; could not be read: memory of RTX-3080, free memory, "
            "free disk");
}

// ---- whole plans ----

TEST(Plan, ThisComputerIsChosenAndTheOthersSayHowTheyCompare) {
  World world;
  world.step().needs.time = 2 * kHour;
  world.offers = {Rented("vast", "b", 500'000), Rented("aws", "a", 1'000)};
  const Plan plan = world.Compare();
  ASSERT_THAT(Places(plan), ElementsAre("*local", "aws/us/a", "vast/us/b"));
  const PlanRow& local = plan.rows[0];
  const PowerFigure power = PowerUnderLoad(world.machine, false);
  EXPECT_EQ(local.worst, EnergyCost(power.watts, MicroUsd(180'000), 2 * kHour));
  EXPECT_EQ(local.p50, local.worst);
  EXPECT_EQ(local.finish_p50, 2 * kHour);
  EXPECT_EQ(local.lease_grade, "home");
  EXPECT_EQ(local.why, "meets the needs, electricity only");
  EXPECT_EQ(plan.rows[2].worst, MicroUsd(1'000'000));
  EXPECT_EQ(plan.rows[2].why_not,
            "no driver yet, +" + UsdText(MicroUsd(1'000'000) - *local.worst) + " USD");
  EXPECT_EQ(plan.rows[1].why_not,
            "no driver yet, -" + UsdText(*local.worst - MicroUsd(2'000)) + " USD");
}

TEST(Plan, UnknownTimeIsUnknownCostAndRowsRankByPricePerHour) {
  World world;
  world.offers = {Rented("x", "dear", 900'000), Rented("x", "cheap", 800'000)};
  const Plan plan = world.Compare();
  ASSERT_THAT(Places(plan), ElementsAre("*local", "x/us/cheap", "x/us/dear"));
  for (const PlanRow& row : plan.rows) {
    EXPECT_FALSE(row.worst || row.p50 || row.finish_p50);
    EXPECT_EQ(row.time_source, "unknown");
  }
  EXPECT_THAT(plan.rows[1].why_not, HasSubstr("USD/h"));
}

TEST(Plan, AStepThatFitsNowhereIsAnHonestNoWithTheReason) {
  World world;
  world.step().needs.gpu = GpuNeed{.memory = GiB(24)};
  world.offers = {Rented("x", "cpu", 1)};
  world.offers.push_back(Rented("x", "gpu", 2));
  world.offers.back().gpu_name = "A10";
  world.offers.back().gpu_count = 1;
  const Plan plan = world.Compare();
  EXPECT_THAT(Places(plan), ElementsAre("local", "x/us/gpu"));
  EXPECT_EQ(plan.rows[1].why_not, "no driver yet, GPU memory not listed");
  EXPECT_THAT(Reasons(plan), ElementsAre("1 no GPU"));
  const Error no = world.Refusal();
  EXPECT_EQ(no.kind(), ErrorKind::kNo);
  EXPECT_EQ(no.Text(),
            "step `train` can run nowhere now\n"
            "  because needs 1 GPU of 24 GiB or more, this computer has RTX-3080 (10 GiB)\n"
            "hint: `curbstop plan --why-not` lists every place with its reason");
}

TEST(Plan, ShowsTenRunnersUpAndCountsTheRest) {
  World world;
  for (int i = 0; i < 14; ++i)
    world.offers.push_back(Rented("x", fmt::format("t{:02}", i), 1'000'000 + i));
  world.offers.push_back(Rented("x", "t00", 1'000'000, "eu"));  // the same at the same price
  world.offers.push_back(Rented("x", "none", 1));
  world.offers.back().per_hour.reset();
  world.facts.offers_set_aside = 3;
  const Plan plan = world.Compare();
  EXPECT_EQ(plan.rows.size(), 11u);
  EXPECT_EQ(plan.rows[10].place, "x/us/t09");
  EXPECT_THAT(Reasons(plan),
              ElementsAre("4 dearer than those shown",
                          "3 set aside as doubtful, see `curbstop offers --set-aside`",
                          "1 the same machine elsewhere, not cheaper",
                          "1 sold as spot only, or no price known"));
}

TEST(Plan, EveryRowListsThoseThatMissTheNeedsToo) {
  World world;
  world.step().needs.cpus = 9;
  world.offers = {Rented("x", "small", 1), Rented("x", "big", 2)};
  world.offers[1].vcpus = 16;
  const Plan plan = world.Compare(true);
  ASSERT_THAT(Places(plan), ElementsAre("*local", "x/us/big", "x/us/small"));
  EXPECT_EQ(plan.rows[2].why_not, "8 CPUs, below 9");
  EXPECT_THAT(plan.left_out, IsEmpty());
}

TEST(Plan, APlaceWithoutADriverIsRefusedWithTheListOfPlaces) {
  for (const PlaceKind kind :
       {PlaceKind::kCloud, PlaceKind::kProvider, PlaceKind::kPractice, PlaceKind::kSsh}) {
    World world;
    world.step().where = {.kind = kind, .provider = "vast", .host = "box"};
    const Error error = world.Refusal();
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    EXPECT_THAT(error.message(), HasSubstr("has no driver yet"));
    EXPECT_EQ(error.hint(), "places that work: auto, local");
  }
}

TEST(Plan, WhereLocalCountsTheOffersThatItLeavesOut) {
  World world;
  world.offers = {Rented("x", "a", 1)};
  world.step().where.kind = PlaceKind::kLocal;
  EXPECT_THAT(Reasons(world.Compare()), ElementsAre("1 left out by `where: local`"));
  world.facts.on.kind = PlaceKind::kLocal;
  EXPECT_THAT(Reasons(world.Compare()), ElementsAre("1 left out by `--on local`"));
}

TEST(Plan, OnlyTheStepsThatAreAskedForArePlanned) {
  World world;
  world.AddStep("eval");
  world.facts.steps = {"eval"};
  const Plan plan = world.Compare();
  ASSERT_EQ(plan.rows.size(), 1u);
  EXPECT_EQ(plan.rows[0].step, "eval");
  world.facts.steps = {"evl"};
  EXPECT_EQ(world.Refusal().message(), "the project has no step `evl` (did you mean `eval`?)");
}

TEST(Plan, EnergyCountsInTheCapOnlyWhereTheProjectSaysSo) {
  World world;
  world.step().needs.time = 1000 * kHour;
  world.AddStep("eval").needs.time = kHour;
  world.project.budget.cap = MicroUsd(1);
  EXPECT_THAT(world.Compare().blocked, IsEmpty());
  world.project.budget.include_energy = true;
  EXPECT_EQ(world.Refusal().kind(), ErrorKind::kOverBudget);
  EXPECT_THAT(world.Refusal().message(), StartsWith("worst case "));
  EXPECT_THAT(world.Refusal().hint(), HasSubstr("raise `cap`"));
  EXPECT_EQ(world.Compare().blocked.size(), 2u);
}

TEST(Plan, WhatTheFirstStepReservesIsNotLeftForTheSecond) {
  World world;
  world.step().needs.time = kHour;
  world.AddStep("eval").needs.time = kHour;
  world.project.budget.include_energy = true;
  const MicroUsd hour =
      EnergyCost(PowerUnderLoad(world.machine, false).watts, MicroUsd(180'000), kHour);
  world.facts.spending.month = MicroUsd(200);
  world.facts.spending.held = MicroUsd(300);
  world.project.budget.cap = hour + hour + MicroUsd(500);
  EXPECT_THAT(world.Compare().blocked, IsEmpty());
  world.project.budget.cap = hour + hour + MicroUsd(499);
  ASSERT_EQ(world.Compare().blocked.size(), 1u);
  EXPECT_EQ(world.Compare().blocked[0].step, "eval");
}

// At home the cap itself ends it: one step after the other may use all of it.
TEST(Plan, AStepOfUnknownTimeAtHomeIsEndedByTheCap) {
  World world;
  world.AddStep("eval");
  world.project.budget = {.cap = MicroUsd(1'000'000), .include_energy = true};
  const Plan plan = world.Compare();
  EXPECT_THAT(plan.blocked, IsEmpty());
  EXPECT_THAT(plan.rows.at(0).why, HasSubstr("; saved and ended by the cap after "));
  EXPECT_EQ(PlanJson(plan).IntOr("worst_micro_usd", 0), 1'000'000);
  world.project.budget.run = MicroUsd(700'000);  // twice, but not more than the month
  EXPECT_EQ(PlanJson(world.Compare()).IntOr("worst_micro_usd", 0), 1'000'000);
  world.project.budget.run = MicroUsd(300'000);
  EXPECT_EQ(PlanJson(world.Compare()).IntOr("worst_micro_usd", 0), 600'000);
  world.facts.spending.month = MicroUsd(1'000'000);
  EXPECT_THAT(world.Refusal().message(), StartsWith("too little is left of the cap of 1.00 USD"));
}

TEST(Plan, AUnknownTimeOnARentedPlaceCouldCrossTheCap) {
  World world;
  world.offers = {Rented("vast", "t", 400'000)};
  world.facts.drivers = {"vast"};
  world.facts.on = {.kind = PlaceKind::kProvider, .provider = "vast"};
  world.project.budget = {.cap = MicroUsd(1'000'000)};
  EXPECT_EQ(world.Refusal().message(), "its time is unknown, so it could cross the cap");
}

TEST(Plan, ALeaseBoundsWhatAStepCanCost) {
  World world;
  world.step().needs.time = 1000 * kHour;
  world.project.budget = {.cap = MicroUsd(1'000'000), .include_energy = true};
  EXPECT_EQ(world.Refusal().kind(), ErrorKind::kOverBudget);
  world.facts.lease = kHour;
  const Plan plan = world.Compare();
  EXPECT_THAT(plan.blocked, IsEmpty());
  EXPECT_EQ(plan.rows.at(0).finish_worst, kHour);
}

TEST(Plan, ARentedPlaceWithADriverIsChosenOnlyUnderACap) {
  World world;
  world.step().needs = {.gpu = GpuNeed{.memory = GiB(24)}, .time = kHour};
  world.offers = {Rented("vast", "t", 400'000)};
  world.offers[0].gpu_name = "A10";
  world.offers[0].gpu_count = 1;
  world.facts.drivers = {"vast"};
  EXPECT_EQ(world.Refusal().kind(), ErrorKind::kOverBudget);
  world.project.budget.cap = MicroUsd(400'000);
  EXPECT_THAT(Places(world.Compare()), ElementsAre("*vast/us/t", "local"));
  world.facts.on = {.kind = PlaceKind::kProvider, .provider = "vast", .region = "eu"};
  EXPECT_EQ(world.Refusal().kind(), ErrorKind::kNo);
}

TEST(Plan, ARentedPlaceIsPricedByItsReserveAndOneWithoutADriverStaysInformation) {
  World world = RentingWorld();
  const Plan plan = world.Compare();
  ASSERT_THAT(Places(plan), ElementsAre("*vast/us/t", "local", "gcp/us/t"));
  const PlanRow& row = plan.rows[0];
  // 1 USD an hour with its disk for 72 h and the 2 min until it is seen gone; a tenth on top.
  EXPECT_EQ(row.worst, MicroUsd(79'236'674));
  EXPECT_EQ(row.p50, MicroUsd(1'000'000));
  EXPECT_EQ(row.lease_grade, "B*");
  EXPECT_FALSE(row.login_needed);
  EXPECT_THAT(row.why, HasSubstr("held for 3 d: not proven yet"));
  EXPECT_EQ(plan.rows[2].lease_grade, "none");
  EXPECT_FALSE(plan.rows[2].lease);
}

TEST(Plan, ARentedPlaceSaysHowMuchWorkALostMachineTakesWithIt) {
  World world = RentingWorld();
  EXPECT_FALSE(world.Compare().rows[0].interval);
  EXPECT_THAT(PlanText(world.Compare()), HasSubstr("A lost machine takes all of the step's work"));
  world.step().checkpoint = CheckpointRule{.dir = "ckpt", .every = {}};
  EXPECT_EQ(world.Compare().rows[0].interval, kLongestInterval);
  EXPECT_THAT(PlanText(world.Compare()), HasSubstr("A lost machine takes at most 1 h of work"));
  world.step().checkpoint->every = 10 * kMinute;
  EXPECT_THAT(PlanText(world.Compare()), HasSubstr("A lost machine takes at most 10 min of work"));
  EXPECT_FALSE(world.Compare().rows[1].interval);  // home is not rented
}

TEST(Plan, WithoutAKeyTheRowSaysLoginNeeded) {
  World world = RentingWorld();
  world.facts.rentals.at("vast").logged_in = false;
  const Plan plan = world.Compare();
  EXPECT_TRUE(plan.rows[0].chosen && plan.rows[0].login_needed);
  EXPECT_THAT(PlanText(plan), HasSubstr("account is known for vast"));
}

TEST(Plan, ACapBelowTheReserveSaysWhyItIsHeldAndPromisesNothingOfAShorterLease) {
  World world = RentingWorld();
  world.project.budget.cap = MicroUsd(50'000'000);
  const Error error = world.Refusal();
  EXPECT_EQ(error.kind(), ErrorKind::kOverBudget);
  EXPECT_THAT(error.message(), HasSubstr("(held for 3 d: not proven yet"));
  EXPECT_THAT(error.hint(), StartsWith("raise `cap`"));
}

TEST(Plan, SpotAloneIsNotRentedWhereNoBidsAreTaken) {
  World world = RentingWorld();
  world.step().spot = SpotUse::kOnly;
  world.step().checkpoint = CheckpointRule{.dir = "ckpt", .every = {}};
  world.offers[0].spot_per_hour = MicroUsd(100'000);
  EXPECT_TRUE(world.Compare().rows[0].chosen);
  world.facts.rentals.at("vast").takes_bids = false;
  EXPECT_EQ(world.Refusal().kind(), ErrorKind::kNo);
}

// The choice against a slow, obvious one: no place that may run the step has a lower worst case,
// every offer is shown or counted once, and nothing costs less than rate x time.
RC_GTEST_PROP(Plan, TheChosenRowIsNeverWorseThanAnotherThatCouldRun, ()) {
  World world;
  world.offers = *rc::gen::container<std::vector<Offer>>(rc::gen::exec([] {
    Offer offer =
        Rented(*rc::gen::element<std::string>("aws", "vast", "gcp"),
               *rc::gen::element<std::string>("a", "b", "c", "d"),
               *rc::gen::inRange<int64_t>(0, 60'000), *rc::gen::element<std::string>("us", "eu"));
    offer.vcpus = *rc::gen::element(2.0, 4.0, 8.0);
    return offer;
  }));
  world.facts.drivers =
      *rc::gen::element(std::vector<std::string>{}, std::vector<std::string>{"vast"},
                        std::vector<std::string>{"vast", "gcp"});
  world.step().needs = {.cpus = *rc::gen::element(1, 4, 32),
                        .time = Millis(*rc::gen::inRange<int64_t>(1, 100'000'000))};
  world.project.budget.cap = MicroUsd(*rc::gen::inRange<int64_t>(0, 2'000'000));
  const Plan plan = world.Compare(true);
  const Millis time = *world.step().needs.time;
  const auto chosen = std::find_if(plan.rows.begin(), plan.rows.end(),
                                   [](const PlanRow& row) { return row.chosen; });
  RC_ASSERT(plan.rows.size() == world.offers.size() + 1);
  for (const Offer& offer : world.offers) {
    const bool driver =
        std::count(world.facts.drivers.begin(), world.facts.drivers.end(), offer.provider) > 0;
    const bool meets = *offer.vcpus >= static_cast<double>(*world.step().needs.cpus);
    const MicroUsd cost = CostOf(*offer.per_hour, time);
    if (!driver || !meets || cost > *world.project.budget.cap) continue;
    RC_ASSERT(chosen != plan.rows.end());
    RC_ASSERT(*chosen->worst <= cost);
  }
  RC_ASSERT((chosen != plan.rows.end()) == plan.blocked.empty());
  for (const PlanRow& row : plan.rows) {
    if (row.place == "local" || !row.worst) continue;
    const BigNumber exact = BigNumber::Of(row.per_hour->value()).Times(BigNumber::Of(time.count()));
    RC_ASSERT(row.worst->value() == exact.DividedUpBy(3'600'000));
  }
  const Plan shown = world.Compare(false);
  int64_t counted = 0;
  for (const LeftOut& left : shown.left_out) counted += left.count;
  RC_ASSERT(static_cast<size_t>(counted) + shown.rows.size() == world.offers.size() + 1);
  RC_ASSERT(shown.rows.front().chosen == plan.rows.front().chosen);
  RC_ASSERT(shown.rows.front().place == plan.rows.front().place);
}

}  // namespace
}  // namespace curbstop
