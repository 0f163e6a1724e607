// What electricity costs, and how long a step takes.
#include "plan/step_time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/energy.h"
#include "plan/testing/big_number.h"

namespace curbstop {
namespace {

constexpr Millis kMinute{60'000};
constexpr Millis kHour{3'600'000};

TEST(EnergyCost, IsWattsTimesPriceTimesTime) {
  // 200 W for 30 min are 0.1 kWh; at 0.18 USD that is 0.018 USD.
  EXPECT_EQ(EnergyCost(200, MicroUsd(180'000), 30 * kMinute), MicroUsd(18'000));
  EXPECT_EQ(EnergyCost(200, MicroUsd(180'000), Millis(0)), MicroUsd(0));
  // 1 W for 1 ms at 0.18 USD are 0.00005 micro-dollars: one, because costs are rounded up.
  EXPECT_EQ(EnergyCost(1, MicroUsd(180'000), Millis(1)), MicroUsd(1));
}

RC_GTEST_PROP(EnergyCost, EqualsTheSlowOracleToTheMicroDollar, ()) {
  const auto watts = *rc::gen::inRange<int64_t>(0, 20'000);
  const auto price = *rc::gen::inRange<int64_t>(0, 10'000'000);
  const auto millis = *rc::gen::inRange<int64_t>(0, 316'224'000'000);  // ten years
  const int64_t expected = BigNumber::Of(watts)
                               .Times(BigNumber::Of(price))
                               .Times(BigNumber::Of(millis))
                               .DividedUpBy(3'600'000'000);
  RC_ASSERT(EnergyCost(watts, MicroUsd(price), Millis(millis)) == MicroUsd(expected));
}

TEST(StepTime, ComesFromHistoryThenFromTheFileElseItIsUnknown) {
  struct Case {
    StepHistory history;
    std::optional<Millis> needs_time;
    std::optional<Millis> deadline;
    std::optional<Millis> usual;
    std::optional<Millis> worst;
    const char* source = "";
    std::optional<Millis> lease = {};
  };
  const StepHistory three{3, 10 * kMinute, 14 * kMinute};
  const Case cases[] = {
      {{}, {}, {}, {}, {}, "unknown"},
      {three, {}, {}, 10 * kMinute, 14 * kMinute, "3 earlier runs"},
      {three, kHour, {}, 10 * kMinute, 14 * kMinute, "3 earlier runs"},
      {{1, kMinute, kMinute}, {}, {}, kMinute, kMinute, "1 earlier run"},
      {{}, kHour, {}, kHour, kHour, "needs.time"},
      {three, {}, 12 * kMinute, 10 * kMinute, 12 * kMinute, "3 earlier runs"},
      {three, {}, 5 * kMinute, 5 * kMinute, 5 * kMinute, "3 earlier runs, cut short by deadline"},
      {{}, kHour, {}, kMinute, kMinute, "needs.time, cut short by --lease", kMinute},
      {{}, {}, 2 * kHour, {}, 2 * kHour, "deadline"},
      {{}, {}, 2 * kHour, {}, kHour, "--lease", kHour},
      {{}, {}, kHour, {}, kHour, "deadline", 2 * kHour},
      {three, {}, {}, 10 * kMinute, 11 * kMinute, "3 earlier runs", 11 * kMinute},
  };
  for (const Case& c : cases) {
    Step step;
    step.needs.time = c.needs_time;
    step.deadline = c.deadline;
    const StepTime time = TimeOf(step, c.history, c.lease);
    EXPECT_EQ(time.usual, c.usual);
    EXPECT_EQ(time.worst, c.worst);
    EXPECT_EQ(time.source, c.source);
  }
}

}  // namespace
}  // namespace curbstop
