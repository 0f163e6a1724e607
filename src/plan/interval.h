// How often to write a checkpoint, and how much work can be lost at most.
//
//   interval = sqrt(2 x write x mtbf)        while write < mtbf / 2, else mtbf
//
// Source: J. W. Young, "A first order approximation to the optimum checkpoint interval", CACM 17(9)
// (1974); J. T. Daly, "A higher order estimate of the optimum checkpoint interval for restart
// dumps", FGCS 22 (2006), which the first-order rule approximates for write << mtbf.
#pragma once

#include <optional>

#include "base/units.h"

namespace curbstop {

inline constexpr Millis kShortestInterval = std::chrono::minutes(1);
inline constexpr Millis kLongestInterval = std::chrono::hours(1);

// Assumed of a machine on a bid until its own hazard is known: in 18 of 22 zones of the SkyNomad
// traces (V100 of 2023, H100 of 2025) one lived longer on average.
inline constexpr Millis kAssumedSpotLife = std::chrono::hours(2);
// Assumed of writing a checkpoint until it was measured.
inline constexpr Millis kAssumedWrite = std::chrono::seconds(1);

// `write`: how long one takes. `mtbf`: mean time between losses of the machine; empty: not known to
// be lost at all. Between kShortestInterval and kLongestInterval.
Millis CheckpointInterval(Millis write, std::optional<Millis> mtbf);

// No shorter than it takes to bring one to safety, and an eighth more: else each would wait for the
// one before, longer and longer.
Millis IntervalToBring(Millis interval, Millis bring);

// Work is safe when its checkpoint is complete *and* at a place that survives the machine. Lost at
// worst: what was done since the last safe one began.
struct SafeWork {
  Millis interval{0};
  Millis write{0};
  Millis bring{0};  // to the surviving place, at the slower of the two directions measured
};

// interval + write + bring; while one is brought a further one may be written.
Millis LostWorkBound(const SafeWork& work);

// Where a checkpoint survives its machine. Home does while a supervisor is connected; a named place
// (presigned upload) does always.
struct SurvivingPlaces {
  bool home_connected = false;
  bool named = false;
};

constexpr bool Survives(const SurvivingPlaces& places) {
  return places.named || places.home_connected;
}

}  // namespace curbstop
