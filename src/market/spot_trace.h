// What spot machines really went through: recorded availability and prices, zone by zone, which
// ship with the program. A tick is one look at the market; between ticks nothing is known.
//
// Source: SkyNomad's traces (NSDI '27 artifact, Apache-2.0), catalog/traces; catalog/README.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"

namespace curbstop {

struct SpotChange {
  int64_t tick = 0;
  bool is_available = false;
  MicroUsd per_hour;  // spot price, from this tick on
};

struct SpotZone {
  std::string name;
  MicroUsd on_demand_per_hour;
  std::vector<SpotChange> changes;  // the first at tick 0, then in order
};

struct SpotTrace {
  std::string name;
  int64_t tick_s = 0;
  int64_t ticks = 0;
  std::vector<SpotZone> zones;
};

// What holds in the zone at that tick; after the trace's end it begins again.
const SpotChange& SpotAt(const SpotTrace& trace, const SpotZone& zone, int64_t tick);

// In the columns of catalog/traces: `zones` names the trace's zones, `changes` is its file.
// Errors: kInvalidInput with the file's line.
Result<SpotTrace> ParseSpotTrace(std::string_view name, std::string_view zones,
                                 std::string_view changes);

std::vector<std::string> SpotTraceNames();

// By name, or `v100` and `h100` for short. Read once. Errors: kInvalidInput with the names that
// there are.
Result<const SpotTrace*> BundledSpotTrace(std::string_view name);

// The files themselves. Errors: as BundledSpotTrace.
Result<std::string_view> BundledSpotTraceCsv(std::string_view name);
std::string_view BundledSpotZonesCsv();

}  // namespace curbstop
