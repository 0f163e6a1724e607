#include "fit/today.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/measured_runs.h"
#include "fit/question.h"
#include "fit/work_points.h"

namespace curbstop::fit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Machine Box(const char* gpu, int64_t gpu_gib, int64_t free_gib) {
  Machine machine;
  machine.cpu.sockets = 1;
  machine.cpu.cores = 8;
  machine.memory.total = GiB(32);
  machine.memory.available = GiB(free_gib);
  if (gpu_gib > 0) {
    Gpu card;
    card.name = gpu;
    card.memory_total = card.memory_free = GiB(gpu_gib);
    machine.gpus = {card};
  }
  return machine;
}

std::string TextOf(const Machine& machine, std::string_view rule) {
  for (const Advice& one : AdviseOnModels(machine)) {
    if (one.rule == rule) return one.text;
  }
  return "nothing said";
}

TEST(Today, ACardOfTenGibAdaptsModelsButTrainsNoLargeOneWhole) {
  const Machine machine = Box("RTX-3080", 10, 24);
  EXPECT_THAT(TextOf(machine, "qlora"), HasSubstr("qwen2.5-3b"));
  EXPECT_THAT(TextOf(machine, "full"), Not(HasSubstr("-7b")));
  EXPECT_THAT(TextOf(machine, "classifier"), HasSubstr("10,000 texts in"));
}

TEST(Today, SeventyBillionParametersOverGpuAndMemoryAreAToy) {
  Machine machine = Box("RTX-3080", 10, 40);
  machine.memory.speed_mts = 3200;  // 51 GB/s: 33 GiB of it take most of a second for each token
  EXPECT_THAT(TextOf(machine, "70b"), HasSubstr("a toy for batches overnight"));
}

TEST(Today, WhatDoesNotFitIsSaidWithBothFigures) {
  EXPECT_THAT(TextOf(Box("RTX-3080", 10, 8), "70b"),
              HasSubstr("it takes 41 GiB, and 18 GiB are free"));
}

TEST(Today, WithoutAMeasuredMemoryTheSpeedIsNotInvented) {
  const Machine machine = Box("", 0, 24);
  EXPECT_THAT(TextOf(machine, "chat-cpu"), HasSubstr("known after `curbstop assess --measure`"));
  EXPECT_EQ(TextOf(machine, "qlora"), "nothing said");
}

TEST(Today, AMeasuredMemoryTellsWhatTheCpuReads) {
  Machine machine = Box("", 0, 24);
  machine.calibration = Calibration{.memory_gbps = 40};
  // 40 GB/s at 0.7 of it read 4.4 GiB some 6 times a second: too slow at the low end; 3b is not.
  EXPECT_THAT(TextOf(machine, "chat-cpu"), HasSubstr("qwen2.5-3b"));
}

std::string WhyOf(const Machine& machine, std::string_view rule) {
  for (const Advice& one : AdviseOnModels(machine)) {
    if (one.rule == rule) return one.why;
  }
  return "nothing said";
}

// llama.cpp with Qwen2.5 of 3B in Q4_K_M, as many times slower than estimated.
Json SlowDecode(const Hardware& hardware, std::optional<double> gbps, double times) {
  FitQuestion question = *QuestionOf({.name = "qwen2.5-3b", .context = 8192});
  PutOn(hardware, question);
  question.cpu_gbps = gbps;
  SpeedUse use = SpeedUseOf(question);
  use.depth = 4096;
  const SpeedTerms terms = *TermsOf(question, WorkKind::kDecode, use);
  return RunsJson({{InferencePoint(question, WorkKind::kDecode, terms), terms.Total() * times,
                    "llama.log", 1}});
}

TEST(Today, ARunMeasuredHereCorrectsWhatIsSaid) {
  Machine machine = Box("RTX-3080", 10, 24);
  const std::string before = TextOf(machine, "chat");
  machine.calibration =
      Calibration{.runs = SlowDecode(UnderstandHardware("RTX-3080", BundledAccelerators()), {}, 3)};
  EXPECT_NE(TextOf(machine, "chat"), before);
  EXPECT_THAT(WhyOf(machine, "chat"), HasSubstr("corrected by 1 run measured here"));
  // Of training nothing was measured.
  EXPECT_THAT(WhyOf(machine, "qlora"), Not(HasSubstr("measured here")));
}

TEST(Today, ARunMeasuredOnTheCpuMakesALargeModelTooSlow) {
  Machine machine = Box("", 0, 24);
  machine.cpu.model = "AMD EPYC";
  machine.calibration = Calibration{.memory_gbps = 40};
  ASSERT_THAT(TextOf(machine, "chat-cpu"), HasSubstr("qwen2.5-3b"));
  Hardware cpu;
  cpu.text = "AMD EPYC";
  cpu.cpu_only = true;
  machine.calibration->runs = SlowDecode(cpu, 40, 3);
  EXPECT_THAT(TextOf(machine, "chat-cpu"), HasSubstr("qwen2.5-1.5b"));
  EXPECT_THAT(WhyOf(machine, "chat-cpu"), HasSubstr("corrected by 1 run measured here"));
  machine.cpu.model = "Another";
  EXPECT_THAT(TextOf(machine, "chat-cpu"), HasSubstr("qwen2.5-3b"));
}

TEST(Today, ALargerBoxNeverDoesLess) {
  const auto size = [](const Machine& machine) {
    const std::string text = TextOf(machine, "qlora");
    const size_t at = text.find("qwen2.5-");
    return at == text.npos ? 0.0 : std::stod(text.substr(at + 8));
  };
  double before = 0;
  for (const int64_t gib : {4, 6, 8, 10, 12, 16, 24, 32, 48, 80}) {
    const double now = size(Box("RTX-3090", gib, 24));
    EXPECT_GE(now, before) << gib;
    before = now;
  }
  EXPECT_GE(before, 32);
}

TEST(Today, AnUnknownCardSaysNothingAboutIt) {
  EXPECT_EQ(TextOf(Box("NoSuchCard-9000", 24, 24), "qlora"), "nothing said");
}

}  // namespace
}  // namespace curbstop::fit
