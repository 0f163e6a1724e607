#include "run/agent/revival.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Looks each second for `time`; how often one was started.
int Starts(Revival& revival, Ticks& now, Ticks time, bool alive) {
  int starts = 0;
  for (const Ticks end = now + time; now < end; now += seconds(1)) {
    if (revival.Look(now, alive)) ++starts;
  }
  return starts;
}

TEST(Revival, ALostSupervisorIsStartedAtOnce) {
  Revival revival;
  EXPECT_FALSE(revival.Look(seconds(100), true));
  EXPECT_TRUE(revival.Look(seconds(101), false));
}

TEST(Revival, ThePausesDoubleToAMinute) {
  Revival revival;
  Ticks now{0};
  // At 0, 1, 3, 7, 15, 31, 63 and then each 60 s: 123, 183, 243.
  EXPECT_EQ(Starts(revival, now, seconds(64), false), 7);
  EXPECT_EQ(Starts(revival, now, seconds(180), false), 3);
}

TEST(Revival, ItNeverGivesUp) {
  Revival revival;
  Ticks now{0};
  Starts(revival, now, hours(24), false);
  EXPECT_EQ(Starts(revival, now, hours(1), false), 60);
}

TEST(Revival, AfterALongLifeThePausesBeginAnew) {
  Revival revival;
  Ticks now{0};
  Starts(revival, now, hours(1), false);
  EXPECT_EQ(Starts(revival, now, seconds(62), true), 0);
  EXPECT_EQ(Starts(revival, now, seconds(4), false), 3);
}

TEST(Revival, OneThatDiesYoungDoesNotShortenThePause) {
  Revival revival;
  Ticks now{0};
  Starts(revival, now, hours(1), false);
  int starts = 0;
  for (int turn = 0; turn < 60; ++turn) {
    starts += Starts(revival, now, seconds(50), true) + Starts(revival, now, seconds(10), false);
  }
  EXPECT_LE(starts, 61);
}

RC_GTEST_PROP(Revival, ADeadOneIsNeverLeftForMoreThanAMinute, (const std::vector<bool>& lives)) {
  Revival revival;
  Ticks now{0};
  Ticks dead_for{0};
  for (const bool alive : lives) {
    const bool started = revival.Look(now, alive);
    RC_ASSERT(!(alive && started));
    dead_for = alive || started ? Ticks(0) : dead_for + seconds(7);
    RC_ASSERT(dead_for <= Revival::kLongestPause + seconds(7));
    now += seconds(7);
  }
}

}  // namespace
}  // namespace curbstop
