#include "plan/model_on.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/measured_runs.h"
#include "fit/training_speed.h"
#include "fit/work_points.h"
#include "plan/testing/plan_world.h"

namespace curbstop {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTrains = R"(
name: p
budget: {cap: 500 USD, per: month}
run: python train.py
model: {name: qwen2.5-7b, method: qlora, sequence: 2048, batch: 1, tokens: 40M}
)";

Gpu Card(std::string name, Bytes memory) {
  Gpu gpu;
  gpu.name = std::move(name);
  gpu.memory_total = memory;
  return gpu;
}

// A project, this computer and a market, and the plan of them.
struct Scene {
  explicit Scene(std::string_view text) : project(*ReadProject("/p/curbstop.yaml", text)) {
    machine.cpu.threads = 8;
    machine.memory.total = GiB(32);
  }
  Plan Make(bool every_row = true) {
    PlanFacts facts;
    facts.project = &project;
    facts.machine = &machine;
    facts.offers = &offers;
    facts.history = {history};
    facts.drivers = {"vast"};
    facts.electricity = {MicroUsd(180'000), true};
    const Result<Plan> plan = ComparePlaces(facts, every_row);
    EXPECT_TRUE(plan.ok());
    return *plan;
  }
  Project project;
  Machine machine;
  std::vector<Offer> offers;
  StepHistory history;
};

const PlanRow& RowOf(const Plan& plan, std::string_view place) {
  const auto found = std::find_if(plan.rows.begin(), plan.rows.end(),
                                  [&](const PlanRow& row) { return row.place == place; });
  EXPECT_NE(found, plan.rows.end()) << place;
  return found == plan.rows.end() ? plan.rows.front() : *found;
}

TEST(ModelInPlans, AnOfferOnWhichItDoesNotFitSaysSo) {
  Scene scene(kTrains);
  scene.offers = {On("small", "RTX-3050-8GB", 4, 100'000), On("large", "RTX-4090", 24, 400'000)};
  const Plan plan = scene.Make();
  EXPECT_THAT(RowOf(plan, "vast/us/small").why_not, HasSubstr("does not fit: "));
  EXPECT_TRUE(RowOf(plan, "vast/us/large").chosen);
  EXPECT_THAT(RowOf(plan, "vast/us/large").why, HasSubstr("fits: "));
  ASSERT_NE(RowOf(plan, "vast/us/large").model, nullptr);
}

TEST(ModelInPlans, ADearerHourWinsWhereItIsDoneSoonerByMore) {
  Scene scene(kTrains);
  // H100 has six times the arithmetic of T4 for three times its price.
  scene.offers = {On("slow", "T4", 16, 300'000), On("fast", "H100-SXM5", 80, 900'000)};
  const Plan plan = scene.Make();
  const PlanRow& slow = RowOf(plan, "vast/us/slow");
  const PlanRow& fast = RowOf(plan, "vast/us/fast");
  EXPECT_TRUE(fast.chosen);
  ASSERT_TRUE(fast.model_time && fast.p50 && fast.worst);
  EXPECT_LT(*fast.p50, *fast.worst);
  if (slow.model_time) {
    EXPECT_GT(*slow.model_time->usual, *fast.model_time->usual);
  }
}

TEST(ModelInPlans, WhatTheCapsForbidStillHasItsTime) {
  Scene scene(kTrains);
  scene.project.budget.cap = MicroUsd(100'000);
  scene.offers = {On("fast", "H100-SXM5", 80, 900'000)};
  const Plan plan = scene.Make();
  ASSERT_EQ(plan.blocked.size(), 1u);
  ASSERT_EQ(plan.times.size(), 1u);
  EXPECT_TRUE(plan.times[0].usual.has_value());
  EXPECT_EQ(plan.times[0].on, "H100-SXM5");
  EXPECT_THAT(PlanText(plan), HasSubstr(" on H100-SXM5, at worst "));
}

TEST(ModelInPlans, TheShortListHoldsWhatIsDoneSoonerThoughManyHoursAreCheaper) {
  Scene scene(kTrains);
  for (int i = 0; i < 40; ++i) {
    scene.offers.push_back(On(fmt::format("slow-{}", i).c_str(), "RTX-3090", 24, 300'000 + i));
  }
  scene.offers.push_back(On("fast", "H100-SXM5", 80, 500'000));
  const Plan plan = scene.Make(false);
  EXPECT_EQ(plan.rows.front().place, "vast/us/fast");
  EXPECT_TRUE(plan.rows.front().chosen);
}

TEST(ModelInPlans, AtHomeWhatIsTightMayBeTried) {
  Scene scene(kTrains);
  const Step& step = scene.project.steps[0];
  const int64_t between = (step.needs.gpu->memory->value + step.sure_memory->value) / 2;
  scene.machine.gpus = {Card("RTX-3080", Bytes{between})};
  const Plan plan = scene.Make();
  const PlanRow& local = RowOf(plan, "local");
  EXPECT_EQ(local.why_not, "");
  EXPECT_THAT(local.why, HasSubstr("tight: "));
}

TEST(ModelInPlans, WhatIsTightIsNotRented) {
  Scene scene(kTrains);
  const Step& step = scene.project.steps[0];
  Offer tight = On("tight", "RTX-3080", 10, 100'000);
  tight.gpu_memory = Bytes{(step.needs.gpu->memory->value + step.sure_memory->value) / 2};
  scene.offers = {tight};
  const Plan plan = scene.Make();
  EXPECT_THAT(RowOf(plan, "vast/us/tight").why_not, HasSubstr("tight: "));
  EXPECT_FALSE(RowOf(plan, "vast/us/tight").chosen);
}

TEST(ModelInPlans, NeedsOfTheFileAreStrongerAndAContradictionIsSaid) {
  Scene scene(R"(
name: p
budget: {cap: 500 USD, per: month}
run: python train.py
needs: {gpu: 8GB.., time: 3 h}
model: {name: qwen2.5-7b, method: full, tokens: 40M}
)");
  scene.offers = {On("small", "RTX-3080", 10, 100'000)};
  const Plan plan = scene.Make();
  const PlanRow& row = RowOf(plan, "vast/us/small");
  EXPECT_TRUE(row.chosen);
  EXPECT_THAT(row.why, HasSubstr("`needs` says 8 GB, the estimate no: "));
  EXPECT_EQ(row.time_source, "needs.time");
  EXPECT_EQ(row.finish_p50, Millis(3 * 3'600'000));
}

TEST(ModelInPlans, TheStepsOwnHistoryIsStrongerAtHome) {
  Scene scene(kTrains);
  scene.machine.gpus = {Card("RTX-3090", GiB(24))};
  scene.offers = {On("large", "RTX-4090", 24, 400'000)};
  scene.history = {3, Millis(7'200'000), Millis(9'000'000)};
  const Plan plan = scene.Make();
  EXPECT_EQ(RowOf(plan, "local").time_source, "3 earlier runs");
  EXPECT_EQ(RowOf(plan, "vast/us/large").time_source, "estimate of `model`");
}

// Of the scene's step on one RTX 3090: half as fast as estimated, and a peak by that factor.
Calibration MeasuredHere(const Scene& scene, double peak_factor) {
  fit::FitQuestion question = *fit::QuestionOf(*scene.project.steps[0].model);
  fit::PutOn(fit::UnderstandHardware("RTX-3090", BundledAccelerators()), question);
  const auto rates = *fit::TrainingRatesOf(question.shape, question.format, question.hardware,
                                           question.training, false);
  const fit::WorkPoint peak = fit::AllocatedPoint(question);
  const double estimated = std::accumulate(peak.parts.begin(), peak.parts.end(), 0.0);
  return {.runs = fit::RunsJson({{peak, estimated * peak_factor, "probe", 1},
                                 {fit::TrainingPoint(question, rates.terms),
                                  2 / rates.terms.ToRate().mid, "probe", 1}})};
}

TEST(ModelInPlans, WhatWasMeasuredHereCorrectsThisComputerAndTheSameGpuElsewhere) {
  Scene scene(kTrains);
  scene.machine.gpus = {Card("RTX-3090", GiB(24))};
  scene.offers = {On("same", "RTX-3090", 24, 300'000), On("other", "RTX-4090", 24, 400'000)};
  const Plan before = scene.Make();
  scene.machine.calibration = MeasuredHere(scene, 1);
  const Plan after = scene.Make();
  const auto slower = [&](const char* place) {
    return static_cast<double>(RowOf(after, place).model_time->usual->count()) /
           static_cast<double>(RowOf(before, place).model_time->usual->count());
  };
  EXPECT_NEAR(slower("local"), 2, 0.15);
  EXPECT_NEAR(slower("vast/us/same"), 2, 0.15);
  EXPECT_EQ(slower("vast/us/other"), 1);
  EXPECT_THAT(RowOf(after, "local").model_time->why, HasSubstr("corrected by 1 run measured here"));
  EXPECT_THAT(ExplanationText(after), HasSubstr("same words; corrected by 1 run measured"));
}

TEST(ModelInPlans, APeakMeasuredHereDecidesWhetherItFitsHere) {
  Scene scene(kTrains);
  const int64_t least = scene.project.steps[0].needs.gpu->memory->value;
  scene.machine.gpus = {Card("RTX-3090", Bytes{least * 9 / 10})};
  EXPECT_THAT(RowOf(scene.Make(), "local").why_not, HasSubstr("does not fit: "));
  scene.machine.calibration = MeasuredHere(scene, 0.75);
  EXPECT_EQ(RowOf(scene.Make(), "local").why_not, "");
  scene.machine.gpus = {Card("RTX-3090", *scene.project.steps[0].sure_memory)};
  scene.machine.calibration = MeasuredHere(scene, 1.5);
  EXPECT_THAT(RowOf(scene.Make(), "local").why_not, HasSubstr("does not fit: "));
}

TEST(ModelInPlans, WithoutTokensTheTimeStaysUnknown) {
  Scene scene("name: p\nrun: x\nmodel: {name: qwen2.5-7b, method: qlora}\n");
  scene.machine.gpus = {Card("RTX-3090", GiB(24))};
  EXPECT_EQ(RowOf(scene.Make(), "local").time_source, "unknown");
}

TEST(ModelInPlans, AnImageModelTakesItsImagesByTheirRate) {
  Scene scene(R"(
name: p
budget: {cap: 500 USD, per: month}
run: python train.py
model: {name: resnet-50, method: full, batch: 128, images: 115.3M}
)");
  scene.offers = {On("large", "RTX-4090", 24, 400'000)};
  const PlanRow row = RowOf(scene.Make(), "vast/us/large");
  ASSERT_TRUE(row.model && row.model->images && row.model_time);
  const double seconds = 115.3e6 / row.model->images->mid;
  EXPECT_NEAR(static_cast<double>(row.model_time->usual->count()) / 1000, seconds, 1);
  EXPECT_THAT(row.model_time->why, HasSubstr("115.3 M images at "));
  EXPECT_THAT(row.model_time->why, HasSubstr(" images/s ("));
  EXPECT_TRUE(row.chosen);
}

TEST(ModelInPlans, AVisionTransformerTakesOneSequenceForEachImage) {
  Scene scene(
      "name: p\nbudget: {cap: 9 USD, per: month}\nrun: x\n"
      "model: {name: vit-b-16-224, method: full, batch: 32, images: 1.28M}\n");
  scene.machine.gpus = {Card("RTX-3090", GiB(24))};
  const PlanRow row = RowOf(scene.Make(), "local");
  ASSERT_TRUE(row.model && row.model->images && row.model->training && row.model_time);
  EXPECT_EQ(row.model->question.training.sequence, 197);
  EXPECT_NEAR(row.model->images->mid * 197, row.model->training->mid, 1);
}

TEST(ModelInPlans, ADeadlineCutsTheEstimate) {
  Scene scene(fmt::format("{}deadline: 1 h\n", kTrains));
  scene.offers = {On("large", "RTX-4090", 24, 400'000)};
  const PlanRow row = RowOf(scene.Make(), "vast/us/large");
  EXPECT_EQ(row.finish_worst, Millis(3'600'000));
  EXPECT_EQ(row.time_source, "estimate of `model`, cut short by deadline");
}

TEST(ModelInPlans, ExplainNamesEachPartWithItsEvidence) {
  Scene scene(kTrains);
  scene.offers = {On("large", "RTX-4090", 24, 400'000)};
  const std::string text = ExplanationText(scene.Make());
  for (const char* part : {"main GPU memory: ", "main weights of gpu0: ", "main time: usual"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(ModelInPlans, OneKindOfHardwareIsEstimatedOnce) {
  Scene scene(kTrains);
  const ModelPlaces model(scene.project.steps[0]);
  const ModelOn& first = model.On(On("a", "RTX-4090", 24, 1));
  EXPECT_EQ(&first, &model.On(On("b", "RTX-4090", 24, 2)));
  EXPECT_NE(&first, &model.On(On("c", "RTX-4090", 48, 2)));
}

}  // namespace
}  // namespace curbstop
