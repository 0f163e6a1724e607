#include "run/simulate/simulate.h"

#include "run/simulate/life.h"
#include "run/simulate/memory_journal.h"
#include "run/simulate/pairs.h"
#include "run/simulate/report_text.h"
#include "run/simulate/sower.h"

namespace curbstop {
namespace {

TEST(Simulate, ThousandsOfDisastersBreakNoPromise) {
  const DisasterReport report = SimulateDisasters(3'000, 1, 2, {});
  EXPECT_EQ(report.runs, 3'000);
  for (const BrokenLife& life : report.first)
    ADD_FAILURE() << life.seed << ": " << life.breach.what;
  for (const int64_t lives : report.faults) EXPECT_GT(lives, 0);
}

TEST(Simulate, TheReportIsTheSameForAnyNumberOfThreads) {
  const DisasterReport one = SimulateDisasters(600, 7, 1, {});
  const DisasterReport three = SimulateDisasters(600, 7, 3, {});
  EXPECT_EQ(WriteJson(DisasterJson(one)), WriteJson(DisasterJson(three)));
  EXPECT_EQ(one.pairs, three.pairs);
}

TEST(Simulate, TheSameSeedTellsTheSameLife) {
  EXPECT_EQ(TraceLife(42, Plant::kNone).lines, TraceLife(42, Plant::kNone).lines);
  EXPECT_NE(TraceLife(42, Plant::kNone).lines, TraceLife(43, Plant::kNone).lines);
}

TEST(Simulate, NothingIsMetThatPairsSaysCannotBe) {
  const DisasterReport report = SimulateDisasters(20'000, 50'000, 2, {});
  const Coverage coverage = CoverageOf(report);
  for (const auto& [phase, kind] : coverage.surprises) {
    ADD_FAILURE() << NameOf(kind) << " in " << NameOf(phase) << ", though "
                  << WhyNever(phase, kind);
  }
  EXPECT_GE(coverage.reached, 160);
  EXPECT_GT(coverage.possible, 200);
}

class EachPlant : public testing::TestWithParam<int> {};

TEST_P(EachPlant, IsCaughtByAnInvariantAndTheSameSeedIsCleanWithoutIt) {
  const auto plant = static_cast<Plant>(GetParam());
  const PlantReport report = FindPlant(plant, 1, 10'000);
  EXPECT_TRUE(report.caught) << NameOf(plant);
  EXPECT_EQ(TraceLife(report.seed, Plant::kNone).breach.invariant, Invariant::kNone);
}

INSTANTIATE_TEST_SUITE_P(All, EachPlant, testing::Range(1, kPlants), [](const auto& one) {
  return std::string(NameOf(static_cast<Plant>(one.param)));
});

}  // namespace
}  // namespace curbstop
