// Every policy on every window of a trace, and the optimum beside them, as JSON and as a table.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "run/simulate/spot/replay.h"

namespace curbstop {

// ours, greedy, up, up_failover, skynomad, optimum
std::vector<std::string> SpotPolicyNames();

struct SpotStart {
  double hours = 0;  // as asked
  int64_t tick = 0;
};

// `wish`: a whole number without a comma is that many starts, evenly spaced so that the last window
// ends with the trace; a list (`8,` for one) is hours.
// Errors: kInvalidInput, also where a window would end after the trace.
Result<std::vector<SpotStart>> SpotStarts(std::string_view wish, const TraceMarket& market,
                                          double deadline_s);

struct SpotWindow {
  std::string policy;
  SpotStart start;
  double usd = 0;
  bool missed = false;
  bool exact = true;                                  // optimum: no bound
  bool stopped = false, cut = false, warned = false;  // as in SpotLife
  SpotSays said = SpotSays::kNothing;
  double migrations = 0, starts = 0, spot_ticks = 0, on_demand_ticks = 0, probes = 0;
};

// By policy, then by start. `up` is the mean over the places, each for itself.
std::vector<SpotWindow> ReplayPolicies(const TraceMarket& market, const SpotJob& job,
                                       const std::vector<std::string>& policies,
                                       const std::vector<SpotStart>& starts);

struct SpotQuestion {
  std::string trace;
  std::vector<std::string> zones;
  double tick_s = 0;
  SpotJob job;
};

Json SpotJson(const SpotQuestion& question, const std::vector<SpotWindow>& windows);
std::string SpotText(const SpotQuestion& question, const std::vector<SpotWindow>& windows);

}  // namespace curbstop
