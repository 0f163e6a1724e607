// Replays a spot policy on a recorded trace: the model of plan/spot/spot_view.h, with integer
// money.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/money.h"
#include "market/spot_trace.h"
#include "plan/spot/spot_view.h"

namespace curbstop {

// One place, tick by tick, as the replay needs it.
struct TracePlace {
  SpotPlace place;              // what stays: name, region, speed, on-demand price
  std::vector<bool> available;  // by tick of the trace; empty: sells no spot
  std::vector<MicroUsd> price;
};

struct TraceMarket {
  double tick_s = 0;
  int64_t ticks = 0;
  std::vector<TracePlace> places;
};

// All zones of a trace, each start there taking `overhead_s`.
TraceMarket MarketOf(const SpotTrace& trace, double overhead_s);

// `us-east-1a` and `us-east1-a` lie in `us-east-1` and `us-east1`; other names are a region each.
std::string RegionOfZone(std::string_view zone);

struct SpotLife {
  // Prices per hour times seconds, summed: exact. Divided once, in `Usd`.
  int64_t micro_usd_seconds = 0;
  MicroUsd moved;  // checkpoints to other places
  double unfinished_s = 0;
  bool missed = false;
  bool stopped = false;                // by the policy, or by the cap where the policy knows none
  bool cut = false;                    // by the cap
  bool warned = false;                 // the policy said kCapAtRisk at some time
  SpotSays said = SpotSays::kNothing;  // the latest word other than kNothing
  int64_t spot_ticks = 0;
  int64_t on_demand_ticks = 0;
  int64_t starts = 0;
  int64_t migrations = 0;
  int64_t probes = 0;  // billed
};

double Usd(const SpotLife& life);

// From `start_tick` of the trace. What is unfinished at the deadline is billed on demand, to the
// second, where that is cheapest; with a cap it is left undone. A policy that would cross the cap
// is stopped before it does.
SpotLife Replay(const TraceMarket& market, const SpotJob& job, int64_t start_tick,
                SpotPolicy policy);

}  // namespace curbstop
