// Exactness: blocks, tensors, recipes, cache and buffers against published figures.
#include "fit/weights.h"

#include <map>
#include <tuple>

#include <gtest/gtest.h>

#include "base/units.h"
#include "fit/families.h"
#include "fit/hardware.h"
#include "fit/llama_cpp.h"

namespace curbstop::fit {
namespace {

const ModelShape& Shape(std::string_view id) {
  const ModelShape* shape = BundledFamilies().WithId(id);
  EXPECT_NE(shape, nullptr) << id;
  static const ModelShape none;
  return shape == nullptr ? none : *shape;
}

WeightFormat Format(std::string_view name) {
  Result<WeightFormat> format = UnderstandFormat(name);
  EXPECT_TRUE(format.ok()) << name;
  return format.ok() ? *format : WeightFormat{};
}

double InMiB(Wide bytes) { return static_cast<double>(bytes) / 1048576; }

// Every family: what stands once and is counted is what stands in a row, tensor by tensor.
TEST(Tensors, LayersThatAreAlikeAreCountedAndNoneIsLost) {
  using Key = std::tuple<TensorRole, int64_t, int64_t, bool, bool>;
  const auto key = [](const Tensor& one) {
    return Key(one.role, one.columns, one.rows, one.expert, one.layer >= 0);
  };
  for (const ModelShape& shape : BundledFamilies().all()) {
    std::map<Key, int64_t> all;
    for (const Tensor& one : TensorsOf(shape)) ++all[key(one)];
    std::map<Key, int64_t> counted;
    for (const auto& [tensor, times] : CountedTensorsOf(shape)) counted[key(tensor)] += times;
    EXPECT_EQ(counted, all) << shape.id;
  }
}

TEST(GgufType, BlocksAddUp) {
  EXPECT_EQ(TensorBytes(GgufType::kQ4_K, 4096, 4096), 9'437'184);
  EXPECT_EQ(TensorBytes(GgufType::kQ6_K, 4096, 128256), 430'940'160);
  EXPECT_EQ(TensorBytes(GgufType::kQ4_K, 4096, 128256), 295'501'824);
  EXPECT_EQ(TensorBytes(GgufType::kQ4_0, 896, 1), 504);
}

// Families whose count closes: every shape column is right, or the sum would not be.
TEST(Tensors, CountToThePublishedParameters) {
  int checked = 0;
  for (const ModelShape& shape : BundledFamilies().all()) {
    const bool is_decoder = shape.kind == ModelKind::kDecoder;
    if (shape.evidence != ShapeEvidence::kCloses || !is_decoder || shape.arch == "mpt" ||
        shape.arch == "gpt2" || shape.arch == "bloom")
      continue;
    EXPECT_EQ(static_cast<int64_t>(CountParams(TensorsOf(shape))), shape.params_total) << shape.id;
    ++checked;
  }
  EXPECT_GE(checked, 63);
}

// 58 sizes of tensors in Q4_K_M files, computed independently of this code by whoever made
// catalog/families.csv from published files.
TEST(GgufRecipe, Q4KMFilesAreByteExact) {
  int checked = 0;
  for (const ModelShape& shape : BundledFamilies().all()) {
    if (shape.published_q4_k_m_bytes == 0) continue;
    EXPECT_EQ(static_cast<int64_t>(GgufTensorBytes(shape, GgufRecipe::kQ4_K_M, false)),
              shape.published_q4_k_m_bytes)
        << shape.id;
    ++checked;
  }
  EXPECT_GE(checked, 50);
}

struct LoggedModel {
  std::string_view model, format;
  double device_mib, host_mib;
};

// Allocator lines of llama.cpp logs: XiongjieDai/GPU-Benchmarks-on-LLM-Inference@aa72e0ec. The
// 2023 logs count a little more on the host.
TEST(LlamaCpp, ModelBuffersAreThoseOfTheLogs) {
  constexpr LoggedModel kLogged[] = {{"llama-3-8b", "Q4_K_M", 4403.49, 281.81},
                                     {"llama-2-70b", "Q4_0", 36930.11, 140.62},
                                     {"llama-2-70b", "F16", 131065.03, 500.0},
                                     {"llama-1-30b", "Q4_0", 17390.64, 114.26},
                                     {"llama-1-30b", "F16", 61639.32, 406.25}};
  for (const LoggedModel& logged : kLogged) {
    const auto devices = LlamaCppDevices(Shape(logged.model), Format(logged.format), {});
    EXPECT_NEAR(InMiB(devices[0].weights.mid), logged.device_mib, 0.01) << logged.model;
    EXPECT_NEAR(InMiB(devices[1].weights.mid), logged.host_mib, 0.01) << logged.model;
  }
}

LlamaCppUse LoggedUse(int64_t gpus, int64_t context) {
  LlamaCppUse use;
  use.build = 2824;
  use.flash_attention = false;
  use.gpus = gpus;
  use.cache.context = context;
  return use;
}

TEST(LlamaCpp, SeveralGpusShareAsTheLogsSay) {
  const std::vector<std::vector<double>> kWeights = {
      {2113.28, 2290.21},
      {1130.62, 982.66, 982.66, 1307.55},
      {764.06, 616.09, 733.12, 616.09, 733.12, 940.99}};
  const std::vector<std::vector<double>> kCache = {
      {544, 480}, {288, 256, 256, 224}, {192, 160, 192, 160, 192, 128}};
  for (size_t i = 0; i < kWeights.size(); ++i) {
    const auto gpus = static_cast<int64_t>(kWeights[i].size());
    const auto devices =
        LlamaCppDevices(Shape("llama-3-8b"), Format("Q4_K_M"), LoggedUse(gpus, 8192));
    for (size_t gpu = 0; gpu < kWeights[i].size(); ++gpu) {
      EXPECT_NEAR(InMiB(devices[gpu].weights.mid), kWeights[i][gpu], 0.01);
      EXPECT_EQ(InMiB(devices[gpu].cache), kCache[i][gpu]);
      EXPECT_NEAR(InMiB(devices[gpu].compute), 640.01, 0.02);
    }
    EXPECT_NEAR(InMiB(devices.back().compute), 72.02, 0.03);
  }
}

TEST(LlamaCpp, ComputeBuffersOfOneGpu) {
  const auto at = [](int64_t context) {
    return LlamaCppDevices(Shape("llama-3-8b"), Format("Q4_K_M"), LoggedUse(1, context));
  };
  EXPECT_EQ(InMiB(at(8192)[0].compute), 560.0);
  EXPECT_EQ(InMiB(at(512)[0].compute), 258.5);
  EXPECT_EQ(InMiB(at(8192)[1].compute), 24.0);
  EXPECT_EQ(InMiB(at(512)[1].compute), 9.0);
}

// Five 2023 logs, n = 512.
TEST(LlamaCpp, BuildsOf2023HaveTheirOwnBuffers) {
  constexpr std::pair<std::string_view, double> kLogged[] = {{"llama-2-7b", 73.69},
                                                             {"llama-2-13b", 78.19},
                                                             {"llama-1-30b", 100.19},
                                                             {"llama-1-65b", 122.19},
                                                             {"llama-2-70b", 148.19}};
  for (const auto& [model, mib] : kLogged) {
    LlamaCppUse use = LoggedUse(1, 512);
    use.build = 1691;
    EXPECT_NEAR(InMiB(LlamaCppDevices(Shape(model), Format("Q4_0"), use)[0].compute), mib, 0.02)
        << model;
  }
}

// The log of eight GPUs is of a file in name order, whose second and third GPU swap one better
// layer.
TEST(LlamaCpp, EightGpusInNumberOrder) {
  constexpr double kWeights[] = {647.03, 499.06, 483.59, 499.06, 483.59, 499.06, 499.06, 808.49};
  const auto devices = LlamaCppDevices(Shape("llama-3-8b"), Format("Q4_K_M"), LoggedUse(8, 8192));
  double sum = 0;
  for (size_t gpu = 0; gpu < 8; ++gpu) {
    EXPECT_EQ(InMiB(devices[gpu].cache), gpu == 0 ? 160 : (gpu == 7 ? 96 : 128)) << gpu;
    EXPECT_LE(InMiB(devices[gpu].weights.low), kWeights[gpu] + 0.01) << gpu;
    EXPECT_GE(InMiB(devices[gpu].weights.high), kWeights[gpu] - 0.01) << gpu;
    sum += InMiB(devices[gpu].weights.mid);
  }
  EXPECT_NEAR(sum, 4403.49, 0.01) << "whichever layers lie where, all are there once";
}

// 4,912,898,048 bytes of tensors are 4.8944 bits for each weight; Llama-3.1 has a table of rope
// factors more.
TEST(GgufRecipe, Llama3In4BitsIsExact) {
  const Wide bytes = GgufTensorBytes(Shape("llama-3-8b"), GgufRecipe::kQ4_K_M, false);
  EXPECT_EQ(static_cast<int64_t>(bytes), 4'912'898'048);
  EXPECT_NEAR(
      static_cast<double>(bytes) * 8 / static_cast<double>(Shape("llama-3-8b").params_total),
      4.8944, 0.00005);
  EXPECT_EQ(
      static_cast<int64_t>(GgufTensorBytes(Shape("llama-3.1-8b"), GgufRecipe::kQ4_K_M, false)),
      4'912'898'048 + 256);
}

// 8B in F16 with 8192 tokens does not go onto an RTX 4080 of 16 GB; in Q4_K_M it does.
TEST(LlamaCpp, OutOfMemoryIsForetold) {
  const Hardware gpu = UnderstandHardware("RTX 4080 16GB", BundledAccelerators());
  const auto verdict = [&](std::string_view format) {
    return EstimateLlamaCpp(Shape("llama-3-8b"), Format(format), LoggedUse(1, 8192),
                            gpu.Available())
        .verdict;
  };
  EXPECT_EQ(verdict("F16"), Verdict::kNo);
  EXPECT_EQ(verdict("Q4_K_M"), Verdict::kFits);
}

// ollama#9988, Qwen2.5-Coder-32B in Q4_K_M: what `nvidia-smi` shows above weights, cache and
// buffers is the driver's context, the same at each context length.
TEST(LlamaCpp, WhatRemainsOfTheDeviceIsOneConstant) {
  constexpr std::pair<int64_t, double> kShown[] = {
      {2048, 19757}, {4096, 20331}, {8192, 21683}, {16384, 24387}};
  for (const auto& [context, shown] : kShown) {
    LlamaCppUse use;
    use.flash_attention = false;
    use.cache.context = context;
    const auto device = LlamaCppDevices(Shape("qwen2.5-32b"), Format("Q4_K_M"), use)[0];
    EXPECT_NEAR(shown - InMiB(device.weights.mid + device.cache + device.compute), 430.1, 1.0)
        << context;
  }
}

// Lightning-AI/litgpt@26857050: what quantising the constants again saves, GB measured.
TEST(Formats, DoubleQuantisationSavesWhatWasMeasured) {
  constexpr std::tuple<std::string_view, double, double> kSaved[] = {
      {"llama-2-13b", 0.59, 0.60}, {"falcon-40b", 1.92, 1.93}, {"falcon-7b", 0.32, 0.34}};
  for (const auto& [model, least, most] : kSaved) {
    const ModelShape& shape = Shape(model);
    const WeightFormat once = Format("nf4");
    const WeightFormat twice = Format("nf4-dq");
    // litgpt quantises the head as well.
    const double head =
        static_cast<double>(shape.vocab * shape.hidden) * (once.bits - twice.bits) / 8;
    const double saved =
        static_cast<double>(WeightBytes(shape, once).mid - WeightBytes(shape, twice).mid) + head;
    EXPECT_GE(saved / 1e9, least - 0.005) << model;
    EXPECT_LE(saved / 1e9, most + 0.005) << model;
  }
}

TEST(KvCache, ExpandedLatentsTakeSeventyOneTimesAsMuch) {
  CacheUse use{.context = 256};
  const Wide latent = CacheBytes(Shape("deepseek-v3-671b"), use);
  use.latent = false;
  EXPECT_EQ(static_cast<int64_t>(CacheBytes(Shape("deepseek-v3-671b"), use) * 10 / latent), 711);
}

TEST(KvCache, IsExact) {
  const auto cache = [](std::string_view model, int64_t context) {
    CacheUse use;
    use.context = context;
    return InMiB(CacheBytes(Shape(model), use));
  };
  EXPECT_EQ(cache("llama-3-8b", 8192), 1024);
  EXPECT_EQ(cache("llama-3-8b", 512), 64);
  EXPECT_EQ(cache("llama-2-70b", 512), 160);
  EXPECT_EQ(cache("llama-1-30b", 512), 780);
  EXPECT_EQ(cache("gemma-3-12b", 8192), 992);
  EXPECT_EQ(cache("gemma-2-9b", 8192), 2100);
  EXPECT_EQ(cache("deepseek-v3-671b", 256) * 1048576 / 256, 70272);
}

TEST(Families, AreFoundUnderTheNamesPeopleUse) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"meta-llama/Meta-Llama-3.1-8B-Instruct", "llama-3.1-8b"},
      {"llama3.2:3b", "llama-3.2-3b"},
      {"Qwen_Qwen3-0.6B-Q4_K_M.gguf", "qwen3-0.6b"},
      {"Qwen2.5-Coder-14B-Instruct-Q4_K_M.gguf", "qwen2.5-14b"},
      {"DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf", "deepseek-r1-distill-qwen-1.5b"},
      {"mistral-7b", "mistral-7b-v0.2"},
      {"Mistral-7B-Instruct-v0.3-4bit", "mistral-7b-v0.3"},
      {"gemma-3-4b-it", "gemma-3-4b"},
      {"Qwen3.6-35B-A3B-GGUF", "qwen3.6-35b-a3b"},
      {"phi-4-Q4_K_M.gguf", "phi-4-14b"},
      {"microsoft_Phi-4-mini-instruct-Q4_K_M.gguf", "phi-4-mini-3.8b"},
      {"gpt-oss:20b", "gpt-oss-20b"},
      {"llama-7b", "llama-1-7b"}};
  for (const auto& [name, id] : kNames) {
    const ModelShape* shape = BundledFamilies().Find(name);
    EXPECT_EQ(shape == nullptr ? "none" : shape->id, id) << name;
  }
}

TEST(Families, AnUnknownNameGetsAShapeOfItsSize) {
  const Result<ModelShape> shape = BundledFamilies().Understand("Ornith-9.5B-Q4_K_M", 0);
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->evidence, ShapeEvidence::kFromSize);
  EXPECT_EQ(shape->params_total, 9'500'000'000);
  EXPECT_FALSE(BundledFamilies().Understand("somebody", 0).ok());
}

}  // namespace
}  // namespace curbstop::fit
