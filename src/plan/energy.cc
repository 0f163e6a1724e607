#include "plan/energy.h"

#include <limits>

#include "base/check.h"

namespace curbstop {

MicroUsd EnergyCost(int64_t watts, MicroUsd per_kwh, Millis time) {
  CHECK(watts >= 0 && per_kwh.value() >= 0 && time.count() >= 0);
  __extension__ using Wide = unsigned __int128;
  constexpr Wide kWattMillisPerKwh = Wide{1000} * 3'600'000;
  // 20 bits of watts, 50 of price and 39 of milliseconds (ten years) leave room in 128.
  const Wide product = static_cast<Wide>(watts) * static_cast<Wide>(per_kwh.value()) *
                       static_cast<Wide>(time.count());
  const Wide cost = (product + kWattMillisPerKwh - 1) / kWattMillisPerKwh;
  CHECK(cost <= static_cast<Wide>(std::numeric_limits<int64_t>::max()));
  return MicroUsd(static_cast<int64_t>(cost));
}

}  // namespace curbstop
