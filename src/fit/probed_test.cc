#include "fit/probed.h"

#include <gtest/gtest.h>

#include "fit/families.h"
#include "fit/probe_script.h"
#include "fit/question.h"

namespace curbstop::fit {
namespace {

constexpr int64_t kGiB = int64_t{1} << 30;

FitQuestion Question(const char* method = "lora") {
  Ask ask;
  ask.name = "qwen2.5-0.5b";
  ask.method = method;
  FitQuestion question = *QuestionOf(ask);
  PutOn(UnderstandHardware("RTX-3090", BundledAccelerators()), question);
  return question;
}

FitAnswer Folded(const ProbeFigures& probe, const FitQuestion& question) {
  FitAnswer answer = *QuickFit(question);
  FoldProbe(probe, answer);
  return answer;
}

const Component& Part(const FitAnswer& answer, std::string_view name) {
  for (const Component& part : answer.estimate.components) {
    if (part.name == name) return part;
  }
  ADD_FAILURE() << name;
  return answer.estimate.components.front();
}

bool IsNear(int64_t found, double expected) {
  return std::abs(static_cast<double>(found) / expected - 1) < 1e-6;
}

TEST(Probed, EachPartThatWasToldIsTheMeasuredOne) {
  ProbeFigures probe;
  probe.on_gpu = true;
  probe.steps = 3;
  probe.weights = kGiB;
  probe.allocated = 5 * kGiB;
  probe.reserved = 6 * kGiB;
  probe.whole = 13 * kGiB / 2;
  const FitAnswer answer = Folded(probe, Question());
  EXPECT_EQ(Part(answer, "weights").bytes.mid, kGiB);
  EXPECT_TRUE(IsNear(Part(answer, "allocator").bytes.mid, 1.0 * kGiB));
  EXPECT_TRUE(IsNear(Part(answer, "context").bytes.mid, 0.5 * kGiB));
  EXPECT_TRUE(IsNear(answer.estimate.peak.mid, 6.5 * kGiB));
  EXPECT_EQ(SumOf(answer.estimate.components, "gpu0"), answer.estimate.peak);
  EXPECT_EQ(Part(answer, "weights").evidence, "probed");
}

// A script of the user's own tells one sum; it is met, and the interval is narrow.
TEST(Probed, OneSumAloneIsMet) {
  ProbeFigures probe;
  probe.on_gpu = true;
  probe.whole = 4 * kGiB;
  probe.seconds = 0.5;
  const FitQuestion question = Question();
  const FitAnswer answer = Folded(probe, question);
  EXPECT_TRUE(IsNear(answer.estimate.peak.mid, 4.0 * kGiB));
  EXPECT_LT(answer.estimate.peak.high - answer.estimate.peak.low, kGiB / 5);
  EXPECT_DOUBLE_EQ(answer.training->mid, 2048 / 0.5);
  EXPECT_EQ(answer.estimate.verdict, Verdict::kFits);
}

TEST(Probed, AfterAnOutOfMemoryItDoesNotFit) {
  ProbeFigures probe;
  probe.on_gpu = probe.out_of_memory = true;
  probe.whole = 20 * kGiB;
  const FitQuestion question = Question();
  EXPECT_EQ(QuickFit(question)->estimate.verdict, Verdict::kFits);
  EXPECT_EQ(Folded(probe, question).estimate.verdict, Verdict::kNo);
  EXPECT_TRUE(RunsOf(probe, question, 1).empty());
}

// What is kept corrects the next estimate of another batch.
TEST(Probed, ItTeachesLaterEstimates) {
  ProbeFigures probe;
  probe.on_gpu = true;
  probe.allocated = QuickFit(Question())->estimate.peak.mid * 2;
  probe.seconds = 1;
  const std::vector<MeasuredRun> runs = RunsOf(probe, Question(), 1);
  ASSERT_EQ(runs.size(), 2U);
  FitQuestion larger = Question();
  larger.training.batch = 2;
  const FitAnswer plain = *QuickFit(larger);
  larger.measured = std::make_shared<const std::vector<Measured>>(MeasuredOf(runs));
  const FitAnswer taught = *QuickFit(larger);
  EXPECT_GT(taught.estimate.peak.mid, plain.estimate.peak.mid);
  EXPECT_EQ(taught.peaks_measured, 1);
  EXPECT_LT(taught.training->mid, plain.training->mid);
}

// A step of a model that reads images is of `--batch` images.
TEST(Probed, ItTeachesLaterEstimatesOfImageModels) {
  Ask ask{.name = "resnet-50", .method = "full", .batch = 64};
  FitQuestion question = *QuestionOf(ask);
  PutOn(UnderstandHardware("RTX-3090", BundledAccelerators()), question);
  ProbeFigures probe;
  probe.on_gpu = true;
  probe.allocated = 4 * kGiB;
  probe.seconds = 0.25;
  EXPECT_DOUBLE_EQ(Folded(probe, question).images->mid, 256);
  const std::vector<MeasuredRun> runs = RunsOf(probe, question, 1);
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_DOUBLE_EQ(runs[1].measured, 0.25 / 64);
  question.measured = KnownOf(runs);
  const FitAnswer taught = *QuickFit(question);
  EXPECT_EQ(taught.peaks_measured, 1);
  EXPECT_NEAR(taught.images->mid, 256, 10);
}

TEST(Probed, LessThanTheWeightsIsAnotherModel) {
  ProbeFigures probe;
  probe.whole = 300 << 20;
  const FitQuestion question = Question();
  EXPECT_FALSE(IsOfThisModel(probe, *QuickFit(question)));
  EXPECT_TRUE(RunsOf(probe, question, 1).empty());
  probe.whole = 4 * kGiB;
  EXPECT_TRUE(IsOfThisModel(probe, *QuickFit(question)));
}

TEST(ProbeOrder, SaysTheShapeAndTheMethod) {
  const Json order = *ProbeOrder(Question("qlora"), 3);
  const Json& use = *order.Find("use");
  EXPECT_EQ(order.Find("shape")->IntOr("layers", 0), 24);
  EXPECT_EQ(use.StringOr("method", ""), "lora");
  EXPECT_EQ(use.StringOr("format", ""), "nf4");
  EXPECT_TRUE(use.BoolOr("double_quantised", false));
  EXPECT_TRUE(use.BoolOr("checkpointing", false));
  EXPECT_NE(ProbeScript().find("def train("), std::string_view::npos);
}

TEST(ProbeOrder, WhatNoScriptIsMadeForIsRefused) {
  const auto refused = [](FitQuestion question) { return !ProbeOrder(question, 3).ok(); };
  FitQuestion question = Question();
  EXPECT_FALSE(refused(question));
  question.training.mixed_precision = true;
  EXPECT_TRUE(refused(question));
  question = Question("dora");
  EXPECT_TRUE(refused(question));
  question = Question();
  question.shape = *BundledFamilies().WithId("mixtral-8x7b");
  EXPECT_TRUE(refused(question));
  question = Question();
  question.task = Task::kLlamaCpp;
  EXPECT_NE(ProbeOrder(question, 3).error().hint().find("--from-log"), std::string::npos);
}

}  // namespace
}  // namespace curbstop::fit
