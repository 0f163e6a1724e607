// The published figures, to the tick: docs/benchmarks/spot.md.
#include <cmath>

#include <gtest/gtest.h>

#include "market/spot_files.h"
#include "plan/spot/uniform_progress.h"
#include "run/simulate/spot/optimum.h"
#include "run/simulate/spot/replay.h"
#include "run/simulate/spot/report.h"

namespace curbstop {
namespace {

TraceMarket Market(std::string_view name, const std::vector<std::string>& zones) {
  SpotTrace trace = **BundledSpotTrace(name);
  EXPECT_TRUE(KeepZones(trace, zones).ok());
  return MarketOf(trace, 720);
}

// SkyNomad's artifact, v100.csv: one zone, work 39.93889 h, deadline 59.90833 h, starts of 720 s.
TEST(UniformProgressReference, AgreesInOneV100Zone) {
  struct Row {
    const char* zone;
    int64_t tick, spot, on_demand;
    double usd;
  };
  const Row rows[] = {
      {"us-east-1c", 3318, 49, 753, 127.986},  {"us-east-2b", 3318, 496, 319, 77.643},
      {"us-west-2a", 3318, 787, 0, 39.134},    {"us-east-1c", 5530, 251, 606, 116.886},
      {"us-east-2b", 7742, 700, 90, 49.725},   {"us-west-2a", 7742, 767, 0, 38.139},
      {"us-east-1c", 8848, 347, 483, 103.232}, {"us-east-2b", 15484, 774, 0, 38.487},
      {"us-west-2a", 15484, 673, 116, 55.211}};
  const SpotJob job{.work_s = 143'780, .deadline_s = 215'670, .overhead_s = 720};
  for (const Row& row : rows) {
    const SpotLife life = Replay(Market("v100", {row.zone}), job, row.tick, UniformProgressNext);
    EXPECT_EQ(life.spot_ticks, row.spot) << row.zone << " " << row.tick;
    EXPECT_EQ(life.on_demand_ticks, row.on_demand) << row.zone << " " << row.tick;
    // The file itself is met to 0.0018; here it stands rounded to a tenth of a cent.
    EXPECT_NEAR(Usd(life), row.usd, 0.0023) << row.zone << " " << row.tick;
  }
}

// The same artifact, region_scaling.csv and deadline_sensitivity.csv: H100, windows of 51.83333 h.
TEST(UniformProgressReference, AgreesInOneH100Zone) {
  struct Row {
    const char* zone;
    double start_h, work_h, usd;
  };
  const double work = 51.833333333333336 / 1.2;
  const Row rows[] = {{"us-central1-a", 0, work, 1145.38},
                      {"us-west1-a", 51.833333333333336, work, 3595.08},
                      {"europe-west1-c", 103.66666666666669, work, 1101.93},
                      {"europe-west3-c", 259.1666666666667, work, 762.52},
                      {"asia-southeast1-b", 0, work, 4599.54},
                      {"asia-south2-b", 155.5, work, 3041.09},
                      {"asia-southeast1-c", 0, work, 837.65},
                      // A ratio of 1 must miss: 0.2 h are left and billed to the second.
                      {"us-central1-a", 0, 51.833333333333336, 4294.07}};
  for (const Row& row : rows) {
    const TraceMarket market = Market("h100", {row.zone});
    const auto starts = SpotStarts(std::to_string(row.start_h) + ",", market, 186'600);
    ASSERT_TRUE(starts.ok());
    const SpotJob job{
        .work_s = row.work_h * 3600, .deadline_s = 51.833333333333336 * 3600, .overhead_s = 720};
    const auto tick = static_cast<int64_t>(std::ceil(row.start_h * 3600 / 600));
    EXPECT_NEAR(Usd(Replay(market, job, tick, UniformProgressNext)), row.usd, 0.006)
        << row.zone << " " << row.start_h;
  }
}

struct Totals {
  int64_t spot = 0, on_demand = 0, starts = 0;
  bool operator==(const Totals&) const = default;
};

// 25 windows in each of nine zones, 48 h of work, at fixed prices.
template <typename Each>
void ForEachGridWindow(double deadline_s, double overhead_s, Each each) {
  SpotTrace trace = **BundledSpotTrace("v100");
  ASSERT_TRUE(SetPrices(trace, SpotPriceKind::kSpot, "0.9731").ok());
  TraceMarket all = MarketOf(trace, overhead_s);
  const SpotJob job{.work_s = 172'800, .deadline_s = deadline_s, .overhead_s = overhead_s};
  for (TracePlace& place : all.places) {
    const TraceMarket one{.tick_s = all.tick_s, .ticks = all.ticks, .places = {std::move(place)}};
    const auto starts = SpotStarts("25", one, deadline_s);
    ASSERT_TRUE(starts.ok());
    for (const SpotStart& start : *starts) each(one, job, start.tick);
  }
}

Totals GridTotals(double deadline_s, double overhead_s, SpotPolicy policy) {
  Totals totals;
  ForEachGridWindow(deadline_s, overhead_s,
                    [&](const TraceMarket& market, const SpotJob& job, int64_t tick) {
                      const SpotLife life = Replay(market, job, tick, policy);
                      EXPECT_FALSE(life.missed);
                      totals.spot += life.spot_ticks;
                      totals.on_demand += life.on_demand_ticks;
                      totals.starts += life.starts;
                    });
  return totals;
}

TEST(Grid, GreedyAgreesInIntegers) {
  EXPECT_EQ(GridTotals(288'000, 720, GreedyNext), (Totals{149'970, 58'901, 2637}));
  EXPECT_EQ(GridTotals(216'000, 720, GreedyNext), (Totals{102'458, 102'018, 1398}));
}

TEST(Grid, UniformProgressAgreesInIntegers) {
  EXPECT_EQ(GridTotals(288'000, 720, UniformProgressNext), (Totals{158'229, 54'671, 3761}));
  EXPECT_EQ(GridTotals(230'400, 720, UniformProgressNext), (Totals{139'508, 71'167, 3128}));
  EXPECT_EQ(GridTotals(192'000, 720, UniformProgressNext), (Totals{108'354, 98'168, 1944}));
}

TEST(Grid, PlainUniformProgressAgreesInIntegers) {
  EXPECT_EQ(GridTotals(216'000, 720, PlainUniformProgressNext), (Totals{142'560, 79'097, 6211}));
}

// 225 optima at a deadline of 181,895 s: 382124.23 spot ticks' worth.
TEST(Grid, TheOptimumAgrees) {
  double usd = 0;
  ForEachGridWindow(181'895, 720, [&](const TraceMarket& market, const SpotJob& job, int64_t tick) {
    usd += Optimum(market, job, tick).usd;
  });
  EXPECT_NEAR(usd / (0.9731 * 195 / 3600), 382'124.23, 0.01);
}

}  // namespace
}  // namespace curbstop
