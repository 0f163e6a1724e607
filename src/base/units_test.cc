#include "base/units.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/ids.h"
#include "base/time_text.h"

namespace curbstop {
namespace {

using namespace std::chrono_literals;

TEST(ParseBytes, KnowsPowersOf1000AndOf1024) {
  EXPECT_EQ(ParseBytes("10GB")->value, 10'000'000'000);
  EXPECT_EQ(ParseBytes("10 GiB")->value, 10'737'418'240);
  EXPECT_EQ(ParseBytes("1.5kb")->value, 1500);
  EXPECT_EQ(ParseBytes("512")->value, 512);
  EXPECT_EQ(ParseBytes("0")->value, 0);
}

TEST(ParseBytes, IsExactWhereADoubleIsNot) {
  EXPECT_EQ(ParseBytes("64.1 kB")->value, 64'100);
  EXPECT_EQ(ParseBytes("4.35 kB")->value, 4'350);
  EXPECT_EQ(ParseBytes("8.2 TB")->value, 8'200'000'000'000);
}

// n/100 of a unit is a whole number of bytes: no rounding may show.
RC_GTEST_PROP(ParseBytes, TwoDecimalsOfAMegabyteAreWholeBytes, ()) {
  const auto hundredths = *rc::gen::inRange<int64_t>(0, 100'000);
  const std::string text = std::to_string(hundredths / 100) + "." +
                           std::to_string(hundredths / 10 % 10) + std::to_string(hundredths % 10) +
                           "MB";
  RC_ASSERT(ParseBytes(text)->value == hundredths * 10'000);
}

TEST(ParseBytes, RefusesWhatIsNoSize) {
  for (const char* text :
       {"", "GB", "-1", "10 XB", "1.2.3", "1GB 2MB", "2000000 TiB", "1e9", "."}) {
    EXPECT_FALSE(ParseBytes(text).ok()) << text;
  }
}

TEST(ParseDuration, AddsItsPartsUp) {
  EXPECT_EQ(*ParseDuration("1 h 30 min"), 90min);
  EXPECT_EQ(*ParseDuration("90s"), 90s);
  EXPECT_EQ(*ParseDuration("2d"), 48h);
  EXPECT_EQ(*ParseDuration("1.5h"), 90min);
  EXPECT_EQ(*ParseDuration("250 ms"), 250ms);
  EXPECT_EQ(*ParseDuration("0.001 s"), 1ms);
}

TEST(ParseDuration, RefusesNumbersWithoutAUnit) {
  for (const char* text : {"", "90", "h", "-1 h", "1 fortnight", "4000 d", "1h30"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(DurationText, ShowsTheTwoLargestParts) {
  EXPECT_EQ(DurationText(350ms), "350 ms");
  EXPECT_EQ(DurationText(1500ms), "1.5 s");
  EXPECT_EQ(DurationText(45s), "45 s");
  EXPECT_EQ(DurationText(90min), "1 h 30 min");
  EXPECT_EQ(DurationText(51h + 59s), "2 d 3 h");
  EXPECT_EQ(DurationText(24h + 5min), "1 d");
  EXPECT_EQ(DurationText(-90s), "-1 min 30 s");
}

TEST(BytesText, GoesUpAUnitBeforeItWouldShow1024) {
  EXPECT_EQ(BytesText({512}), "512 B");
  EXPECT_EQ(BytesText({1023}), "1023 B");
  EXPECT_EQ(BytesText(KiB(1)), "1 KiB");
  EXPECT_EQ(BytesText({4'831'838'208}), "4.5 GiB");
  EXPECT_EQ(BytesText({MiB(1).value - 1}), "1 MiB");
}

// 1,764,000,309,000 ms = 20,416 days and 57,909 s after 1970: 2025-11-24 16:05:09 UTC.
TEST(TimeText, IsAlwaysUtc) {
  EXPECT_EQ(UtcText(1'764'000'309'000), "2025-11-24T16:05:09Z");
  EXPECT_EQ(ClockText(1'764'000'309'999), "16:05:09");
  EXPECT_EQ(UtcText(-1), "1969-12-31T23:59:59Z");
}

TEST(TimeText, MonthsBeginAtMidnightUtc) {
  EXPECT_EQ(UtcText(MonthStart(1'764'000'309'000)), "2025-11-01T00:00:00Z");
  EXPECT_EQ(UtcText(NextMonthStart(1'764'000'309'000)), "2025-12-01T00:00:00Z");
  EXPECT_EQ(UtcText(NextMonthStart(*ParseDate("2025-12-31"))), "2026-01-01T00:00:00Z");
}

RC_GTEST_PROP(TimeText, AMonthHoldsItsMoment, ()) {
  const auto at = *rc::gen::inRange<int64_t>(0, 4'000'000'000'000);
  RC_ASSERT(MonthStart(at) <= at && at < NextMonthStart(at));
  RC_ASSERT(MonthStart(NextMonthStart(at)) == NextMonthStart(at));
}

TEST(ParseDate, KnowsTheCalendar) {
  EXPECT_EQ(*ParseDate("1970-01-02"), 86'400'000);
  EXPECT_TRUE(ParseDate("2024-02-29").ok());
  for (const char* text : {"2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026-1-1",
                           "2026-01-01x", "2026-01-99999999999", ""}) {
    EXPECT_FALSE(ParseDate(text).ok()) << text;
  }
}

TEST(RunId, IsTenLettersThatCannotBeMisread) {
  const unsigned char zeros[7] = {};
  EXPECT_EQ(RunIdFrom(zeros), "0000000000");
  const unsigned char ones[7] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
  EXPECT_EQ(RunIdFrom(ones), "zzzzzzzzzz");
  EXPECT_TRUE(IsRunId("0123456789"));
  for (const char* text :
       {"", "012345678", "01234567890", "ilou012345", "ABCDEFGHJK", "01234/6789"}) {
    EXPECT_FALSE(IsRunId(text)) << text;
  }
}

RC_GTEST_PROP(RunId, EveryOneIsRecognised, (const std::vector<unsigned char>& bytes)) {
  RC_PRE(bytes.size() >= 7);
  RC_ASSERT(IsRunId(RunIdFrom(bytes)));
}

}  // namespace
}  // namespace curbstop
