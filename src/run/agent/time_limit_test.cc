#include "run/agent/time_limit.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

SpoolLine Started(Ticks boot, const std::string& boot_id) {
  Json body = Json::MakeObject({{"kind", "started"}});
  NoteStart(body, boot, boot_id);
  return {1, body};
}

TEST(TimeLimit, AFirstAgentBeginsNow) { EXPECT_EQ(FirstStart({}, "a", hours(5)), hours(5)); }

TEST(TimeLimit, ALaterAgentGoesOnFromTheFirstOnesStart) {
  const std::vector<SpoolLine> lines = {Started(hours(2), "a"), Started(hours(3), "a")};
  EXPECT_EQ(FirstStart(lines, "a", hours(5)), hours(2));
}

TEST(TimeLimit, StartsOfAnotherBootAreOnAnotherClock) {
  EXPECT_EQ(FirstStart({Started(hours(2), "b")}, "a", hours(5)), hours(5));
}

TEST(TimeLimit, AStartInTheFutureGivesNoMoreTime) {
  EXPECT_EQ(FirstStart({Started(hours(9), "a")}, "a", hours(5)), hours(5));
}

TEST(TimeLimit, LinesWithoutAStartSayNothing) {
  const SpoolLine old{1, Json::MakeObject({{"kind", "started"}, {"boot_id", "a"}})};
  const SpoolLine other{2, Json::MakeObject({{"kind", "held"}, {"boot_id", "a"}, {"boot_ms", 1}})};
  EXPECT_EQ(FirstStart({old, other}, "a", seconds(9)), seconds(9));
}

}  // namespace
}  // namespace curbstop
