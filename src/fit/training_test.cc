// Training: the torchtune ladder step by step, what the timeline must obey, and speed.
#include "fit/training.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/units.h"
#include "fit/answer.h"
#include "fit/families.h"
#include "fit/training_speed.h"

namespace curbstop::fit {
namespace {

const ModelShape& Shape(std::string_view id) {
  const ModelShape* shape = BundledFamilies().WithId(id);
  EXPECT_NE(shape, nullptr) << id;
  static const ModelShape none;
  return shape == nullptr ? none : *shape;
}

WeightFormat Bf16() { return *UnderstandFormat("bf16"); }

double PeakGib(const TrainingUse& use) {
  return static_cast<double>(TrainingPartsOf(Shape("llama-3.2-3b"), Bf16(), use).peak) /
         1073741824.0;
}

// pytorch/torchtune@bd2a0fc7, README.md: full training of Llama-3.2-3B, 4096 x 2, A100 80GB;
// measured peaks in GiB. First the order of the steps, then the values.
TEST(Training, TheLadderGoesDownAsMeasured) {
  TrainingUse use;
  use.stack = Stack::kTorchtune;
  use.sequence = 4096;
  use.batch = 2;
  std::vector<std::pair<double, double>> steps;  // foretold, measured
  const auto step = [&](double measured) { steps.emplace_back(PeakGib(use), measured); };
  step(60.0);
  use.compiled = true;
  step(51.0);
  use.chunked_loss = true;
  step(42.9);
  use.checkpointing = Checkpointing::kFull;
  step(24.9);
  use.optimizer_in_backward = true;
  step(23.1);
  use.activation_offload = true;
  step(21.8);
  use.optimizer = Optimizer::kAdamW8bit;
  step(17.6);
  for (size_t i = 0; i < steps.size(); ++i) {
    EXPECT_NEAR(steps[i].first, steps[i].second, 0.10 * steps[i].second) << "step " << i;
    if (i > 0) {
      EXPECT_LT(steps[i].first, steps[i - 1].first) << "step " << i;
    }
  }
}

// Pure bf16 AdamW: 8 bytes for each parameter; PEFT's allocated average was 26.07e9 bytes.
TEST(Training, PureBf16TakesEightBytesForEachParameter) {
  const TrainingParts parts = TrainingPartsOf(Shape("llama-3.2-3b"), Bf16(), {});
  EXPECT_EQ(parts.weights + parts.gradients + parts.states, 8 * Shape("llama-3.2-3b").params_total);
}

// 2 MB of adapters at rank 8 on q and v: Lightning-AI/litgpt@26857050, resource-tables.md.
TEST(Training, AdaptersHaveTheTrainableParametersThatAreReported) {
  EXPECT_EQ(AdapterParams(Shape("llama-2-13b"), 8, false), 6'553'600);
  EXPECT_EQ(AdapterParams(Shape("llama-3.2-3b"), 32, false), 9'175'040);
}

TEST(Training, OneLayersCopiesAreThoseMeasured) {
  constexpr std::pair<std::string_view, double> kMeasured[] = {{"smollm2-360m", 24},
                                                               {"llama-3.1-8b", 28},
                                                               {"mistral-7b-v0.2", 28},
                                                               {"qwen3-8b", 29.8},
                                                               {"qwen3-4b", 38}};
  for (const auto& [model, copies] : kMeasured) {
    EXPECT_NEAR(LiveLayerCopies(Shape(model)), copies, 0.03 * copies) << model;
  }
}

TEST(Training, ShardingOverOneGpuEqualsNone) {
  TrainingUse use;
  use.sharding = Sharding::kNone;
  const TrainingParts plain = TrainingPartsOf(Shape("qwen2.5-7b"), Bf16(), use);
  for (const Sharding sharding : {Sharding::kZero1, Sharding::kZero2, Sharding::kZero3}) {
    use.sharding = sharding;
    EXPECT_EQ(TrainingPartsOf(Shape("qwen2.5-7b"), Bf16(), use).peak, plain.peak);
  }
}

RC_GTEST_PROP(Training, NeverFallsWithBatchSequenceOrRank, ()) {
  const auto& shapes = BundledFamilies().all();
  const ModelShape& shape = shapes[*rc::gen::inRange<size_t>(0, shapes.size())];
  TrainingUse use;
  use.method = *rc::gen::element(Method::kFull, Method::kLora);
  use.checkpointing =
      *rc::gen::element(Checkpointing::kNone, Checkpointing::kSelective, Checkpointing::kFull);
  use.optimizer = *rc::gen::element(Optimizer::kAdamW, Optimizer::kAdamW8bit,
                                    Optimizer::kPagedAdamW, Optimizer::kSgd);
  use.sequence = *rc::gen::inRange<int64_t>(1, 100000);
  use.batch = *rc::gen::inRange<int64_t>(1, 64);
  use.rank = *rc::gen::inRange<int64_t>(1, 256);
  const Estimate before = EstimateTraining(shape, Bf16(), use, 0);
  const int which = *rc::gen::inRange(0, 3);
  (which == 0   ? use.batch
   : which == 1 ? use.sequence
                : use.rank) += *rc::gen::inRange<int64_t>(1, 100);
  const Estimate after = EstimateTraining(shape, Bf16(), use, 0);
  RC_ASSERT(after.peak.mid >= before.peak.mid);
  RC_ASSERT(after.peak.low <= after.peak.mid && after.peak.mid <= after.peak.high);
  RC_ASSERT(SumOf(after.components, "gpu0") == after.peak);
}

RC_GTEST_PROP(LlamaCpp, NeverFallsWithContextAndAddsUp, ()) {
  const auto& shapes = BundledFamilies().all();
  const ModelShape& shape = shapes[*rc::gen::inRange<size_t>(0, shapes.size())];
  RC_PRE(shape.layers > 0 && shape.hidden > 0);
  LlamaCppUse use;
  use.gpus = *rc::gen::inRange<int64_t>(1, 9);
  use.flash_attention = *rc::gen::arbitrary<bool>();
  use.cache.context = *rc::gen::inRange<int64_t>(1, 1 << 20);
  const WeightFormat format = *UnderstandFormat("Q4_K_M");
  const Estimate before = EstimateLlamaCpp(shape, format, use, 0);
  use.cache.context += *rc::gen::inRange<int64_t>(1, 100000);
  const Estimate after = EstimateLlamaCpp(shape, format, use, 0);
  RC_ASSERT(after.peak.mid >= before.peak.mid);
  RC_ASSERT(SumOf(after.components, after.components[0].device) == after.peak);
}

// Numbers that no model has: an error or a clamp, never a wrapped figure.
RC_GTEST_PROP(Shape, ExtremesNeverWrap, ()) {
  ModelShape shape = Shape("llama-3-8b");
  shape.layers = *rc::gen::inRange<int64_t>(0, 2000);
  shape.hidden = *rc::gen::inRange<int64_t>(0, 1 << 22);
  shape.heads = *rc::gen::inRange<int64_t>(0, 1 << 16);
  shape.kv_heads = *rc::gen::inRange<int64_t>(0, 1 << 16);
  shape.head_dim = shape.v_head_dim = *rc::gen::inRange<int64_t>(0, 1 << 16);
  CacheUse use;
  use.context = int64_t{1} << 40;
  RC_ASSERT(Clamp(CacheBytes(shape, use)) >= 0);
  RC_ASSERT(WeightBytes(shape, Bf16()).mid >= 0);
}

FitQuestion Question(std::string_view model, std::string_view gpu) {
  FitQuestion question;
  question.shape = Shape(model);
  question.format = *UnderstandFormat("Q4_K_M");
  question.hardware = UnderstandHardware(gpu, BundledAccelerators());
  question.llama.cache.context = 8192;
  return question;
}

TEST(Answer, TheLargestContextFitsAndOneMoreBlockDoesNot) {
  FitQuestion question = Question("qwen3-8b", "RTX-3080");
  const int64_t most = LargestContext(question);
  question.llama.cache.context = most;
  EXPECT_EQ(QuickFit(question)->estimate.verdict, Verdict::kFits);
  question.llama.cache.context = most + 256;
  EXPECT_NE(QuickFit(question)->estimate.verdict, Verdict::kFits);
}

TEST(Answer, WhatWouldFitDoesFit) {
  FitQuestion question = Question("qwen2.5-7b", "RTX-3080");
  question.task = Task::kTraining;
  question.format = *UnderstandFormat("nf4");
  question.training.method = Method::kLora;
  question.training.batch = 4;
  question.training.includes_context = true;
  const Result<FitAnswer> answer = AnswerFit(question);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->estimate.verdict, Verdict::kNo);
  ASSERT_FALSE(answer->changes.empty());
  for (const Change& change : answer->changes)
    EXPECT_LE(change.peak.high, answer->estimate.available) << change.text;
}

// Worked in the reference of the formula: RTX 3080, Llama-3.1-8B Q4_K_M, half-full context of 8192,
// 100 tokens/s; measured near depth 0: 112 (dmatora/LLM-inference-speed-benchmarks#12).
TEST(Speed, DecodeOfAnRtx3080) {
  SpeedUse use;
  use.depth = 256;
  const Hardware hardware = UnderstandHardware("RTX-3080", BundledAccelerators());
  const Result<Rate> near_zero =
      DecodeRate(Shape("llama-3.1-8b"), *UnderstandFormat("Q4_K_M"), hardware, use);
  ASSERT_TRUE(near_zero.ok());
  EXPECT_NEAR(near_zero->mid, 112, 0.1 * 112);
  use.depth = 8192;
  EXPECT_LT(DecodeRate(Shape("llama-3.1-8b"), *UnderstandFormat("Q4_K_M"), hardware, use)->mid,
            near_zero->mid);
  EXPECT_FALSE(DecodeRate(Shape("llama-3.1-8b"), *UnderstandFormat("Q4_K_M"),
                          UnderstandHardware("1 GPU", BundledAccelerators()), use)
                   .ok());
}

// mosaicml/llm-foundry@8c8dd48f: MPT-7B, 8 x A100 40GB, 44 to 51 % MFU.
TEST(Speed, TrainingOfMpt7bOnA100) {
  TrainingUse use;
  use.sequence = 2048;
  use.batch = 4;
  use.gpus = 8;
  use.sharding = Sharding::kZero3;
  use.checkpointing = Checkpointing::kFull;
  const auto rates =
      TrainingRatesOf(Shape("mpt-7b"), Bf16(),
                      UnderstandHardware("8x A100 40GB", BundledAccelerators()), use, false);
  ASSERT_TRUE(rates.ok());
  EXPECT_GT(rates->mfu.mid, 38);
  EXPECT_LT(rates->mfu.mid, 58);
  EXPECT_GT(rates->hfu.mid, rates->mfu.mid);
}

// Measured under torch 1.13 on a CPU, tensors as the process holds them, and with a heap that maps
// each block by itself (MALLOC_MMAP_THRESHOLD_=65536), which is what tensors alone come to:
// docs/benchmarks/fit.md.
TEST(Training, InRamTheHeapKeepsWhatWasFreed) {
  struct Row {
    Checkpointing checkpointing;
    double tensors;  // 10^9 bytes
    double held;
  };
  for (const Row& row :
       {Row{Checkpointing::kFull, 2.453, 3.65}, Row{Checkpointing::kNone, 4.198, 5.69}}) {
    const ModelShape shape = *BundledFamilies().WithId("smollm2-135m");
    TrainingUse use;
    use.sequence = 256;
    use.batch = 4;
    use.checkpointing = row.checkpointing;
    use.in_ram = true;
    const Estimate estimate = EstimateTraining(shape, *UnderstandFormat("fp32"), use, 0);
    const auto heap =
        std::find_if(estimate.components.begin(), estimate.components.end(),
                     [](const Component& one) { return one.name == "kept by the heap"; });
    ASSERT_NE(heap, estimate.components.end());
    const double tensors = static_cast<double>(estimate.peak.mid - heap->bytes.mid) / 1e9;
    EXPECT_NEAR(tensors / row.tensors, 1, 0.1);
    EXPECT_LT(static_cast<double>(estimate.peak.low) / 1e9, row.held);
    EXPECT_GT(static_cast<double>(estimate.peak.high) / 1e9, row.held);
    EXPECT_NEAR(static_cast<double>(estimate.peak.mid) / 1e9 / row.held, 1, 0.12);
  }
}

}  // namespace
}  // namespace curbstop::fit
