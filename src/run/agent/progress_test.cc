#include "run/agent/progress.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Looks every second for `time`, with or without a sign of life at the end.
void Silence(Progress& progress, Ticks& now, Ticks time) {
  for (const Ticks end = now + time; now < end;) progress.Look(now += seconds(1), false);
}

TEST(Progress, FifteenSilentMinutesAreAHang) {
  Ticks now{0};
  Progress progress(now, minutes(15));
  Silence(progress, now, minutes(15) - seconds(1));
  EXPECT_FALSE(progress.Hangs());
  Silence(progress, now, seconds(1));
  EXPECT_TRUE(progress.Hangs());
}

TEST(Progress, ALongSilenceSeenBeforeTriplesThePatience) {
  Ticks now{0};
  Progress progress(now, minutes(15));
  Silence(progress, now, minutes(10));
  progress.Look(now, true);
  Silence(progress, now, minutes(29));
  EXPECT_FALSE(progress.Hangs());
  Silence(progress, now, minutes(1));
  EXPECT_TRUE(progress.Hangs());
}

TEST(Progress, TheComputersSleepIsNoSilence) {
  Ticks now{0};
  Progress progress(now, minutes(15));
  now += std::chrono::hours(9);  // one look after a frozen night counts at most five seconds
  progress.Look(now, false);
  EXPECT_EQ(progress.silence(), Progress::kMostPerLook);
}

TEST(Progress, AClockThatGoesBackCountsForNothing) {
  Progress progress(seconds(100), minutes(15));
  progress.Look(seconds(50), false);
  EXPECT_EQ(progress.silence(), Ticks(0));
}

}  // namespace
}  // namespace curbstop
