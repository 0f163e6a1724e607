#include "run/narrate.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

RunRow Ended(const std::string& state, const std::string& reason) {
  RunRow row;
  row.state = state;
  row.reason = reason;
  return row;
}

std::string Report(Json data) {
  Event event;
  event.kind = EventKind::kAgentReport;
  event.data = std::move(data);
  return NarrateEvent(event);
}

TEST(Narrate, AReasonThatSaysTheStateStandsAlone) {
  EXPECT_EQ(StateText(Ended("cancelled", "cancelled by the user")), "cancelled by the user");
  EXPECT_EQ(StateText(Ended("failed", "attempt 1 ended with exit code 3")),
            "failed: attempt 1 ended with exit code 3");
  EXPECT_EQ(StateText(Ended("running", "")), "running");
}

TEST(Narrate, AStopSaysWhy) {
  const auto stop = [](std::string_view why) {
    return Report(Json::MakeObject({{"kind", "stopping"}, {"why", why}}));
  };
  EXPECT_EQ(stop("cancel"), "stops the step, as asked");
  EXPECT_EQ(stop("deadline"), "stops the step: its time limit is reached");
  EXPECT_EQ(stop("hang"), "stops the step: too long without a sign of life");
}

}  // namespace
}  // namespace curbstop
