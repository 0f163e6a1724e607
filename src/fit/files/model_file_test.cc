// Models of several files in a folder: parts, indexes, data beside a graph.
#include "fit/files/model_file.h"

#include <cstring>
#include <fstream>
#include <sys/stat.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sys/testing/fuzz_corpus.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop::fit {
namespace {

void Append(std::string& bytes, uint64_t value, size_t size) {
  bytes.append(reinterpret_cast<const char*>(&value), size);
}
void AppendText(std::string& bytes, std::string_view text) {
  Append(bytes, text.size(), 8);
  bytes += text;
}

// One part of a model of two layers, 256 wide: `split` of `of`, with one F32 tensor of 256 x 8.
std::string Part(uint64_t split, uint64_t of, std::string_view tensor) {
  const std::pair<std::string_view, uint64_t> numbers[] = {{"llama.block_count", 2},
                                                           {"llama.embedding_length", 256},
                                                           {"llama.attention.head_count", 4},
                                                           {"split.no", split},
                                                           {"split.count", of}};
  std::string bytes = "GGUF";
  Append(bytes, 3, 4);
  Append(bytes, 1, 8);
  Append(bytes, 1 + std::size(numbers), 8);
  AppendText(bytes, "general.architecture");
  Append(bytes, 8, 4);
  AppendText(bytes, "llama");
  for (const auto& [key, value] : numbers) {
    AppendText(bytes, key);
    Append(bytes, 4, 4);
    Append(bytes, value, 4);
  }
  AppendText(bytes, tensor);
  Append(bytes, 2, 4);
  Append(bytes, 256, 8);
  Append(bytes, 8, 8);
  Append(bytes, 0, 4);
  Append(bytes, 0, 8);
  bytes.resize((bytes.size() + 31) / 32 * 32 + 256 * 8 * 4);
  return bytes;
}

TEST(ModelsFuzz, TheCorpusPassesAgain) {
  EXPECT_GE(ReplayFuzzCorpus(CURBSTOP_SOURCE_DIR "/..", "models"), 12);
}

class ModelFileTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_.path() / name, std::ios::binary) << bytes;
  }
  Result<ModelFile> Read(const std::string& name) const {
    return ReadModelFile(folder_.path() / name);
  }
  std::string Why(const std::string& name) const {
    const auto model = Read(name);
    return model.ok() ? "" : model.error().Text();
  }
  TemporaryFolder folder_;
};

TEST_F(ModelFileTest, PartsOfAGgufAreOneModelWhicheverIsNamed) {
  Write("m-00001-of-00002.gguf", Part(0, 2, "token_embd.weight"));
  Write("m-00002-of-00002.gguf", Part(1, 2, "output.weight"));
  for (const char* name : {"m-00001-of-00002.gguf", "m-00002-of-00002.gguf"}) {
    const auto model = Read(name);
    ASSERT_TRUE(model.ok()) << model.error().Text();
    EXPECT_EQ(model->shape.params_total, 2 * 256 * 8);
    EXPECT_EQ(WeightBytes(model->shape, model->format), Exact(2 * 256 * 8 * 4));
  }
}

TEST_F(ModelFileTest, PartsThatContradictEachOtherAreRefused) {
  Write("m-00001-of-00002.gguf", Part(0, 2, "token_embd.weight"));
  EXPECT_NE(Why("m-00001-of-00002.gguf").find("m-00002-of-00002.gguf"), std::string::npos);
  Write("m-00002-of-00002.gguf", Part(0, 2, "token_embd.weight"));  // the first again: a circle
  EXPECT_NE(Why("m-00001-of-00002.gguf").find("part 1 of 2, expected 2 of 2"), std::string::npos);
  Write("odd.gguf", Part(0, 2, "token_embd.weight"));
  EXPECT_NE(Why("odd.gguf").find("does not say which"), std::string::npos);
  Write("many-00001-of-00002.gguf", Part(0, 1'000'000, "token_embd.weight"));
  EXPECT_NE(Why("many-00001-of-00002.gguf").find("at most 1000"), std::string::npos);
}

