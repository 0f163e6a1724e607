#include "fit/rate_on.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curbstop::fit {
namespace {

using testing::HasSubstr;

double RateOf(const char* model, const char* method, const char* gpu, int64_t count = 1) {
  const Result<FitQuestion> question = SpeedQuestion(model, "", method);
  EXPECT_TRUE(question.ok()) << question.error().Text();
  const std::optional<Rate> rate = RateOn(*question, gpu, count);
  return rate ? rate->mid : 0;
}

// A 4090 has 1008 GB/s, a T4 320: decode reads all weights for each token.
TEST(RateOn, DecodeFollowsTheBandwidthOfTheCard) {
  const double fast = RateOf("qwen2.5-7b", "", "RTX-4090");
  const double slow = RateOf("qwen2.5-7b", "", "T4");
  EXPECT_GT(slow, 10);
  EXPECT_GT(fast, 2 * slow);
}

TEST(RateOn, WhatDoesNotFitHasNoRate) {
  EXPECT_EQ(RateOf("llama-3.3-70b", "", "RTX-4090"), 0);
  EXPECT_GT(RateOf("llama-3.3-70b", "", "RTX-4090", 4), 0);
  EXPECT_EQ(RateOf("qwen2.5-7b", "full", "RTX-4090"), 0);
  EXPECT_EQ(RateOf("qwen2.5-7b", "", "no such card"), 0);
}

TEST(RateOn, TrainingCountsAllGpusTogether) {
  const double one = RateOf("qwen2.5-7b", "qlora", "H100-SXM5");
  EXPECT_GT(one, 100);
  // Four share the optimizer's own work, a thousandth of a step.
  EXPECT_NEAR(RateOf("qwen2.5-7b", "qlora", "H100-SXM5", 4), 4 * one, 0.002 * 4 * one);
}

TEST(RateOn, TheFormatIsTheOneNamedElseTheOneInTheModelsName) {
  EXPECT_EQ(SpeedQuestion("qwen2.5-7b-Q8_0", "", "")->format.name, "Q8_0");
  EXPECT_EQ(SpeedQuestion("qwen2.5-7b-Q8_0", "Q4_K_M", "")->format.name, "Q4_K_M");
  EXPECT_EQ(SpeedQuestion("qwen2.5-7b", "", "lora")->format.name, "bf16");
}

TEST(RateOn, WhatIsNotKnownIsAnError) {
  EXPECT_THAT(SpeedQuestion("qwen2.5-7b", "", "qlor").error().Text(), HasSubstr("`qlora`"));
  EXPECT_FALSE(SpeedQuestion("no-such-model", "", "").ok());
  EXPECT_FALSE(SpeedQuestion("qwen2.5-7b", "Q99", "").ok());
}

}  // namespace
}  // namespace curbstop::fit
