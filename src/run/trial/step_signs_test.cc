#include "run/trial/step_signs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace curbstop {
namespace {

using namespace std::chrono_literals;

TEST(StepSigns, ATrainersLinesAreCounted) {
  StepSigns signs;
  signs.Feed("loading\nstep 1 loss 3.2\n", 1s);
  EXPECT_FALSE(signs.HasDone(3));
  EXPECT_FALSE(signs.SecondsOfStep().has_value());
  signs.Feed("step 2 loss 3.1\nst", 3s);
  signs.Feed("ep 3 loss 3.0\n", 5s);
  EXPECT_TRUE(signs.HasDone(3));
  EXPECT_DOUBLE_EQ(*signs.SecondsOfStep(), 2.0);
}

// Each line of a row is a sign of step 20 behind one of step 10.
TEST(StepSigns, ManyWaysOfWritingAStepAreUnderstood) {
  for (const char* form : {"step {}", "Step: {}/100", "[global_step={}] loss", "iter {}: loss 2",
                           "{'step': {}, 'loss': 1}", "iteration #{}", "epoch 1 step {}"}) {
    StepSigns signs;
    for (const char* number : {"10", "20"}) {
      std::string line = form;
      line.replace(line.find("{}"), 2, number);
      signs.Feed(line.append("\n"), number[0] == '1' ? 0s : 5s);
    }
    EXPECT_EQ(signs.StepsDone(), 10) << form;
    EXPECT_DOUBLE_EQ(*signs.SecondsOfStep(), 0.5) << form;
  }
}

TEST(StepSigns, WhatIsNoStepIsPassedOver) {
  StepSigns signs;
  signs.Feed("steps 5\nstep_time 3\nmisstep 4\nstep three\nstep -4\nstep 99999999999999999999\n",
             1s);
  signs.Feed(std::string(1 << 20, 'x'), 1s);
  signs.Feed("\n", 1s);
  EXPECT_EQ(signs.StepsDone(), 0);
}

// tqdm redraws its line; a bar that is named counts something else.
TEST(StepSigns, AProgressBarIsCountedUnlessItHasAName) {
  StepSigns signs;
  signs.Feed("Map: 100%|###| 3/3 [00:01<00:00]\nLoading shards:  50%|# | 1/2 [00:01<00:01]\n", 1s);
  EXPECT_EQ(signs.StepsDone(), 0);
  signs.Feed("\r  0%|          | 0/100 [00:00<?, ?it/s]", 2s);
  signs.Feed("\r  1%|1         | 1/100 [00:01<01:39]\r  2%|2     | 2/100 [00:02<01:38]", 3s);
  signs.Feed("\r  3%|3         | 3/100 [00:03<01:37]\r", 4s);
  EXPECT_EQ(signs.StepsDone(), 3);
  EXPECT_TRUE(signs.HasDone(3));
}

TEST(StepSigns, ItsOwnLinesCarryFiguresAndGoBeforeOthers) {
  StepSigns signs;
  signs.Feed("step 900\nstep 901\n", 1s);
  for (const char* line :
       {R"(curbstop: {"step": 1, "tokens": 64, "seconds": 9.0, "allocated_bytes": 100})",
        R"(curbstop: {"step": 2, "tokens": 64, "seconds": 1.0, "allocated_bytes": 150})",
        R"(curbstop: {"step": 3, "tokens": 64, "seconds": 3.0, "allocated_bytes": 200})"})
    signs.Feed(fmt::format("{}\n", line), 2s);
  EXPECT_EQ(signs.StepsDone(), 3);
  EXPECT_DOUBLE_EQ(*signs.SecondsOfStep(), 2.0);  // the first one warms up
  EXPECT_EQ(signs.told().allocated, 200);
  EXPECT_EQ(signs.told().tokens, 64);
}

TEST(StepSigns, BrokenOwnLinesSayNothing) {
  StepSigns signs;
  for (const char* line : {"{", "[]", "7", R"({"step": "x"})", R"({"step": -1})",
                           R"({"allocated_bytes": -5, "tokens": 1e99})"})
    signs.Feed(fmt::format("curbstop: {}\n", line), 1s);
  EXPECT_EQ(signs.StepsDone(), 0);
  EXPECT_FALSE(signs.told().allocated.has_value());
}

TEST(StepSigns, OutOfMemoryIsKnownInAnyonesWords) {
  for (const char* line :
       {"torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "MemoryError",
        "RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory",
        "bash: fork: Cannot allocate memory"}) {
    StepSigns signs;
    EXPECT_FALSE(signs.saw_out_of_memory());
    signs.Feed(fmt::format("{}\n", line), 1s);
    EXPECT_TRUE(signs.saw_out_of_memory()) << line;
  }
}

TEST(StepSigns, StepsThatWereLoggedElsewhereCount) {
  StepSigns signs;
  signs.Note(StepSigns::Way::kRecord, 0, 1s);
  signs.Note(StepSigns::Way::kRecord, 0, 2s);
  signs.Note(StepSigns::Way::kRecord, 3, 4s);
  EXPECT_TRUE(signs.HasDone(3));
  EXPECT_DOUBLE_EQ(*signs.SecondsOfStep(), 1.0);
}

}  // namespace
}  // namespace curbstop
