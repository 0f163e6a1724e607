// Calibration: what one measurement says of its neighbours, what it leaves alone, and how kept runs
// come back.
#include <cmath>

#include <gtest/gtest.h>

#include "fit/answer.h"
#include "fit/families.h"
#include "fit/measured_runs.h"
#include "fit/question.h"
#include "fit/training_speed.h"
#include "fit/work_points.h"

namespace curbstop::fit {
namespace {

FitQuestion Question(const char* model, const char* gpu, int64_t context = 4096) {
  FitQuestion question;
  question.shape = *BundledFamilies().WithId(model);
  question.format = *UnderstandFormat("Q4_K_M");
  question.hardware = UnderstandHardware(gpu, BundledAccelerators());
  question.llama.cache.context = context;
  return question;
}

SpeedTerms Terms(const FitQuestion& question, double depth = 128) {
  SpeedUse use = SpeedUseOf(question);
  use.depth = depth;
  return *TermsOf(question, WorkKind::kDecode, use);
}

WorkPoint Point(const FitQuestion& question) {
  return InferencePoint(question, WorkKind::kDecode, Terms(question));
}

TEST(Calibrate, WithoutMeasurementsTheClassStands) {
  EXPECT_FALSE(CorrectionFor(Point(Question("llama-3-8b", "RTX-3090")), {}).has_value());
}

TEST(Calibrate, TheSameWorkComesOutAsMeasured) {
  const WorkPoint point = Point(Question("llama-3-8b", "RTX-3090"));
  const std::vector<Measured> known = {{point, 1.3, 0}};
  const auto correction = CorrectionFor(point, known);
  ASSERT_TRUE(correction.has_value());
  EXPECT_NEAR(correction->factor, 1.3, 0.01);
  EXPECT_LT(correction->width, 0.08);
  EXPECT_EQ(correction->used, 1);
}

// Another model on the same device moves with it, less surely; another device does not move.
TEST(Calibrate, NeighboursFollowAndOthersDoNot) {
  const std::vector<Measured> known = {{Point(Question("llama-3-8b", "RTX-3090")), 1.3, 0}};
  const auto same = CorrectionFor(Point(Question("llama-3-8b", "RTX-3090")), known);
  const auto neighbour = CorrectionFor(Point(Question("qwen3-14b", "RTX-3090")), known);
  ASSERT_TRUE(same && neighbour);
  EXPECT_GT(neighbour->factor, 1.2);
  EXPECT_LT(neighbour->factor, 1.3);
  EXPECT_GT(neighbour->width, same->width);
  EXPECT_FALSE(CorrectionFor(Point(Question("llama-3-8b", "RTX-4090")), known).has_value());
}

// Property: a further measurement never widens, and order does not matter.
TEST(Calibrate, MoreMeasurementsNarrow) {
  const WorkPoint asked = Point(Question("qwen3-14b", "RTX-3090"));
  std::vector<Measured> known;
  double width = 1e9;
  for (const char* model : {"llama-3-8b", "qwen2.5-7b", "qwen3-4b", "qwen2.5-0.5b"}) {
    known.push_back({Point(Question(model, "RTX-3090")), 1.1, 0});
    const auto correction = CorrectionFor(asked, known);
    ASSERT_TRUE(correction.has_value());
    EXPECT_LT(correction->width, width);
    width = correction->width;
  }
  const double factor = CorrectionFor(asked, known)->factor;
  std::reverse(known.begin(), known.end());
  EXPECT_NEAR(CorrectionFor(asked, known)->factor, factor, 1e-12);
}

TEST(Calibrate, ANumberWithoutSenseTeachesNothing) {
  const WorkPoint point = Point(Question("llama-3-8b", "RTX-3090"));
  for (const double ratio : {0.0, -1.0, std::nan(""), 1e9}) {
    EXPECT_FALSE(CorrectionFor(point, std::vector<Measured>{{point, ratio, 0}}).has_value());
  }
}

FitQuestion Training(int64_t batch, int64_t sequence = 1024) {
  FitQuestion question = Question("qwen2.5-0.5b", "RTX-3090");
  question.task = Task::kTraining;
  question.format = *UnderstandFormat("bf16");
  question.training.method = Method::kLora;
  question.training.checkpointing = Checkpointing::kNone;
  question.training.batch = batch;
  question.training.sequence = sequence;
  return question;
}

// Two peaks pin what is fixed and what grows: the third follows (litgpt's StableLM-3B, LoRA:
// 9.69 and 12.10 GB at micro-batches 1 and 2, 16.92 at 4; Lightning-AI/litgpt@26857050,
// tutorials/resource-tables.md).
TEST(Calibrate, TwoPeaksGiveTheThird) {
  const auto point = [](double fixed, double slope, double batch) {
    WorkPoint one;
    one.kind = WorkKind::kPeak;
    one.parts = {fixed, slope * batch};
    return one;
  };
  // Estimates that are 5 % and 15 % off in opposite directions.
  const double fixed = 7.28 * 1.05;
  const double slope = 2.41 / 1.15;
  const auto measured = [&](double batch, double value) {
    return Measured{point(fixed, slope, batch), value / (fixed + slope * batch), 0};
  };
  const std::vector<Measured> known = {measured(1, 9.69), measured(2, 12.10)};
  const WorkPoint asked = point(fixed, slope, 4);
  const auto correction = CorrectionFor(asked, known);
  ASSERT_TRUE(correction.has_value());
  EXPECT_NEAR(correction->factor * (fixed + slope * 4) / 16.92, 1, 0.03);
}

TEST(Answer, MeasuredRunsCorrectSpeedAndPeak) {
  FitQuestion question = Training(4);
  const FitAnswer plain = *QuickFit(question);
  const WorkPoint peak = AllocatedPoint(Training(4));
  double total = 0;
  for (const double part : peak.parts) total += part;
  const auto rates = *TrainingRatesOf(question.shape, question.format, question.hardware,
                                      question.training, false);
  const std::vector<MeasuredRun> runs = {
      {peak, total * 1.1, "probe", 1},
      {TrainingPoint(question, rates.terms), 2 / plain.training->mid, "probe", 1}};
  question.measured = std::make_shared<const std::vector<Measured>>(MeasuredOf(runs));
  const FitAnswer answer = *QuickFit(question);
  EXPECT_EQ(answer.peaks_measured, 1);
  EXPECT_GT(answer.estimate.peak.mid, plain.estimate.peak.mid);
  EXPECT_EQ(answer.training->measured, 1);
  EXPECT_NEAR(answer.training->mid / plain.training->mid, 0.5, 0.03);
  // The parts still add up to the whole.
  EXPECT_EQ(SumOf(answer.estimate.components, "gpu0"), answer.estimate.peak);
}

FitQuestion Images(const char* model, int64_t batch, const char* gpu = "RTX-3090") {
  Ask ask{.name = model, .method = "full", .checkpointing = "none", .batch = batch};
  FitQuestion question = *QuestionOf(ask);
  PutOn(UnderstandHardware(gpu, BundledAccelerators()), question);
  return question;
}

double Total(const WorkPoint& point) {
  double total = 0;
  for (const double part : point.parts) total += part;
  return total;
}

// What was measured is `factor` times the estimate of `question`.
SharedMeasured Knowing(const FitQuestion& question, double factor) {
  const WorkPoint peak = AllocatedPoint(question);
  std::vector<MeasuredRun> runs = {{peak, Total(peak) * factor, "probe", 1}};
  if (const auto terms = ImageTermsOf(question); terms.ok())
    runs.push_back({ImagesPoint(question, *terms), terms->Total() * factor, "probe", 1});
  return KnownOf(ReadRuns(RunsJson(runs)));
}

TEST(Answer, MeasuredRunsCorrectImageModelsOfTheSameDevice) {
  const SharedMeasured known = Knowing(Images("resnet-50", 64), 1.2);
  ASSERT_EQ(known->size(), 2U);
  const auto ratio = [&](FitQuestion question) {
    const FitAnswer plain = *QuickFit(question);
    question.measured = known;
    const FitAnswer taught = *QuickFit(question);
    EXPECT_EQ(SumOf(taught.estimate.components, "gpu0"), taught.estimate.peak);
    EXPECT_EQ(taught.peaks_measured, taught.images->measured);
    const WorkPoint point = AllocatedPoint(question);
    const double grew = static_cast<double>(taught.estimate.peak.mid - plain.estimate.peak.mid);
    return std::pair(1 + grew / Total(point), plain.images->mid / taught.images->mid);
  };
  const auto [peak, time] = ratio(Images("resnet-50", 64));
  EXPECT_NEAR(peak, 1.2, 0.01);
  EXPECT_NEAR(time, 1.2, 0.02);
  const auto [larger_peak, larger_time] = ratio(Images("resnet-50", 256));
  EXPECT_NEAR(larger_peak, 1.15, 0.05);
  EXPECT_NEAR(larger_time, 1.2, 0.02);
  const auto [other_peak, other_time] = ratio(Images("convnext-tiny", 64));
  EXPECT_GT(other_peak, 1.01);
  EXPECT_LT(other_peak, 1.2);
  EXPECT_GT(other_time, 1.05);
  EXPECT_LT(other_time, 1.2);
  EXPECT_EQ(ratio(Images("resnet-50", 64, "RTX-4090")), std::pair(1.0, 1.0));
}

FitQuestion Network(const char* name, int64_t batch) {
  FitQuestion question;
  question.task = Task::kNetwork;
  question.shape.id = name;
  question.shape.kind = ModelKind::kNetwork;
  question.shape.params_total = 1'000'000;
  question.format = *UnderstandFormat("fp32");
  question.format.stored_bytes = 4'000'000;
  question.network.values = {
      .outputs = 9, .sized = 9, .bytes = 90'000'000, .largest = 20'000'000, .inputs = 600'000};
  question.training.batch = batch;
  PutOn(UnderstandHardware("RTX-3090", BundledAccelerators()), question);
  return question;
}

// Nothing is known of its layers: no other file says anything of them.
TEST(Answer, MeasuredRunsCorrectAnUnknownNetworkByItselfAlone) {
  const SharedMeasured known = Knowing(Network("shop.onnx", 4), 0.6);
  ASSERT_EQ(known->size(), 1U);
  for (const int64_t batch : {4, 16}) {
    FitQuestion question = Network("shop.onnx", batch);
    const Span plain = QuickFit(question)->estimate.peak;
    question.measured = known;
    const FitAnswer taught = *QuickFit(question);
    EXPECT_EQ(taught.peaks_measured, 1);
    EXPECT_LT(taught.estimate.peak.mid, plain.mid);
    EXPECT_LT(taught.estimate.peak.high - taught.estimate.peak.low, plain.high - plain.low);
  }
  FitQuestion other = Network("yard.onnx", 4);
  other.measured = known;
  const FitAnswer answer = *QuickFit(other);
  EXPECT_EQ(answer.peaks_measured, 0);
  EXPECT_EQ(answer.estimate.peak, QuickFit(Network("yard.onnx", 4))->estimate.peak);
}

TEST(MeasuredRuns, ComeBackAsTheyWereKept) {
  const MeasuredRun run{Point(Question("llama-3-8b", "RTX-3090")), 0.0125, "llama.log", 17};
  const std::vector<MeasuredRun> read = ReadRuns(RunsJson({run}));
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].point.device, "RTX-3090 x1");
  EXPECT_EQ(read[0].point.setup, run.point.setup);
  EXPECT_DOUBLE_EQ(read[0].measured, 0.0125);
  EXPECT_NEAR(read[0].point.parts[0], run.point.parts[0], 1e-6);
  EXPECT_EQ(read[0].at_ms, 17);
}

TEST(MeasuredRuns, BrokenEntriesAndOtherRulesAreSkipped) {
  for (const char* text :
       {R"([])", R"({})", R"([1, null, "x"])", R"([{"kind": "decode", "rules": 3}])",
        R"([{"kind": "decode", "rules": 999, "estimated": [1], "measured": 1}])",
        R"([{"kind": "decode", "rules": 3, "estimated": [1], "measured": 1e300}])",
        R"([{"kind": "decode", "rules": 3, "estimated": [-1], "measured": 1}])",
        R"([{"kind": "decode", "rules": 3, "estimated": [1, 1, 1, 1], "measured": 1}])"}) {
    EXPECT_TRUE(ReadRuns(*ParseJson(text)).empty()) << text;
  }
}

TEST(MeasuredRuns, TheSameWorkIsReplacedAndTheOldestGoes) {
  const WorkPoint point = Point(Question("llama-3-8b", "RTX-3090"));
  const std::vector<MeasuredRun> twice =
      Merge(Merge({}, {{point, 0.01, "a", 1}}), {{point, 0.02, "b", 2}});
  ASSERT_EQ(twice.size(), 1U);
  EXPECT_EQ(twice[0].from, "b");
  std::vector<MeasuredRun> many;
  for (int i = 0; i < 100; ++i) {
    WorkPoint other = point;
    other.parts[0] *= 1 + 0.01 * i;
    many = Merge(many, {{other, 0.01, "c", i}});
  }
  ASSERT_EQ(many.size(), kMostRunsAlike);
  EXPECT_EQ(many.front().at_ms, 100 - static_cast<int64_t>(kMostRunsAlike));
}

// Runs are kept with parts that were estimated by the constants of their time. A difference here
// means that constants have changed: raise kRules, then write the new figures.
TEST(MeasuredRuns, TheConstantsAreThoseOfTheseRules) {
  ASSERT_EQ(kRules, 3);
  const auto decode = [](const char* gpu) { return Terms(Question("llama-3-8b", gpu)).Total(); };
  EXPECT_NEAR(decode("RTX-3090"), 0.0076485844, 1e-7);
  EXPECT_NEAR(decode("A100-SXM4-80GB"), 0.0071284673, 1e-7);
  EXPECT_NEAR(decode("APPLE-M2-ULTRA"), 0.0113562895, 1e-7);
  const FitQuestion question = Question("llama-3-8b", "RTX-3090");
  EXPECT_NEAR(TermsOf(question, WorkKind::kPrefill, SpeedUseOf(question))->Total(), 0.00021067173,
              1e-8);
  const FitQuestion training = Training(4);
  const auto rates = *TrainingRatesOf(training.shape, training.format, training.hardware,
                                      training.training, false);
  EXPECT_NEAR(rates.terms.Total(), 6.75463e-05, 1e-9);
  EXPECT_NEAR(AllocatedPoint(training).parts[0] / 1e6, 1148.962, 0.1);
  EXPECT_NEAR(AllocatedPoint(training).parts[1] / 1e6, 13324.255, 0.1);
  const FitQuestion images = Images("resnet-50", 64);
  EXPECT_NEAR(ImageTermsOf(images)->Total(), 0.00105819897, 1e-9);
  EXPECT_NEAR(AllocatedPoint(images).parts[0] / 1e6, 728.462, 0.1);
  EXPECT_NEAR(AllocatedPoint(images).parts[1] / 1e6, 3005.743, 0.1);
  const WorkPoint network = AllocatedPoint(Network("shop.onnx", 4));
  EXPECT_NEAR(network.parts[0] / 1e6, 54.332, 0.1);
  EXPECT_NEAR(network.parts[1] / 1e6, 242.4, 0.1);
}

}  // namespace
}  // namespace curbstop::fit
