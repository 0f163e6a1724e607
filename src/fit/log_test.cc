// Engines' own words: read exactly, compared component by component, refused where they are
// hostile.
//
// Figures: an ollama journal of DeepSeek-R1-Distill-Llama-8B (June 2025), the allocator lines of
// XiongjieDai/GPU-Benchmarks-on-LLM-Inference@aa72e0ec, the breakdown of llama.cpp's
// tools/fit-params/README.md, dmatora/LLM-inference-speed-benchmarks#12 (b3622). The timings of
// `two-loads` and the buffers of `cpu-two-caches` are made up, in the engine's own words.
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/units.h"
#include "fit/families.h"
#include "fit/log_compare.h"
#include "fit/measured_runs.h"
#include "fit/question.h"
#include "sys/testing/fuzz_corpus.h"

extern "C" int FuzzEngineLog(const uint8_t* data, size_t size);

namespace curbstop::fit {
namespace {

std::string Corpus(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(fmt::format("{}/../../tests/fuzz/logs/{}", CURBSTOP_SOURCE_DIR, name),
                        std::ios::binary)
              .rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

EngineLog Read(const std::string& name) {
  auto log = ReadEngineLog(Corpus(name), name);
  EXPECT_TRUE(log.ok()) << log.error().Text();
  return log.ok() ? *log : EngineLog{};
}

int64_t BytesOf(const LogRun& run, std::string_view component, std::string_view device) {
  for (const LoggedBytes& one : run.bytes) {
    if (one.component == component && one.device == device) return one.bytes;
  }
  return -1;
}

FitQuestion QuestionOf(const LogRun& run) {
  FitQuestion question;
  question.shape = *ModelOfRun(run);
  question.format = *UnderstandFormat(run.format);
  question.llama.cache.context = run.context.value_or(4096);
  question.llama.cache.slots = run.slots.value_or(1);
  question.llama.flash_attention = run.flash_attention.value_or(true);
  question.llama.gpus = std::max<int64_t>(1, run.gpus);
  question.llama.cpu_only = run.gpus == 0 && !run.bytes.empty();
  question.llama.build = run.build.value_or(0);
  question.hardware = UnderstandHardware(run.hardware, BundledAccelerators());
  return question;
}

TEST(LogFuzz, TheCorpusPassesAgain) {
  EXPECT_GE(ReplayFuzzCorpus(CURBSTOP_SOURCE_DIR, "logs", &FuzzEngineLog), 25);
}

TEST(LlamaLog, AJournalGivesEveryBufferAndItsConditions) {
  const EngineLog log = Read("ollama.log");
  ASSERT_EQ(log.runs.size(), 1U);
  const LogRun& run = log.runs[0];
  EXPECT_EQ(run.context, 8192);
  EXPECT_EQ(run.slots, 4);
  EXPECT_EQ(run.flash_attention, false);
  EXPECT_EQ(run.format, "Q4_K_M");
  EXPECT_EQ(run.cache_k, "f16");
  EXPECT_FALSE(run.gpu_layers.has_value());                // all
  EXPECT_EQ(BytesOf(run, "weights", "gpu0"), 4617393930);  // 4403.49 MiB
  EXPECT_EQ(BytesOf(run, "cache", "gpu0"), GiB(1).value);
  EXPECT_EQ(BytesOf(run, "compute", "host"), 25176310);  // 24.01 MiB
}

// A distilled model of another name has the shape of the family that it was made of.
TEST(LlamaLog, TheModelIsFoundByArchitectureAndCount) {
  const LogRun run = Read("ollama.log").runs.at(0);
  const auto shape = ModelOfRun(run);
  ASSERT_TRUE(shape.ok()) << shape.error().Text();
  EXPECT_EQ(shape->layers, 32);
  EXPECT_EQ(shape->params_total, 8'030'261'248);
}

TEST(LogCompare, TheRulesAgreeWithAJournalToTheHundredth) {
  const LogRun run = Read("ollama.log").runs.at(0);
  const auto compared = CompareRun(run, QuestionOf(run));
  ASSERT_TRUE(compared.ok()) << compared.error().Text();
  EXPECT_TRUE(compared->not_compared.empty());
  for (const ComparedBytes& one : compared->bytes) {
    // ollama keeps embeddings beside the logits of its four slots: 64 KiB more.
    EXPECT_EQ(one.agrees, one.component != "output") << one.component << " on " << one.device;
  }
}

TEST(LogCompare, OtherConditionsAreScaledAndTheirIntervalHalved) {
  const LogRun run = Read("ollama.log").runs.at(0);
  const FitQuestion own = QuestionOf(run);
  const auto compared = CompareRun(run, own);
  ASSERT_TRUE(compared.ok());
  FitQuestion asked = own;
  asked.llama.cache.context = 32768;
  const FitAnswer before = *QuickFit(asked);
  FitAnswer after = before;
  Learn(*compared, after);
  const auto part = [](const FitAnswer& answer, std::string_view name) {
    for (const Component& one : answer.estimate.components) {
      if (one.name == name && one.device == "gpu0") return one;
    }
    return Component{};
  };
  EXPECT_EQ(part(after, "cache").bytes.mid, GiB(4).value);
  const Span wide = part(before, "compute").bytes;
  const Span narrow = part(after, "compute").bytes;
  EXPECT_NEAR(
      static_cast<double>(narrow.high - narrow.low) / static_cast<double>(wide.high - wide.low),
      0.5, 0.01);
  EXPECT_EQ(part(after, "compute").evidence, "the log agrees");
}

TEST(LogCompare, AMismatchWidensWhatIsAskedNext) {
  LogRun run = Read("ollama.log").runs.at(0);
  for (LoggedBytes& one : run.bytes) {
    if (one.component == "compute" && one.device == "gpu0") one.bytes = MiB(700).value;
  }
  const FitQuestion own = QuestionOf(run);
  const auto compared = CompareRun(run, own);
  ASSERT_TRUE(compared.ok());
  FitQuestion asked = own;
  asked.llama.cache.context = 16384;
  const FitAnswer before = *QuickFit(asked);
  FitAnswer after = before;
  Learn(*compared, after);
  for (size_t i = 0; i < after.estimate.components.size(); ++i) {
    const Component& one = after.estimate.components[i];
    if (one.name != "compute" || one.device != "gpu0") continue;
    const Span& old = before.estimate.components[i].bytes;
    EXPECT_NEAR(static_cast<double>(one.bytes.mid) / static_cast<double>(old.mid), 1.25, 1e-6);
    EXPECT_LE(one.bytes.low, old.low);
    EXPECT_GE(one.bytes.high, one.bytes.mid + (one.bytes.mid - old.mid));
  }
  // Under the same conditions the measured value is the answer.
  FitAnswer same = *QuickFit(own);
  Learn(*compared, same);
  for (const Component& one : same.estimate.components) {
    const bool is_it = one.name == "compute" && one.device == "gpu0";
    EXPECT_EQ(is_it, one.bytes.mid == MiB(700).value);
  }
}

TEST(LogCompare, AnotherModelsLogIsRefused) {
  const LogRun run = Read("ollama.log").runs.at(0);
  FitQuestion question = QuestionOf(run);
  question.shape = *BundledFamilies().WithId("qwen2.5-7b");
  const auto compared = CompareRun(run, question);
  ASSERT_FALSE(compared.ok());
  EXPECT_EQ(compared.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_NE(compared.error().Text().find("32 layers"), std::string::npos);
}

TEST(LlamaLog, EachLoadIsARunOfItsOwn) {
  const EngineLog log = Read("two-loads.log");
  ASSERT_EQ(log.runs.size(), 2U);
  EXPECT_EQ(log.runs[0].gpus, 2);
  EXPECT_EQ(log.runs[0].build, 2824);
  EXPECT_EQ(log.runs[0].hardware, "NVIDIA GeForce RTX 3090");
  ASSERT_EQ(log.runs[0].speeds.size(), 2U);
  EXPECT_DOUBLE_EQ(log.runs[0].speeds[0].tokens_per_second, 100);
  EXPECT_DOUBLE_EQ(log.runs[0].speeds[0].depth, 1074);
  EXPECT_DOUBLE_EQ(log.runs[0].speeds[1].tokens_per_second, 2000);
  EXPECT_EQ(log.runs[1].format, "F16");
  EXPECT_EQ(log.runs[1].gpu_layers, 20);
  EXPECT_EQ(log.runs[1].out_of_memory, 1);
  const auto compared = CompareRun(log.runs[0], QuestionOf(log.runs[0]));
  ASSERT_TRUE(compared.ok());
  for (const ComparedBytes& one : compared->bytes) {
    EXPECT_TRUE(one.agrees) << one.component << " on " << one.device;
  }
}

// Gemma keeps one cache for its windows and one for the rest; the second context replaces the
// first.
TEST(LlamaLog, TwoCachesAddUpAndASecondContextReplaces) {
  const LogRun run = Read("cpu-two-caches.log").runs.at(0);
  EXPECT_EQ(run.gpus, 0);
  EXPECT_EQ(run.context, 4096);
  EXPECT_EQ(BytesOf(run, "cache", "host"), MiB(254).value);
  EXPECT_EQ(run.flash_attention, true);
  const auto compared = CompareRun(run, QuestionOf(run));
  ASSERT_TRUE(compared.ok()) << compared.error().Text();
  for (const ComparedBytes& one : compared->bytes) {
    if (one.component != "cache") continue;
    EXPECT_TRUE(one.agrees);
    EXPECT_EQ(one.measured, one.estimated.mid);
  }
}

TEST(LlamaLog, TheBreakdownAddsTheDriversShare) {
  const LogRun run = Read("breakdown.log").runs.at(0);
  EXPECT_EQ(BytesOf(run, "weights", "gpu0"), MiB(17904).value);
  EXPECT_EQ(BytesOf(run, "context", "gpu0"), MiB(3945).value);
  EXPECT_EQ(run.hardware, "RTX 4090");
}

TEST(LlamaBench, RowsGiveSpeedsAtTheirDepth) {
  const EngineLog log = Read("bench.md");
  ASSERT_EQ(log.runs.size(), 2U);
  EXPECT_EQ(log.runs[0].build, 3622);
  ASSERT_EQ(log.runs[0].speeds.size(), 2U);
  EXPECT_TRUE(log.runs[0].speeds[0].prefill);
  EXPECT_DOUBLE_EQ(log.runs[0].speeds[0].tokens_per_second, 3806.89);
  EXPECT_DOUBLE_EQ(log.runs[0].speeds[1].depth, 64);
  EXPECT_DOUBLE_EQ(log.runs[1].speeds[0].depth, 4096);
  EXPECT_EQ(ModelOfRun(log.runs[1])->id, "qwen2.5-7b");
}

TEST(TorchLog, ASummaryGivesThePeaks) {
  const LogRun run = Read("summary.txt").runs.at(0);
  EXPECT_EQ(BytesOf(run, "allocated", "gpu0"), MiB(17324).value);
  EXPECT_EQ(BytesOf(run, "reserved", "gpu0"), MiB(18002).value);
}

// Three steps of 50 and 40 MiB over 200 that stay.
TEST(TorchLog, ASnapshotIsWalkedBackToItsPeak) {
  for (const char* file : {"snap.pickle", "snap2.pickle", "snap.json"}) {
    const LogRun run = Read(file).runs.at(0);
    EXPECT_EQ(BytesOf(run, "allocated", "gpu0"), MiB(290).value) << file;
    EXPECT_EQ(BytesOf(run, "reserved", "gpu0"), MiB(300).value) << file;
    EXPECT_EQ(BytesOf(run, "held between steps", "gpu0"), MiB(200).value) << file;
  }
}

TEST(TorchLog, APickleThatRunsCodeIsRefusedWithTheOpcode) {
  for (const char* file : {"evil.pickle", "global.pickle"}) {
    const auto log = ReadEngineLog(Corpus(file), file);
    ASSERT_FALSE(log.ok()) << file;
    EXPECT_EQ(log.error().kind(), ErrorKind::kDenied);
    EXPECT_NE(log.error().Text().find("GLOBAL at offset"), std::string::npos) << log.error().Text();
  }
}

TEST(TorchLog, BrokenPicklesNameTheOffset) {
  for (const char* file :
       {"cut.pickle", "mark-missing.pickle", "stack-empty.pickle", "text-2e63.pickle",
        "odd-dict.pickle", "memo-unknown.pickle", "two-values.pickle"}) {
    const auto log = ReadEngineLog(Corpus(file), file);
    ASSERT_FALSE(log.ok()) << file;
    EXPECT_EQ(log.error().kind(), ErrorKind::kCorrupt) << file;
    EXPECT_NE(log.error().Text().find("offset"), std::string::npos) << log.error().Text();
  }
}

TEST(LogCompare, ASumBetweenStepsFixesWeightsAndTheRestFollows) {
  const LogRun run = Read("snap.pickle").runs.at(0);
  FitQuestion question;
  question.task = Task::kTraining;
  question.shape = *BundledFamilies().WithId("qwen2.5-0.5b");
  question.training.method = Method::kLora;
  question.training.sequence = 128;
  const auto compared = CompareRun(run, question);
  ASSERT_TRUE(compared.ok());
  FitAnswer answer = *QuickFit(question);
  Learn(*compared, answer);
  EXPECT_NEAR(static_cast<double>(answer.estimate.peak.mid), 290 * 1048576.0, 16);
}

// torch's sums are compared with image models too, and those of other images are other conditions.
TEST(LogCompare, ASummaryTeachesAnImageModel) {
  const LogRun run = Read("summary.txt").runs.at(0);
  Ask ask{.name = "resnet-50", .method = "full", .checkpointing = "none", .batch = 320};
  const FitQuestion question = *QuestionOf(ask);
  const auto compared = CompareRun(run, question);
  ASSERT_TRUE(compared.ok());
  const std::vector<MeasuredRun> runs = RunsOf(*compared, "summary.txt", 1);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].point.kind, WorkKind::kImagePeak);
  FitAnswer answer = *QuickFit(question);
  Learn(*compared, answer);
  EXPECT_EQ(answer.estimate.components[3].name, "activations");
  EXPECT_EQ(answer.estimate.components[3].evidence, "its share of the log's sum");
  ask.image = 160;
  FitAnswer other = *QuickFit(*QuestionOf(ask));
  Learn(*compared, other);
  EXPECT_NE(other.estimate.components[3].evidence, "its share of the log's sum");
  EXPECT_LT(other.estimate.peak.mid, answer.estimate.peak.mid);
}

TEST(EngineLog, WhatIsNoLogIsRefused) {
  const auto log = ReadEngineLog("hello\nworld\n", "notes.txt");
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().kind(), ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace curbstop::fit
