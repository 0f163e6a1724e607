// What electricity costs.
//
//   micro-dollars = watts x micro-dollars per kWh x milliseconds / (1000 x 3,600,000)
//
// rounded up, so that a worst case is never below the exact product.
#pragma once

#include <cstdint>

#include "base/money.h"
#include "base/units.h"

namespace curbstop {

struct ElectricityPrice {
  MicroUsd per_kwh{180'000};  // 0.18 USD, contracts §3
  bool assumed = true;
};

// None of the three may be negative; CHECKs that the cost fits MicroUsd (10 kW for ten years at
// 10^6 USD per kWh do).
MicroUsd EnergyCost(int64_t watts, MicroUsd per_kwh, Millis time);

}  // namespace curbstop
