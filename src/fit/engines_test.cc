// Engines beside llama.cpp, and what must hold of every estimate whatever is asked.
#include "fit/engines.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/units.h"
#include "fit/answer.h"
#include "fit/families.h"

namespace curbstop::fit {
namespace {

WeightFormat Format(std::string_view name) {
  Result<WeightFormat> format = UnderstandFormat(name);
  EXPECT_TRUE(format.ok()) << name;
  return format.ok() ? *format : WeightFormat{};
}

const Component* Named(const Estimate& estimate, std::string_view name) {
  for (const Component& one : estimate.components) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

// Llama-3.1-8B: 7,504,658,432 weights beside token table and head... worked out below for nf4-dq.
TEST(Engines, WeightsOfEachFormatAreThoseOfItsBits) {
  const ModelShape& shape = *BundledFamilies().WithId("llama-3.1-8b");
  const int64_t tables = 2 * 128256LL * 4096;
  const int64_t norms = 65 * 4096LL;
  const int64_t linear = shape.params_total - tables - norms;
  const auto weights = [&](TensorEngine engine, std::string_view format) {
    return Named(EstimateTensorEngine(shape, Format(format), {.engine = engine}, 0), "weights")
        ->bytes.mid;
  };
  EXPECT_EQ(weights(TensorEngine::kTransformers, "bf16"), 2 * shape.params_total);
  EXPECT_NEAR(static_cast<double>(weights(TensorEngine::kTransformers, "nf4")),
              static_cast<double>(linear) * 4.5 / 8 + static_cast<double>(2 * (tables + norms)),
              1e3);
  EXPECT_NEAR(static_cast<double>(weights(TensorEngine::kTransformers, "GPTQ g128")),
              static_cast<double>(linear) * 4.15625 / 8 + static_cast<double>(2 * (tables + norms)),
              1e3);
  EXPECT_NEAR(static_cast<double>(weights(TensorEngine::kMlx, "4bit")),
              static_cast<double>(linear + tables) * 4.5 / 8 + static_cast<double>(2 * norms), 1e3);
}

TEST(Engines, TheCacheIsExactAndMlxGrowsItBySteps) {
  const ModelShape& shape = *BundledFamilies().WithId("llama-3.1-8b");
  const auto cache = [&](TensorEngine engine, int64_t context) {
    return Named(EstimateTensorEngine(shape, Format("4bit"),
                                      {.engine = engine, .cache = {.context = context}}, 0),
                 "cache")
        ->bytes.mid;
  };
  EXPECT_EQ(cache(TensorEngine::kTransformers, 1000), 131072 * 1000);
  EXPECT_EQ(cache(TensorEngine::kMlx, 1000), 131072 * 1024);
}

TEST(Engines, SeveralGpusShareLayersAndNotTables) {
  const ModelShape& shape = *BundledFamilies().WithId("llama-3.1-70b");
  const auto peak = [&](int64_t gpus) {
    return EstimateTensorEngine(shape, Format("bf16"), {.cache = {.context = 4096}, .gpus = gpus},
                                0)
        .peak.mid;
  };
  EXPECT_GT(peak(2), peak(1) / 2);
  EXPECT_LT(peak(2), peak(1) * 6 / 10);
  EXPECT_LT(peak(4), peak(2));
}

TEST(Engines, WhatAnEngineDoesNotLoadIsSaid) {
  EXPECT_FALSE(CheckLoads(TensorEngine::kTransformers, Format("Q4_K_M")).ok());
  EXPECT_FALSE(CheckLoads(TensorEngine::kTransformers, Format("EXL2 4.0")).ok());
  EXPECT_FALSE(CheckLoads(TensorEngine::kOnnx, Format("nf4")).ok());
  EXPECT_TRUE(CheckLoads(TensorEngine::kOnnx, Format("int8")).ok());
  EXPECT_TRUE(CheckLoads(TensorEngine::kExllama, Format("EXL2 4.0")).ok());
}

// A question of any kind about any family that ships.
rc::Gen<FitQuestion> Questions() {
  return rc::gen::exec([] {
    FitQuestion question;
    const auto& families = BundledFamilies().all();
    do question.shape = families[*rc::gen::inRange<size_t>(0, families.size())];
    while (!CheckIsBuilt(question.shape, true).ok());
    question.task = *rc::gen::element(Task::kLlamaCpp, Task::kTensorEngine, Task::kTraining);
    question.tensor.engine = *rc::gen::element(TensorEngine::kTransformers, TensorEngine::kExllama,
                                               TensorEngine::kMlx, TensorEngine::kOnnx);
    question.format = Format(question.task == Task::kLlamaCpp
                                 ? *rc::gen::element("Q4_K_M", "IQ2_XS", "Q8_0", "F16")
                                 : *rc::gen::element("bf16", "int8", "fp8"));
    CacheUse& cache = question.llama.cache;
    cache.context = *rc::gen::inRange<int64_t>(1, 1 << 17);
    cache.slots = *rc::gen::inRange<int64_t>(1, 16);
    question.llama.flash_attention = *rc::gen::arbitrary<bool>();
    question.llama.gpus = *rc::gen::inRange<int64_t>(1, 9);
    if (*rc::gen::arbitrary<bool>())
      question.llama.gpu_layers = *rc::gen::inRange<int64_t>(0, question.shape.layers + 2);
    question.tensor.cache = cache;
    TrainingUse& use = question.training;
    use.method = *rc::gen::element(Method::kFull, Method::kLora, Method::kDora);
    use.optimizer =
        *rc::gen::element(Optimizer::kAdamW, Optimizer::kAdamW8bit, Optimizer::kPagedAdamW,
                          Optimizer::kAdafactor, Optimizer::kSgd, Optimizer::kLion);
    use.checkpointing =
        *rc::gen::element(Checkpointing::kNone, Checkpointing::kSelective, Checkpointing::kFull);
    use.sharding =
        *rc::gen::element(Sharding::kNone, Sharding::kZero1, Sharding::kZero2, Sharding::kZero3);
    use.stack = *rc::gen::element(Stack::kGeneric, Stack::kTorchtune, Stack::kPeft, Stack::kLitgpt);
    use.gpus = *rc::gen::inRange<int64_t>(1, 17);
    use.sequence = *rc::gen::inRange<int64_t>(1, 1 << 15);
    use.batch = *rc::gen::inRange<int64_t>(1, 32);
    use.rank = *rc::gen::inRange<int64_t>(1, 256);
    use.flash_attention = *rc::gen::arbitrary<bool>();
    use.chunked_loss = *rc::gen::arbitrary<bool>();
    use.cpu_offload = *rc::gen::arbitrary<bool>();
    use.mixed_precision = *rc::gen::arbitrary<bool>();
    return question;
  });
}

Estimate Asked(const FitQuestion& question) {
  const Result<FitAnswer> answer = QuickFit(question);
  RC_ASSERT(answer.ok());
  return answer->estimate;
}

RC_GTEST_PROP(Estimates, TheComponentsOfTheFullestDeviceAddUpToThePeak, ()) {
  const FitQuestion question = *Questions();
  const Estimate estimate = Asked(question);
  RC_ASSERT(!estimate.components.empty());
  RC_ASSERT(SumOf(estimate.components, estimate.components.front().device) == estimate.peak);
  for (const Component& one : estimate.components) {
    RC_ASSERT(one.bytes.low <= one.bytes.mid && one.bytes.mid <= one.bytes.high);
    RC_ASSERT(one.bytes.low >= 0 && !one.evidence.empty() && !one.source.empty());
  }
}

RC_GTEST_PROP(Estimates, MoreIsNeverLess, ()) {
  const FitQuestion question = *Questions();
  const Estimate before = Asked(question);
  FitQuestion more = question;
  switch (*rc::gen::inRange(0, 4)) {
    case 0: more.training.batch *= 2; break;
    case 1: more.training.sequence += *rc::gen::inRange<int64_t>(1, 4096); break;
    case 2: more.training.rank += *rc::gen::inRange<int64_t>(1, 64); break;
    default:
      more.llama.cache.context += *rc::gen::inRange<int64_t>(1, 65536);
      more.tensor.cache = more.llama.cache;
  }
  const Estimate after = Asked(more);
  RC_ASSERT(after.peak.mid >= before.peak.mid);
  RC_ASSERT(after.peak.high >= before.peak.high);
}

RC_GTEST_PROP(Estimates, ShardingOverOneGpuIsNone, ()) {
  FitQuestion question = *Questions();
  question.task = Task::kTraining;
  question.training.gpus = 1;
  FitQuestion whole = question;
  whole.training.sharding = Sharding::kNone;
  RC_ASSERT(Asked(question).peak == Asked(whole).peak);
}

RC_GTEST_PROP(Estimates, MoreShardingIsNeverMore, ()) {
  FitQuestion question = *Questions();
  question.task = Task::kTraining;
  question.training.cpu_offload = false;
  const Sharding kinds[] = {Sharding::kNone, Sharding::kZero1, Sharding::kZero2};
  int64_t last = int64_t{1} << 62;
  for (const Sharding kind : kinds) {
    question.training.sharding = kind;
    const int64_t peak = Asked(question).peak.mid;
    RC_ASSERT(peak <= last);
    last = peak;
  }
}

RC_GTEST_PROP(Estimates, TheSameQuestionHasTheSameAnswer, ()) {
  const FitQuestion question = *Questions();
  RC_ASSERT(Asked(question).peak == Asked(question).peak);
}

}  // namespace
}  // namespace curbstop::fit
