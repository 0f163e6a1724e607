#include "plan/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "fit/answer.h"
#include "plan/testing/plan_world.h"

namespace curbstop {
namespace {

using ::testing::HasSubstr;

struct Scene {
  Scene() {
    machine.cpu.threads = 8;
    offers = {On("small", "RTX-3090", 24, 200'000), On("large", "H100-SXM5", 80, 2'000'000)};
    ask.name = "qwen2.5-7b";
    ask.method = "qlora";
    ask.tokens = 40'000'000;
  }
  Result<std::vector<Rung>> Make() const {
    return LadderOf({.target = ask,
                     .machine = &machine,
                     .offers = &offers,
                     .drivers = {"vast"},
                     .gpu = gpu,
                     .electricity = {}});
  }
  Machine machine;
  std::vector<Offer> offers;
  fit::Ask ask;
  std::string gpu;
};

TEST(Ladder, GoesFromTheSmallestOfTheFamilyToTheTargetInFull) {
  const std::vector<Rung> ladder = *Scene().Make();
  ASSERT_EQ(ladder.size(), 4u);
  EXPECT_EQ(ladder[0].model, "qwen2.5-0.5b");
  EXPECT_EQ(ladder[1].model, "qwen2.5-1.5b");
  EXPECT_EQ(ladder[2].model, "qwen2.5-7b");
  EXPECT_EQ(ladder[3].model, "qwen2.5-7b");
  EXPECT_EQ(ladder[3].tokens, 40'000'000);
  for (const Rung& rung : ladder) {
    ASSERT_TRUE(rung.cost && rung.usual && rung.worst) << rung.model;
    EXPECT_LE(*rung.usual, *rung.worst);
    EXPECT_LE(*rung.cost, *ladder.back().cost);
  }
  // One token in a hundred on a fifteenth of the parameters.
  EXPECT_LT(ladder[0].cost->value() * 50, ladder[3].cost->value());
}

TEST(Ladder, OfImageModelsThereIsNone) {
  Scene scene;
  scene.ask = {.name = "resnet-50", .method = "full", .images = 1'000'000};
  const auto ladder = scene.Make();
  ASSERT_FALSE(ladder.ok());
  EXPECT_THAT(ladder.error().message(), HasSubstr("reads images"));
}

TEST(Ladder, TheCheapestPlaceIsTheOneWhereItCostsLeastUntilItIsDone) {
  Scene scene;
  scene.offers[1].per_hour = MicroUsd(400'000);  // twice the price, far more than twice as fast
  EXPECT_EQ(scene.Make()->back().place, "vast/us/large");
  scene.offers[1].per_hour = MicroUsd(40'000'000);
  EXPECT_EQ(scene.Make()->back().place, "vast/us/small");
}

TEST(Ladder, AtHomeARungCostsItsEnergy) {
  Scene scene;
  Gpu card;
  card.name = "RTX-3090";
  card.memory_total = GiB(24);
  scene.machine.gpus = {card};
  const Rung first = scene.Make()->front();
  EXPECT_EQ(first.place, "local");
  EXPECT_LT(*first.cost, MicroUsd(20'000));
}

TEST(Ladder, AModelThatHoldsNowhereHasNoCost) {
  Scene scene;
  scene.ask.name = "qwen2.5-72b";
  scene.ask.method = "full";
  const std::vector<Rung> ladder = *scene.Make();
  EXPECT_FALSE(ladder.back().cost);
  EXPECT_EQ(ladder.back().place, "");
  EXPECT_TRUE(ladder.front().cost);
  EXPECT_THAT(LadderText(ladder), HasSubstr("no place that can be rented"));
}

TEST(Ladder, WithoutSmallerSiblingsAFewStepsComeFirst) {
  Scene scene;
  scene.ask.name = "gpt-neox-20b";
  const std::vector<Rung> ladder = *scene.Make();
  ASSERT_EQ(ladder.size(), 2u);
  EXPECT_EQ(ladder[0].tokens, 20 * 2048);
}

TEST(Ladder, ANamedGpuIsTheOnlyOne) {
  Scene scene;
  scene.gpu = "H100";
  const std::vector<Rung> ladder = *scene.Make();
  for (const Rung& rung : ladder) EXPECT_EQ(rung.place, "vast/us/large");
}

TEST(Ladder, ItNeedsAMethodAndTokens) {
  Scene scene;
  scene.ask.tokens = 0;
  EXPECT_THAT(scene.Make().error().hint(), HasSubstr("--tokens 40M"));
  scene.ask.method = "";
  EXPECT_THAT(scene.Make().error().hint(), HasSubstr("--method"));
}

TEST(Ladder, ItsTextHoldsAHundredColumns) {
  Scene scene;
  scene.offers[0].type = "a-very-long-name-of-a-machine-that-somebody-thought-of-in-a-meeting";
  for (const std::string_view line : Lines(LadderText(*scene.Make())))
    EXPECT_LE(CodePoints(line), 100u) << line;
}

}  // namespace
}  // namespace curbstop
