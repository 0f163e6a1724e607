#include "run/simulate/spot/replay.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/spot/ours.h"
#include "plan/spot/reach.h"
#include "plan/spot/skynomad.h"
#include "plan/spot/uniform_progress.h"
#include "run/simulate/spot/optimum.h"
#include "run/simulate/spot/report.h"

namespace curbstop {
namespace {

TracePlace Zone(const std::string& pattern, int64_t spot, int64_t on_demand) {
  TracePlace zone{
      .place = {.name = "z", .region = "z", .on_demand = MicroUsd(on_demand), .overhead_s = 60}};
  for (const char tick : pattern) {
    zone.available.push_back(tick == '1');
    zone.price.push_back(MicroUsd(spot));
  }
  return zone;
}

TraceMarket One(const std::string& pattern) {
  return {.tick_s = 60,
          .ticks = static_cast<int64_t>(pattern.size()),
          .places = {Zone(pattern, 1'000'000, 3'000'000)}};
}

TEST(Replay, BillsWholeTicksAndEachStart) {
  // Three minutes of work, one of start: 1110 1111 is lost after two minutes of work.
  const SpotJob job{.work_s = 180, .deadline_s = 900, .overhead_s = 60};
  const SpotLife life = Replay(One("111011111111111"), job, 0, GreedyNext);
  EXPECT_EQ(life.spot_ticks, 5);  // 60 s start, 120 s work, lost; 60 s start, 60 s work
  EXPECT_EQ(life.starts, 2);
  EXPECT_FALSE(life.missed);
  EXPECT_DOUBLE_EQ(Usd(life), 5.0 / 60);
}

TEST(Replay, AMissedDeadlineIsFinishedOnDemand) {
  const SpotJob job{.work_s = 180, .deadline_s = 180, .overhead_s = 60};
  const SpotLife life = Replay(One("000000"), job, 0, GreedyNext);
  EXPECT_TRUE(life.missed);
  EXPECT_DOUBLE_EQ(life.unfinished_s, 60);
  EXPECT_DOUBLE_EQ(Usd(life), 4 * 3.0 / 60);
}

TEST(Replay, AProbeBillsAMinuteWhereItFindsAMachine) {
  const auto probes = [](const SpotView& view) -> SpotAction {
    if (!view.places[0].now) return {SpotStep::kProbe, {SpotKind::kSpot, 0}};
    return RunOnDemand(0);
  };
  const SpotJob job{.work_s = 60, .deadline_s = 600, .overhead_s = 60};
  const SpotLife life = Replay(One("101010"), job, 0, probes);
  EXPECT_EQ(life.probes, 1);  // the second found none
  EXPECT_DOUBLE_EQ(Usd(life), (2 * 3.0 + 1.0) / 60);
}

TEST(Replay, MovingTheCheckpointIsBilledOnce) {
  TraceMarket market = One("1100000000");
  market.places.push_back(Zone("0011111111", 1'000'000, 3'000'000));
  const SpotJob job{.work_s = 240, .deadline_s = 600, .overhead_s = 60, .move = MicroUsd(500'000)};
  const SpotLife life = Replay(market, job, 0, UniformProgressNext);
  EXPECT_EQ(life.migrations, 1);
  EXPECT_EQ(life.moved, MicroUsd(500'000));
}

TEST(Optimum, IsWorkedOutByHand) {
  // Two minutes of work. Spot at ticks 0-1 brings one; then 2 more ticks: start and work. Waiting
  // for tick 4 and running it through costs start + 2.
  const SpotJob job{.work_s = 120, .deadline_s = 600, .overhead_s = 60};
  EXPECT_DOUBLE_EQ(Optimum(One("1100111100"), job, 0).usd, 3.0 / 60);
  EXPECT_TRUE(Optimum(One("1100111100"), job, 0).exact);
  const SpotJob none{.work_s = 600, .deadline_s = 600, .overhead_s = 60};
  EXPECT_TRUE(Optimum(One("1111111111"), none, 0).missed);
}

TEST(RegionOfZone, IsTheNameWithoutItsZone) {
  EXPECT_EQ(RegionOfZone("us-east-1a_v100_1"), "us-east-1");
  EXPECT_EQ(RegionOfZone("us-central1-a_h100_16"), "us-central1");
  EXPECT_EQ(RegionOfZone("mine"), "mine");
}

TEST(SpotStarts, AreACountOrHours) {
  const TraceMarket market = One(std::string(100, '1'));
  const auto three = SpotStarts("3", market, 600);
  ASSERT_TRUE(three.ok());
  EXPECT_EQ((*three)[1].tick, 45);
  EXPECT_EQ((*three)[2].tick, 90);  // its window ends with the trace
  const auto one = SpotStarts("1,", market, 600);
  ASSERT_TRUE(one.ok());
  EXPECT_EQ((*one)[0].tick, 60);
  EXPECT_EQ(one->size(), 1u);
  EXPECT_FALSE(SpotStarts("2,", market, 600).ok());
  EXPECT_FALSE(SpotStarts("x", market, 600).ok());
  EXPECT_FALSE(SpotStarts("0", market, 600).ok());
  EXPECT_FALSE(SpotStarts("3", market, 6060).ok());
}

std::string Pattern(int ticks) {
  std::string pattern;
  bool up = *rc::gen::arbitrary<bool>();
  while (static_cast<int>(pattern.size()) < ticks) {
    pattern.append(static_cast<size_t>(*rc::gen::inRange(1, 25)), up ? '1' : '0');
    up = !up;
  }
  return pattern.substr(0, static_cast<size_t>(ticks));
}

struct Drawn {
  TraceMarket market{.tick_s = 300, .ticks = 200};
  SpotJob job;
};

// A job whose deadline on demand alone can hold, from the first tick on.
Drawn Draw() {
  Drawn drawn;
  const int zones = *rc::gen::inRange(1, 4);
  const double start = *rc::gen::inRange(0, 5) * 150.0;
  for (int i = 0; i < zones; ++i) {
    TracePlace zone = Zone(Pattern(200), *rc::gen::inRange(100'000, 3'000'000),
                           *rc::gen::inRange(2'000'000, 6'000'000));
    zone.place.overhead_s = start;
    zone.place.name = zone.place.region = std::string(1, static_cast<char>('a' + i));
    drawn.market.places.push_back(std::move(zone));
  }
  const int work = *rc::gen::inRange(10, 100);
  drawn.job = {.work_s = work * 300.0,
               .deadline_s = work * 300.0 + *rc::gen::inRange(6, 80) * 300.0,
               .overhead_s = start,
               .move = MicroUsd(*rc::gen::inRange(0, 2) * 200'000)};
  return drawn;
}

RC_GTEST_PROP(Policies, MissNothingAndBeatNoOptimum, ()) {
  const Drawn drawn = Draw();
  const double least = Optimum(drawn.market, drawn.job, 0).usd;
  for (const SpotPolicy policy : {OursNext, GreedyNext, UniformProgressNext, SkyNomadNext}) {
    const SpotLife life = Replay(drawn.market, drawn.job, 0, policy);
    RC_ASSERT(!life.missed);
    RC_ASSERT(Usd(life) >= least - 1e-6);
  }
}

void AddThisComputer(Drawn& drawn, double overhead_s) {
  drawn.market.places.push_back(
      {.place = {.name = "local",
                 .region = "local",
                 .sells_spot = false,
                 .on_demand = MicroUsd(*rc::gen::inRange(10'000, 2'000'000)),
                 .speed = *rc::gen::inRange(1, 20) / 10.0,
                 .overhead_s = overhead_s}});
}

// The optimum counts this computer: it is no dearer with it, and no policy that knows it beats it.
RC_GTEST_PROP(Policies, BeatNoOptimumThatHasThisComputerToo, ()) {
  Drawn drawn = Draw();
  const double without = Optimum(drawn.market, drawn.job, 0).usd;
  AddThisComputer(drawn, *rc::gen::inRange(0, 8) * 150.0);
  const double with = Optimum(drawn.market, drawn.job, 0).usd;
  RC_ASSERT(with <= without + 1e-6);
  RC_ASSERT(Usd(Replay(drawn.market, drawn.job, 0, OursNext)) >= with - 1e-6);
}

// This computer never makes the certain uncertain.
RC_GTEST_PROP(Ours, MissesNothingWithThisComputerBeside, ()) {
  Drawn drawn = Draw();
  AddThisComputer(drawn, *rc::gen::inRange(0, 2000) * 1.0);
  const SpotLife life = Replay(drawn.market, drawn.job, 0, OursNext);
  RC_ASSERT(!life.missed);
}

// Never more than the cap; a deadline that deadline and cap leave a certain way to is kept; a miss
// is said before; and who stops before the first dollar is right: even the future has no way within
// it.
RC_GTEST_PROP(Ours, KeepsCapAndDeadlineOrSaysThatItCannot, ()) {
  Drawn drawn = Draw();
  if (*rc::gen::arbitrary<bool>()) {
    drawn.market.places.push_back(
        {.place = {.name = "local",
                   .region = "local",
                   .sells_spot = false,
                   .on_demand = MicroUsd(*rc::gen::inRange(10'000, 2'000'000)),
                   .speed = *rc::gen::inRange(2, 12) / 10.0,
                   .overhead_s = *rc::gen::inRange(0, 2000) * 1.0}});
  }
  const double hours = drawn.job.work_s / 3600;
  drawn.job.cap = MicroUsd(static_cast<int64_t>(hours * *rc::gen::inRange(0, 8'000'000)));
  SpotView view{.job = &drawn.job, .tick_s = drawn.market.tick_s};
  std::vector<SpotPlace> places;
  for (const TracePlace& place : drawn.market.places) {
    places.push_back(place.place);
    if (!place.price.empty()) places.back().spot = place.price[0];
  }
  view.places = places;
  const bool certain = SpotReach(view).Rescue().has_value();
  const SpotLife life = Replay(drawn.market, drawn.job, 0, OursNext);
  RC_ASSERT(!life.cut);
  RC_ASSERT(Usd(life) <= static_cast<double>(drawn.job.cap->value()) / 1e6 + 1e-9);
  RC_ASSERT(!certain || (!life.missed && life.said == SpotSays::kNothing));
  RC_ASSERT(!life.missed || life.said == SpotSays::kCannotBoth);
  RC_ASSERT(!life.stopped || life.missed);
  if (OursNext(view).step != SpotStep::kStop) return;
  const SpotOptimum least = Optimum(drawn.market, drawn.job, 0);
  RC_ASSERT(least.missed || !least.exact ||
            least.usd * 1e6 > static_cast<double>(drawn.job.cap->value()));
}

}  // namespace
}  // namespace curbstop
