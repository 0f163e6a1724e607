#include "fit/gguf_type.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "base/text.h"

namespace curbstop::fit {
namespace {

using enum GgufType;

// In the order of the enum.
constexpr GgufTypeInfo kTypes[] = {
    {kF32, 0, "F32", 1, 4},
    {kF16, 1, "F16", 1, 2},
    {kBf16, 30, "BF16", 1, 2},
    {kF64, 28, "F64", 1, 8},
    {kI8, 24, "I8", 1, 1},
    {kI16, 25, "I16", 1, 2},
    {kI32, 26, "I32", 1, 4},
    {kI64, 27, "I64", 1, 8},
    {kQ4_0, 2, "Q4_0", 32, 18},
    {kQ4_1, 3, "Q4_1", 32, 20},
    {kQ5_0, 6, "Q5_0", 32, 22},
    {kQ5_1, 7, "Q5_1", 32, 24},
    {kQ8_0, 8, "Q8_0", 32, 34},
    {kQ8_1, 9, "Q8_1", 32, 36},
    {kQ2_K, 10, "Q2_K", 256, 84},
    {kQ3_K, 11, "Q3_K", 256, 110},
    {kQ4_K, 12, "Q4_K", 256, 144},
    {kQ5_K, 13, "Q5_K", 256, 176},
    {kQ6_K, 14, "Q6_K", 256, 210},
    {kQ8_K, 15, "Q8_K", 256, 292},
    {kIq1_S, 19, "IQ1_S", 256, 50},
    {kIq1_M, 29, "IQ1_M", 256, 56},
    {kIq2_XXS, 16, "IQ2_XXS", 256, 66},
    {kIq2_XS, 17, "IQ2_XS", 256, 74},
    {kIq2_S, 22, "IQ2_S", 256, 82},
    {kIq3_XXS, 18, "IQ3_XXS", 256, 98},
    {kIq3_S, 21, "IQ3_S", 256, 110},
    {kIq4_NL, 20, "IQ4_NL", 32, 18},
    {kIq4_XS, 23, "IQ4_XS", 256, 136},
    {kTq1_0, 34, "TQ1_0", 256, 54},
    {kTq2_0, 35, "TQ2_0", 256, 66},
    {kMxfp4, 39, "MXFP4", 32, 17},
    {kNvfp4, 40, "NVFP4", 64, 36},
    {kQ1_0, 41, "Q1_0", 128, 18},
    {kQ2_0, 42, "Q2_0", 64, 18},
};

}  // namespace

const GgufTypeInfo& InfoOf(GgufType type) {
  const auto index = static_cast<size_t>(type);
  CHECK(index < std::size(kTypes) && kTypes[index].type == type);
  return kTypes[index];
}

std::optional<GgufType> TypeOfNumber(int64_t number) {
  for (const GgufTypeInfo& one : kTypes) {
    if (one.number == number) return one.type;
  }
  return std::nullopt;
}

std::optional<GgufType> TypeOfName(std::string_view name) {
  const std::string wanted = Lower(name);
  for (const GgufTypeInfo& one : kTypes) {
    if (Lower(one.name) == wanted) return one.type;
  }
  return std::nullopt;
}

Wide TensorBytes(GgufType type, Wide columns, Wide rows) {
  const GgufTypeInfo& info = InfoOf(type);
  // Most tensors need no 128 bits, whose division is slow.
  constexpr Wide kSmall = Wide{1} << 40;
  if (columns < kSmall && rows < kSmall && columns >= 0) {
    const int64_t blocks = (static_cast<int64_t>(columns) + info.block - 1) / info.block;
    return rows * (blocks * info.bytes);
  }
  return rows * CeilDiv(columns, info.block) * info.bytes;
}

}  // namespace curbstop::fit
