#include "run/port_wait.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Next = PortWait::Next;

TEST(PortWait, AFreePortIsTakenAtOnce) { EXPECT_EQ(PortWait().Look(Ticks(0)), Next::kOwnPort); }

TEST(PortWait, ATakenPortIsTriedAgainEachSecond) {
  PortWait wait;
  wait.Taken(seconds(100));
  EXPECT_EQ(wait.Look(seconds(100) + milliseconds(999)), Next::kNothingYet);
  EXPECT_EQ(wait.Look(seconds(101)), Next::kOwnPort);
  wait.Taken(seconds(101));
  EXPECT_EQ(wait.Look(seconds(101) + milliseconds(1)), Next::kNothingYet);
}

TEST(PortWait, AfterAMinuteAnyPortWillDo) {
  PortWait wait;
  for (Ticks now = seconds(100); now < seconds(160); now += seconds(1)) {
    ASSERT_EQ(wait.Look(now), Next::kOwnPort);
    wait.Taken(now);
  }
  EXPECT_EQ(wait.Look(seconds(160)), Next::kAnyPort);
}

}  // namespace
}  // namespace curbstop
