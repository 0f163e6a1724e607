#include "market/billing.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// 3.60 USD an hour is 1,000 micro-dollars a second.
TEST(Billing, CountsWholeGrainsAndTheMinimum) {
  BillingRule rule{.per_hour = MicroUsd(3'600'000)};
  EXPECT_EQ(Charge(rule, Millis(1), Millis(1)), MicroUsd(1'000));
  EXPECT_EQ(Charge(rule, Millis(0), Millis(0)), MicroUsd(0));
  rule.grain = minutes(1);
  EXPECT_EQ(Charge(rule, seconds(61), seconds(61)), MicroUsd(120'000));
  rule.minimum = minutes(5);
  EXPECT_EQ(Charge(rule, seconds(61), seconds(61)), MicroUsd(300'000));
}

TEST(Billing, CountsTheDiskOfAPausedMachineAndWhatIsPaidOnce) {
  const BillingRule rule{MicroUsd(3'600'000), MicroUsd(3'600), MicroUsd(7), seconds(1), {}};
  EXPECT_EQ(Charge(rule, seconds(10), seconds(3600)), MicroUsd(10'000 + 3'600 + 7));
}

TEST(Billing, RoundsUpToTheNextMicroDollar) {
  const BillingRule rule{MicroUsd(1), MicroUsd(1), {}, seconds(1), {}};
  EXPECT_EQ(Charge(rule, seconds(1), seconds(1)), MicroUsd(2));
}

}  // namespace
}  // namespace curbstop
