#include "run/agent/gpu_use.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

class FakeNvidiaSmi final : public ProcessRunner {
 public:
  explicit FakeNvidiaSmi(Result<ProcessOutcome> answer) : answer_(std::move(answer)) {}
  Result<ProcessOutcome> Run(const ProcessRequest&) override { return answer_; }

 private:
  Result<ProcessOutcome> answer_;
};

std::optional<bool> Busy(const std::vector<int64_t>& gpus, const std::string& answer) {
  ProcessOutcome outcome;
  outcome.out = answer;
  FakeNvidiaSmi processes(outcome);
  return GpusAreBusy(gpus, processes);
}

TEST(GpuUse, OneBusyGpuOfOursIsEnough) {
  EXPECT_EQ(Busy({0, 2}, "0, 0\n1, 0\n2, 37\n"), true);
  EXPECT_EQ(Busy({0, 1}, "0, 0\n1, 0\n2, 37\n"), false);
}

TEST(GpuUse, IsUnknownWhereNvidiaSmiSaysNothingOfOurs) {
  EXPECT_EQ(Busy({1}, "0, 99\n"), std::nullopt);
  EXPECT_EQ(Busy({0}, "0, [N/A]\n"), std::nullopt);
  EXPECT_EQ(Busy({0}, "NVIDIA-SMI has failed\n"), std::nullopt);
  FakeNvidiaSmi absent(NotFound("no such program in PATH"));
  EXPECT_EQ(GpusAreBusy({0}, absent), std::nullopt);
}

TEST(GpuUse, TheStepCountsItsGpusAsTheDriverDoes) {
  EXPECT_EQ(GpuVariables({0, 3}), (EnvironmentList{{"CUDA_DEVICE_ORDER", "PCI_BUS_ID"},
                                                   {"CUDA_VISIBLE_DEVICES", "0,3"}}));
}

}  // namespace
}  // namespace curbstop
