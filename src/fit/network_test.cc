#include "fit/network.h"

#include <gtest/gtest.h>

#include "fit/onnx_header.h"

namespace curbstop::fit {
namespace {

// One field of a message: bytes, or a number below 128 * 128.
std::string Number(int field, int value) {
  std::string text(1, static_cast<char>(field << 3));
  if (value > 127) text += static_cast<char>(0x80 | (value & 0x7F));
  return text + static_cast<char>(value > 127 ? value >> 7 : value);
}
std::string Bytes(int field, const std::string& inside) {
  std::string text = Number(field, static_cast<int>(inside.size()));
  text[0] = static_cast<char>(field << 3 | 2);
  return text + inside;
}

// A float value; a size of 0 has no number.
std::string Value(const std::string& name, const std::vector<int>& sizes) {
  std::string shape;
  for (const int size : sizes) shape += Bytes(1, size > 0 ? Number(1, size) : Bytes(2, "n"));
  return Bytes(1, name) + Bytes(2, Bytes(1, Number(1, 1) + Bytes(2, shape)));
}
std::string Node(const std::string& output) { return Bytes(1, Bytes(1, "x") + Bytes(2, output)); }
std::string Weight(const std::string& name, int size) {
  return Bytes(5, Number(1, size) + Number(2, 1) + Bytes(8, name));
}
OnnxWeights Read(const std::string& graph) {
  const auto read = ReadOnnxWeights(Bytes(7, graph), "m.onnx");
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().Text());
  return read.ok() ? *read : OnnxWeights{};
}

TEST(Network, AHeaderTellsTheSizesOfItsValues) {
  const OnnxWeights read = Read(Node("a") + Node("b") + Node("c") + Weight("w", 10) +
                                Bytes(11, Value("x", {0, 3, 8, 8})) + Bytes(11, Value("w", {10})) +
                                Bytes(13, Value("a", {0, 16, 8, 8})) +
                                Bytes(13, Value("b", {0, 16, 0})) + Bytes(12, Value("c", {0, 5})));
  EXPECT_EQ(read.bytes, 40);
  EXPECT_EQ(read.values.outputs, 3);
  EXPECT_EQ(read.values.sized, 2) << "of b a size is open";
  EXPECT_EQ(read.values.bytes, 4 * (16 * 64 + 5));
  EXPECT_EQ(read.values.largest, 4 * 16 * 64);
  EXPECT_EQ(read.values.inputs, 4 * 3 * 64) << "weights among the inputs are none";
  EXPECT_FALSE(read.reads_tokens);
}

TEST(Network, AModelOfTextIsKnownByItsInput) {
  EXPECT_TRUE(Read(Node("a") + Bytes(11, Value("input_ids", {0, 0}))).reads_tokens);
}

TEST(Network, ValuesOfGraphsInsideNodesDoNotCount) {
  const std::string inner = Node("i") + Bytes(13, Value("i", {9}));
  const OnnxWeights read = Read(Bytes(1, Bytes(2, "a") + Bytes(5, Bytes(6, inner))));
  EXPECT_EQ(read.values.outputs, 1);
  EXPECT_EQ(read.values.sized, 0);
}

TEST(Network, SizesThatNoModelHasDoNotOverflow) {
  const std::string huge = Bytes(1, std::string("\x08") + std::string(8, '\xFF') + "\x1F");
  std::string shape;
  for (int i = 0; i < 20; ++i) shape += huge;
  const std::string value = Bytes(1, "a") + Bytes(2, Bytes(1, Number(1, 1) + Bytes(2, shape)));
  const OnnxWeights read = Read(Node("a") + Bytes(13, value) + Bytes(13, value));
  EXPECT_GE(read.values.bytes, 0);
  std::string many;
  for (int i = 0; i < 100; ++i) many += Bytes(1, Number(1, 2));
  const std::string deep = Bytes(1, "a") + Bytes(2, Bytes(1, Number(1, 1) + Bytes(2, many)));
  EXPECT_FALSE(ReadOnnxWeights(Bytes(7, Bytes(13, deep)), "m.onnx").ok());
}

Span ActivationsOf(const NetworkUse& use) {
  for (const Component& one : EstimateNetwork(40, 10, use, "s", 0).components) {
    if (one.name == "activations") return one.bytes;
  }
  return {};
}

TEST(Network, SizesInTheHeaderBoundWhatInferenceKeeps) {
  NetworkUse use{
      .values = {.outputs = 4, .sized = 4, .bytes = 4000, .largest = 2000, .inputs = 100}};
  EXPECT_EQ(ActivationsOf(use), (Span{2000, 4100, 4100}));
  use.values.largest = 1000;
  EXPECT_EQ(ActivationsOf(use), (Span{1000, 3100, 4100}));
  use.batch = 2;
  EXPECT_EQ(ActivationsOf(use), (Span{2000, 6200, 8200}));
}

TEST(Network, TrainingKeepsMoreThanInference) {
  NetworkUse use{
      .values = {.outputs = 4, .sized = 2, .bytes = 4000, .largest = 1000, .inputs = 100}};
  const Estimate inference = EstimateNetwork(40, 10, use, "s", 0);
  use.training = true;
  const Estimate training = EstimateNetwork(40, 10, use, "s", 0);
  EXPECT_GT(training.peak.mid, inference.peak.mid);
  // Half of the sizes: the others count alike.
  EXPECT_EQ(ActivationsOf(use), (Span{3300, 6500, 12900}));
  EXPECT_EQ(training.components.front().bytes.mid, 40);
  EXPECT_EQ(SumOf(training.components, "gpu0"), training.peak);
}

TEST(Network, WithoutSizesTheIntervalIsWide) {
  for (const int64_t sized : {0, 1}) {
    const Span span = ActivationsOf(
        {.values = {.outputs = 4, .sized = sized, .bytes = 40, .largest = 40, .inputs = 1000}});
    EXPECT_GT(span.high, 1000 * span.low) << sized;
  }
}

}  // namespace
}  // namespace curbstop::fit