TEST_F(ModelFileTest, AnUnfinishedDownloadIsToldByItsTensor) {
  const std::string whole = Part(0, 0, "token_embd.weight");
  Write("cut.gguf", whole.substr(0, whole.size() - 1));
  const std::string why = Why("cut.gguf");
  EXPECT_NE(why.find("token_embd.weight"), std::string::npos) << why;
  EXPECT_NE(why.find("offset"), std::string::npos) << why;
}

std::string Safetensors(const std::string& header, size_t data) {
  std::string bytes;
  Append(bytes, header.size(), 8);
  bytes += header;
  bytes.append(data, 'd');
  return bytes;
}

constexpr const char* kConfig =
    R"({"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": 4)";

std::string ConfigWith(std::string_view more) { return fmt::format("{}{}}}", kConfig, more); }

TEST_F(ModelFileTest, AFolderCountsWhatItsIndexLists) {
  Write("config.json", ConfigWith(""));
  Write("model.safetensors.index.json",
        R"({"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}})");
  const std::string one =
      Safetensors(R"({"a":{"dtype":"BF16","shape":[4,8],"data_offsets":[0,64]}})", 64);
  Write("m-1.safetensors", one);
  Write("m-2.safetensors", one);
  for (const char* name : {"", "config.json", "m-1.safetensors", "model.safetensors.index.json"}) {
    const auto model = Read(name);
    ASSERT_TRUE(model.ok()) << name << model.error().Text();
    EXPECT_EQ(model->shape.params_total, 64) << name;
    EXPECT_EQ(model->format.name, "bf16");
  }
}

TEST_F(ModelFileTest, QuantisedFoldersKeepTheirBytesAndTheShapesParameters) {
  Write("config.json",
        ConfigWith(R"(, "quantization_config": {"quant_method": "awq", "bits": 4})"));
  Write("model.safetensors",
        Safetensors(R"({"q":{"dtype":"I32","shape":[8,1],"data_offsets":[0,32]}})", 32));
  const auto model = Read("");
  ASSERT_TRUE(model.ok()) << model.error().Text();
  EXPECT_EQ(model->format.name, "awq 4 bit, groups of 128");
  EXPECT_EQ(WeightBytes(model->shape, model->format), Exact(32));
  EXPECT_GT(model->shape.params_total, 8);
}

TEST_F(ModelFileTest, AnUnknownConfigurationLeavesWhatTheTensorsSay) {
  Write("config.json", R"({"model_type": "resnet", "depths": [3, 4, 6, 3]})");
  Write("model.safetensors",
        Safetensors(R"({"w":{"dtype":"F32","shape":[100,10],"data_offsets":[0,4000]}})", 4000));
  const auto model = Read("");
  ASSERT_TRUE(model.ok()) << model.error().Text();
  EXPECT_EQ(model->shape.evidence, ShapeEvidence::kFromSize);
  EXPECT_EQ(WeightBytes(model->shape, model->format), Exact(4000));
}

TEST_F(ModelFileTest, DataBesideAnOnnxGraphMustBeLongEnough) {
  const std::string corpus =
      fmt::format("{}/../../../tests/fuzz/headers/external.onnx", CURBSTOP_SOURCE_DIR);
  std::filesystem::copy_file(corpus, folder_.path() / "m.onnx");
  EXPECT_TRUE(Read("m.onnx").ok()) << "before it is downloaded, shapes do";
  Write("external.data", std::string(5119, 'x'));
  EXPECT_NE(Why("m.onnx").find("its tensors need 5120 bytes"), std::string::npos);
  Write("external.data", std::string(5120, 'x'));
  EXPECT_TRUE(Read("m.onnx").ok());
}

TEST_F(ModelFileTest, OddNamesAreRefusedInWords) {
  EXPECT_NE(Why("none.gguf").find("none.gguf"), std::string::npos);
  EXPECT_NE(Why("").find("no `config.json`"), std::string::npos);
  std::filesystem::create_directory(folder_.path() / "d.gguf");
  EXPECT_NE(Why("d.gguf").find("config.json"), std::string::npos) << "a folder, whatever its name";
  ASSERT_EQ(mkfifo((folder_.path() / "p.gguf").c_str(), 0600), 0);
  EXPECT_NE(Why("p.gguf").find("no plain file"), std::string::npos);
}

}  // namespace
}  // namespace curbstop::fit
