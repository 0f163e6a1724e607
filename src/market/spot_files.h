// A user's own recording of a spot market, from CSV files, as a SpotTrace.
//
// Availability: a header, then one row for each tick, in order. The first column is a label (where
// it is called `tick`, it must count 0, 1, 2 …), each further one a zone: 0 or 1, or how many of
// several machines could be had (1 or more counts as one). What 1 means differs from file to file
// and is therefore said, never guessed.
//
// Prices, in three layouts told apart by their header:
//   zone,tick,usd_per_hour                              from that tick on; each zone's first is 0
//   zone,spot_usd_per_hour,on_demand_usd_per_hour       the same all the time
//   tick,ZONE,…                                         one row for each tick
// More decimals than six are rounded: the trace keeps micro-dollars.
//
// A zone may be named with or without what follows the first `_` (`us-east-1a_v100_1`).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "market/spot_trace.h"

namespace curbstop {

enum class OneMeans { kAvailable, kPreempted };

// Prices are not known yet. Errors: kInvalidInput with the line.
Result<SpotTrace> ReadSpotAvailability(std::string_view name, std::string_view csv, OneMeans one,
                                       int64_t tick_s);

// Only these zones, in this order; none: all. Errors: kInvalidInput for an unknown or doubled one.
Status KeepZones(SpotTrace& trace, std::span<const std::string> names);

enum class SpotPriceKind { kSpot, kOnDemand };

// From a file in one of the layouts above. Errors: kInvalidInput with the line, or the zone that
// has no price.
Status ReadPrices(SpotTrace& trace, SpotPriceKind kind, std::string_view csv);
// "3.06", the same everywhere, or "us-east-1a=3.06,us-west-2a=2.9". Errors: kInvalidInput.
Status SetPrices(SpotTrace& trace, SpotPriceKind kind, std::string_view wish);

}  // namespace curbstop
