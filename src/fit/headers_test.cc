// Header readers: real layouts read, hostile ones refused with the offset, in bounded memory.
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fit/gguf_header.h"
#include "fit/llama_cpp.h"
#include "fit/model_files.h"
#include "fit/onnx_header.h"
#include "sys/testing/fuzz_corpus.h"

namespace curbstop::fit {
namespace {

std::string Corpus(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(fmt::format("{}/../../tests/fuzz/headers/{}", CURBSTOP_SOURCE_DIR, name),
                        std::ios::binary)
              .rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

TEST(HeadersFuzz, TheCorpusPassesAgain) {
  EXPECT_GE(ReplayFuzzCorpus(CURBSTOP_SOURCE_DIR, "headers"), 50);
}

// Two layers of width 256, four heads over two, MLP 512, 32 tokens; types as Q4_K_M gives them.
TEST(GgufHeader, GivesShapeAndExactBytes) {
  const auto header = ReadGgufHeader(Corpus("good.gguf"), "good.gguf");
  ASSERT_TRUE(header.ok()) << header.error().Text();
  const auto shape = ShapeOfGguf(*header, "good.gguf");
  ASSERT_TRUE(shape.ok()) << shape.error().Text();
  EXPECT_EQ(shape->id, "tiny");
  EXPECT_EQ(shape->layers, 2);
  EXPECT_EQ(shape->kv_heads, 2);
  EXPECT_EQ(shape->head_dim, 64);
  EXPECT_EQ(shape->vocab, 32);
  EXPECT_FALSE(shape->tied);
  // Each layer: q, k, o, gate, up in Q4_K: (65536*2 + 32768 + 131072*2) / 256 * 144; v and down in
  // Q6_K: (32768 + 131072) / 256 * 210; two norms of 256 floats. Outside: a table in Q4_K, a head
  // in Q6_K, a norm.
  const int64_t layer =
      (65536 * 2 + 32768 + 131072 * 2) / 256 * 144 + (32768 + 131072) / 256 * 210 + 2 * 1024;
  const int64_t outside = 8192 / 256 * (144 + 210) + 1024;
  const auto format = FormatOfGguf({*header}, "good.gguf");
  ASSERT_TRUE(format.ok());
  EXPECT_EQ(WeightBytes(*shape, *format), Exact(2 * layer + outside));
  const auto devices = LlamaCppDevices(*shape, *format, {});
  EXPECT_EQ(devices[0].weights.mid, 2 * layer + outside - 8192 / 256 * 144)
      << "the table stays on the host";
}

struct Hostile {
  const char* file;
  const char* offset;
};

TEST(GgufHeader, HostileOnesAreRefusedWithTheOffset) {
  constexpr Hostile kHostile[] = {
      {"version-1.gguf", "offset 4"},        {"tensors-2e63.gguf", "offset 8"},
      {"tensors-1e7.gguf", "offset 8"},      {"pairs-huge.gguf", "offset 16"},
      {"text-2e63.gguf", "offset 56"},       {"array-2e60.gguf", "offset 37"},
      {"array-of-arrays.gguf", "offset 37"}, {"array-wraps.gguf", "offset 37"},
      {"name-empty.gguf", "offset 24"},      {"value-type.gguf", "offset 33"},
      {"magic-only.gguf", "offset 4"}};
  for (const Hostile& one : kHostile) {
    const auto header = ReadGgufHeader(Corpus(one.file), one.file);
    ASSERT_FALSE(header.ok()) << one.file;
    EXPECT_EQ(header.error().kind(), ErrorKind::kCorrupt);
    EXPECT_NE(header.error().Text().find(one.offset), std::string::npos)
        << one.file << ": " << header.error().Text();
  }
  for (const char* file : {"cut.gguf", "type-99.gguf", "dims-5.gguf", "dims-huge.gguf",
                           "dim-2e63.gguf", "dim-zero.gguf"}) {
    const auto header = ReadGgufHeader(Corpus(file), file);
    ASSERT_FALSE(header.ok()) << file;
    EXPECT_NE(header.error().Text().find("offset"), std::string::npos) << header.error().Text();
  }
}

TEST(GgufHeader, AnyCutIsAnErrorAndNoCrash) {
  const std::string whole = Corpus("good.gguf");
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ReadGgufHeader(whole.substr(0, length), "cut").ok()) << length;
  }
}

TEST(Safetensors, SizesAndPlacesAreChecked) {
  const std::string good = Corpus("good.safetensors");
  const auto tensors = ReadSafetensorsHeader(good, "good.safetensors");
  ASSERT_TRUE(tensors.ok()) << tensors.error().Text();
  EXPECT_EQ(BytesOf(*tensors), 16);
  EXPECT_EQ(CountOf(*tensors), 7);
  for (const char* file :
       {"length-2e63.safetensors", "length-beyond.safetensors", "overlap.safetensors",
        "hole.safetensors", "beyond.safetensors", "shape-2e63.safetensors",
        "shape-negative.safetensors", "dtype.safetensors", "nan.safetensors",
        "not-json.safetensors", "deep.safetensors", "list.safetensors", "dense.safetensors"}) {
    const std::string bytes = Corpus(file);
    const auto read = ReadSafetensorsHeader(bytes, file);
    ASSERT_FALSE(read.ok()) << file;
    EXPECT_NE(read.error().Text().find("offset"), std::string::npos) << read.error().Text();
  }
}

TEST(Safetensors, AnIndexThatLeavesTheFolderIsRefused) {
  const auto index = ReadSafetensorsIndex(Corpus("index.json"), "index.json");
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(index->files.size(), 2U);
  EXPECT_EQ(index->total_bytes, 16);
  EXPECT_FALSE(ReadSafetensorsIndex(Corpus("index-leaves.json"), "index.json").ok());
  EXPECT_FALSE(ReadSafetensorsIndex(Corpus("index-number.json"), "index.json").ok());
}

TEST(Onnx, InitialisersCountAlsoWhereTheirDataIsElsewhere) {
  const auto weights = ReadOnnxWeights(Corpus("good.onnx"), "good.onnx");
  ASSERT_TRUE(weights.ok()) << weights.error().Text();
  EXPECT_EQ(weights->tensors, 2);
  EXPECT_EQ(weights->bytes, 6 * 4 + 1'000'000 * 2);
  for (const char* file :
       {"length.onnx", "varint.onnx", "dim-2e63.onnx", "dims-wrap.onnx", "group.onnx",
        "no-graph.onnx", "external-leaves.onnx", "external-rooted.onnx", "external-length.onnx",
        "external-offset.onnx", "raw-short.onnx", "deep.onnx", "runs-over.onnx"}) {
    const auto read = ReadOnnxWeights(Corpus(file), file);
    ASSERT_FALSE(read.ok()) << file;
    EXPECT_NE(read.error().Text().find("offset"), std::string::npos) << read.error().Text();
  }
}

// Two tensors in one file beside the model, a constant in a branch of an `If`, a sparse one of
// three values, each as onnx 1.23 writes it.
TEST(Onnx, WeightsInBranchesAndOtherFilesCount) {
  const auto weights = ReadOnnxWeights(Corpus("external.onnx"), "external.onnx");
  ASSERT_TRUE(weights.ok()) << weights.error().Text();
  EXPECT_EQ(weights->files, (std::map<std::string, int64_t>{{"external.data", 4096 + 1024}}));
  EXPECT_EQ(weights->bytes, 1024 + 1024 + 4 * 8 + 3 * 4 + 3 * 8);
}

// llama-3-8b's own configuration counts to the published parameters.
TEST(HfConfig, CountsTheParametersOfItsShape) {
  const auto shape = ReadHfConfig(
      R"({"model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
      "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "tie_word_embeddings": false})",
      "config.json");
  ASSERT_TRUE(shape.ok()) << shape.error().Text();
  EXPECT_EQ(shape->params_total, 8'030'261'248);
  EXPECT_EQ(shape->params_active, 7'504'924'672);
  for (const char* file : {"config-huge.json", "config-negative.json", "config-text.json"}) {
    EXPECT_FALSE(ReadHfConfig(Corpus(file), file).ok()) << file;
  }
}

}  // namespace
}  // namespace curbstop::fit
