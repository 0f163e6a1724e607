#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/spot/cost_table.h"
#include "plan/spot/odds.h"
#include "plan/spot/ours.h"
#include "plan/spot/reach.h"
#include "plan/spot/skynomad.h"
#include "plan/spot/uniform_progress.h"

namespace curbstop {
namespace {

constexpr double kHour = 3600;

SpotPlace Place(const char* name, int64_t spot_cents, int64_t on_demand_cents) {
  return {.name = name,
          .region = name,
          .spot = MicroUsd(spot_cents * 10'000),
          .on_demand = MicroUsd(on_demand_cents * 10'000),
          .overhead_s = 720};
}

// Ten hours of work; one place at 1 and one at 2 USD, on demand 5.
struct Case {
  SpotJob job{.work_s = 10 * kHour, .deadline_s = 20 * kHour, .overhead_s = 720};
  std::vector<SpotPlace> places = {Place("dear", 200, 500), Place("cheap", 100, 500)};
  SpotView View() const {
    SpotView view{.tick_s = 600};
    view.job = &job;
    view.places = places;
    return view;
  }
};

TEST(SpotOdds, CountChangesOverTheTimeWatched) {
  SpotPlace place;
  // Up for ticks 0-9, a gap of ten, away for ticks 20-29: the change lies in the middle of the gap.
  AddSighting(place.spells, 0, true);
  AddSighting(place.spells, 9, true);
  AddSighting(place.spells, 20, false);
  AddSighting(place.spells, 29, false);
  const SpotOdds odds = OddsOf(place, 60, {.life_s = 100, .away_s = 200});
  EXPECT_DOUBLE_EQ(odds.loss, 2.0 / (15 * 60 + 100));   // one seen, one assumed
  EXPECT_DOUBLE_EQ(odds.comes, 1.0 / (15 * 60 + 200));  // none seen, one assumed
}

TEST(Ours, TriesTheCheapestFirstAndThenTheNext) {
  Case c;
  EXPECT_EQ(OursNext(c.View()).machine.place, 1);
  EXPECT_EQ(OursNext(c.View()).step, SpotStep::kTry);
  c.places[1].now = false;
  EXPECT_EQ(OursNext(c.View()).machine.kind, SpotKind::kIdle);  // ten hours to spare: it may come
  c.job.deadline_s = 10.8 * kHour;
  EXPECT_EQ(OursNext(c.View()).machine.place, 0);
}

TEST(Ours, WaitsWhereThereIsTimeAndGoesOnDemandWhereThereIsNone) {
  Case c;
  c.places[0].now = c.places[1].now = false;
  EXPECT_EQ(OursNext(c.View()).machine.kind, SpotKind::kIdle);
  c.job.deadline_s = c.job.work_s + 720 + 300;  // not even one tick may be waited
  EXPECT_EQ(OursNext(c.View()).machine.kind, SpotKind::kOnDemand);
}

TEST(Ours, LeavesADearPlaceForACheapOneOnlyIfTheWayIsWorthIt) {
  Case c;
  SpotView view = c.View();
  view.held = {SpotKind::kSpot, 0};
  view.data_at = 0;
  EXPECT_EQ(OursNext(view).step, SpotStep::kTry);
  c.job.move = MicroUsd(50'000'000);  // 50 USD for a gain of at most 10
  EXPECT_EQ(OursNext(view).step, SpotStep::kRun);
  EXPECT_EQ(OursNext(view).machine, view.held);
}

TEST(Ours, UsesThisComputerWhereItIsCheapAndFastEnough) {
  Case c;
  c.places.push_back({.name = "local",
                      .region = "local",
                      .sells_spot = false,
                      .on_demand = MicroUsd(70'000),
                      .speed = 0.8});
  EXPECT_EQ(OursNext(c.View()).machine, (SpotMachine{SpotKind::kOnDemand, 2}));
}

TEST(Ours, SaysThatACapPaysForSpotAlone) {
  Case c;
  c.job.cap = MicroUsd(60'000'000);  // on demand: 10.2 h at 5 USD
  EXPECT_EQ(OursNext(c.View()).says, SpotSays::kNothing);
  c.job.cap = MicroUsd(20'000'000);  // spot: 10.2 h at 1 USD
  EXPECT_EQ(OursNext(c.View()).says, SpotSays::kCapAtRisk);
  EXPECT_EQ(OursNext(c.View()).step, SpotStep::kTry);
  c.places[0].now = c.places[1].now = false;
  EXPECT_EQ(OursNext(c.View()).machine.kind, SpotKind::kIdle);
}

TEST(Ours, StopsWhereDeadlineAndCapCannotBothHold) {
  Case c;
  c.job.cap = MicroUsd(9'990'000);  // ten hours at 1 USD are more
  const SpotAction action = OursNext(c.View());
  EXPECT_EQ(action.step, SpotStep::kStop);
  EXPECT_EQ(action.says, SpotSays::kCannotBoth);
  c.job.cap.reset();
  EXPECT_EQ(OursNext(c.View()).step, SpotStep::kTry);
}

// Slow and cheap in time, fast and dear in money: only a share of each keeps both.
TEST(SpotReach, MixesMachinesBeforeItGivesUp) {
  Case c;
  c.places = {Place("fast", 500, 500)};
  c.places.push_back({.name = "local",
                      .region = "local",
                      .sells_spot = false,
                      .on_demand = MicroUsd(100'000),
                      .speed = 0.4});
  c.job.cap = MicroUsd(30'000'000);
  SpotView view = c.View();
  EXPECT_FALSE(SpotReach(view).Rescue());  // 25 h at home, 51 USD away
  EXPECT_TRUE(SpotReach(view).ConceivableAfter({SpotKind::kOnDemand, 1}));
  c.job.deadline_s = 12 * kHour;
  EXPECT_FALSE(SpotReach(c.View()).ConceivableAfter({SpotKind::kOnDemand, 1}));
}

TEST(UniformProgress, TakesSpotEvenWhenBehindAndOnDemandOnlyThen) {
  Case c;
  SpotView view = c.View();
  view.tick = 12;  // two hours, nothing done
  EXPECT_EQ(UniformProgressNext(view).step, SpotStep::kTry);
  c.places[0].now = c.places[1].now = false;
  EXPECT_EQ(UniformProgressNext(view).machine.kind, SpotKind::kOnDemand);
  EXPECT_EQ(GreedyNext(view).machine.kind, SpotKind::kIdle);
  view.done_s = 2 * kHour;  // ahead: one would do
  EXPECT_EQ(UniformProgressNext(view).machine.kind, SpotKind::kIdle);
}

TEST(UniformProgress, LeavesOnDemandOnlyWhenAheadByTwoStarts) {
  Case c;
  SpotView view = c.View();
  view.tick = 12;
  view.held = {SpotKind::kOnDemand, 0};
  view.data_at = 0;
  view.done_s = kHour + 720;  // expected by now and two starts later: 1 h + 720 s
  EXPECT_EQ(UniformProgressNext(view).machine, view.held);
  view.done_s += 1;
  EXPECT_EQ(UniformProgressNext(view).step, SpotStep::kTry);
}

TEST(SkyNomad, RunsNothingThatIsNotWorthTheProgress) {
  Case c;
  c.places[1].now = false;
  SpotView view = c.View();
  EXPECT_EQ(SkyNomadNext(view).step, SpotStep::kTry);
  view.done_s = 9.9 * kHour;  // far ahead: progress is worth no more than the cheapest spot
  EXPECT_NE(SkyNomadNext(view).step, SpotStep::kTry);
}

// More slack never costs more (but for the grid's error, which is below 3 %), and more is never
// needed than on demand from now on.
RC_GTEST_PROP(SpotCostTable, SlackIsNeverBad, ()) {
  Case c;
  c.job.work_s = *rc::gen::inRange(1, 80) * kHour;
  c.job.deadline_s = c.job.work_s + *rc::gen::inRange(1, 40) * kHour;
  c.job.move = MicroUsd(*rc::gen::inRange(0, 20) * 1'000'000);
  c.places[0].spot = MicroUsd(*rc::gen::inRange(100'000, 6'000'000));
  const SpotView view = c.View();
  const SpotCostTable table(view, {});
  double before = table.EnterSteady(0, -1, 0.25 * kHour);
  for (double slack = 0.5; slack * kHour < c.job.deadline_s - c.job.work_s; slack += 0.25) {
    const double on_demand = table.EnterSteady(0, -1, slack * kHour);
    RC_ASSERT(on_demand <= before * 1.03);
    RC_ASSERT(on_demand <= 5e6 * (c.job.work_s + 720) / kHour * (1 + 1e-9));
    before = on_demand;
  }
}

}  // namespace
}  // namespace curbstop
