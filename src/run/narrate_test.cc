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
  EXPECT_EQ(stop("lease"), "stops the step, so that it can save: the machine's lease ends");
  EXPECT_EQ(stop("save"), "stops the step, so that it can save");
}

TEST(Narrate, ACheckpointOnARentedMachineIsToldWhenItIsSafe) {
  const auto checkpoint = [](std::string_view kind) {
    return Json::MakeObject({{"kind", kind}, {"name", "step-1"}});
  };
  EXPECT_EQ(Report(checkpoint("checkpoint")), "checkpoint `step-1`");
  EXPECT_EQ(Report(checkpoint("checkpoint").Set("complete", true)), "");
  EXPECT_EQ(Report(checkpoint("safe")), "checkpoint `step-1` is at the named place");
  EXPECT_EQ(Report(checkpoint("not_safe").Set("why", "403")),
            "checkpoint `step-1` is not at the named place: 403");
}

TEST(Narrate, TheEndOfARunAwaySaysThatItsMachinesAreGone) {
  RunRow row = Ended("cancelled", "cancelled by the user");
  row.run.place = "local";
  row.spent = MicroUsd(20'000);
  EXPECT_EQ(NarrateEnd(row), "cancelled by the user · energy 0.02 USD");
  row.run.place = "vast";
  EXPECT_EQ(NarrateEnd(row),
            "cancelled by the user · rent 0.02 USD\n"
            "what it rented is ended, and read back gone");
  row.run.place = "practice:vast";
  row.spent = MicroUsd();  // nothing was rented
  EXPECT_EQ(NarrateEnd(row), "cancelled by the user · rent 0.00 USD of play money");
}

}  // namespace
}  // namespace curbstop
