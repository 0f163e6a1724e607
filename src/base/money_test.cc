#include "base/money.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

using std::chrono::milliseconds;
__extension__ using Wide = __int128;

TEST(Cost, IsNeverBelowTheExactProduct) {
  EXPECT_EQ(CostOf(MicroUsd(1'000'000), milliseconds(3'600'000)), MicroUsd(1'000'000));
  EXPECT_EQ(CostOf(MicroUsd(1), milliseconds(1)), MicroUsd(1));
  EXPECT_EQ(CostOf(MicroUsd(0), milliseconds(1)), MicroUsd(0));
  EXPECT_EQ(CostOf(MicroUsd(390'000), milliseconds(0)), MicroUsd(0));
}

// Oracle: the product in 128 bits, rounded up; times up to the largest whose cost fits 63 bits.
RC_GTEST_PROP(Cost, EqualsTheRoundedUpProductIn128Bits, ()) {
  const auto bits = *rc::gen::inRange(0, 62);
  const auto rate = *rc::gen::inRange<int64_t>(0, int64_t{1} << bits);
  const Wide most = rate == 0 ? INT64_MAX : Wide{INT64_MAX} * 3'600'000 / rate;
  const auto time =
      *rc::gen::inRange<int64_t>(0, static_cast<int64_t>(std::min(most, Wide{INT64_MAX})));
  const Wide exact = (Wide{rate} * time + 3'599'999) / 3'600'000;
  RC_ASSERT(CostOf(MicroUsd(rate), milliseconds(time)).value() == static_cast<int64_t>(exact));
}

TEST(Cost, OfTheLargestRateAndTimeThatFitIsExact) {
  // (2^63 - 1) microdollars per hour for one hour, and 1 microdollar for 2^63 - 1 ms.
  EXPECT_EQ(CostOf(MicroUsd(INT64_MAX), milliseconds(3'600'000)), MicroUsd(INT64_MAX));
  EXPECT_EQ(CostOf(MicroUsd(1), milliseconds(INT64_MAX)).value(), INT64_MAX / 3'600'000 + 1);
}

TEST(CostDeathTest, EndsTheProcessRatherThanOverflow) {
  EXPECT_DEATH(CostOf(MicroUsd(INT64_MAX), milliseconds(INT64_MAX)), "does not hold");
  EXPECT_DEATH(MicroUsd(INT64_MAX) + MicroUsd(1), "does not hold");
  EXPECT_DEATH(MicroUsd(INT64_MIN) - MicroUsd(1), "does not hold");
}

TEST(UsdText, ShowsCentsAndForLessAsManyDecimalsAsItTakes) {
  EXPECT_EQ(UsdText(MicroUsd(2'340'001)), "2.34");
  EXPECT_EQ(UsdText(MicroUsd(2'345'000)), "2.35");
  EXPECT_EQ(UsdText(MicroUsd(310)), "0.00031");
  EXPECT_EQ(UsdText(MicroUsd(0)), "0.00");
  EXPECT_EQ(UsdText(MicroUsd(-5'000'000)), "-5.00");
  EXPECT_EQ(UsdText(MicroUsd(INT64_MIN)), "-9223372036854.78");
  EXPECT_EQ(ExactUsdText(MicroUsd(INT64_MIN)), "-9223372036854.775808");
  EXPECT_EQ(ExactUsdText(MicroUsd(2'340'001)), "2.340001");
}

TEST(ParseUsd, ReadsWhatPeopleWrite) {
  EXPECT_EQ(*ParseUsd("40"), MicroUsd(40'000'000));
  EXPECT_EQ(*ParseUsd(" 40 USD "), MicroUsd(40'000'000));
  EXPECT_EQ(*ParseUsd("$0.18"), MicroUsd(180'000));
  EXPECT_EQ(*ParseUsd("0.000001"), MicroUsd(1));
  EXPECT_EQ(*ParseUsd("1000000000"), MicroUsd(1'000'000'000'000'000));
}

TEST(ParseUsd, RefusesTheRestAndSaysWhy) {
  for (const char* text : {"", "USD", "-1", "1,50", ".5", "1.", "1.0000001", "1000000001", "1e3",
                           "1 EUR", "99999999999999999999"}) {
    const Result<MicroUsd> amount = ParseUsd(text);
    ASSERT_FALSE(amount.ok()) << text;
    EXPECT_EQ(amount.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_FALSE(amount.error().hint().empty());
  }
}

TEST(ParseUsd, NamesTheOnlyCurrencyWhereAnotherIsMeant) {
  for (const char* text : {"40 EUR", "\u20ac40", "40\u20ac", "40 usd", "USD 40"}) {
    EXPECT_TRUE(ParseUsd(text).error().message().ends_with(": only USD is understood")) << text;
  }
  for (const char* text : {"-1", "1,50", ".5", "x", ""}) {
    EXPECT_FALSE(ParseUsd(text).error().message().ends_with("USD is understood")) << text;
  }
}

RC_GTEST_PROP(ParseUsd, ReadsBackTheExactText, ()) {
  const MicroUsd amount(*rc::gen::inRange<int64_t>(0, 1'000'000'000'000'000));
  RC_ASSERT(*ParseUsd(ExactUsdText(amount)) == amount);
}

}  // namespace
}  // namespace curbstop
