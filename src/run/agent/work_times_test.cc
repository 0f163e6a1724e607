#include "run/agent/work_times.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

using std::chrono::seconds;

SpoolLine Checkpoint(const char* name, int64_t work_ms) {
  return {1, Json::MakeObject({{"kind", "checkpoint"}, {"name", name}, {"work_ms", work_ms}})};
}

TEST(WorkTimes, CountFromWhatTheResumedCheckpointHad) {
  WorkTimes work({{"from-home", 60'000}}, {});
  work.AttemptStarts("from-home", seconds(100));
  EXPECT_EQ(work.Note("second", seconds(130)), 90'000);
  work.AttemptEnds(seconds(140));
  EXPECT_EQ(work.WorkMs(seconds(999)), 100'000);
  work.AttemptStarts("second", seconds(1000));  // what came after it is lost
  EXPECT_EQ(work.WorkMs(seconds(1001)), 91'000);
}

TEST(WorkTimes, AnAgentAfterALostOneKnowsWhatThatOneTold) {
  WorkTimes work({}, {Checkpoint("a", 5'000), Checkpoint("b", 9'000)});
  work.AttemptStarts("b", seconds(50));
  EXPECT_EQ(work.Note("c", seconds(51)), 10'000);
  EXPECT_EQ(work.Of("a"), 5'000);
}

TEST(WorkTimes, WithoutACheckpointWorkBeginsAgain) {
  WorkTimes work({{"a", 7'000}}, {});
  work.Add("unknown");
  EXPECT_TRUE(work.Knows("unknown"));
  work.AttemptStarts("", seconds(50));
  EXPECT_EQ(work.WorkMs(seconds(52)), 2'000);
}

}  // namespace
}  // namespace curbstop
