// GGUF's tensor types: how many bytes a row of so many weights takes.
//
//   bytes = rows * row_length / block * bytes_per_block      (rows are whole blocks)
//
// Source: ggml-org/llama.cpp@007dbbf3, ggml/src/ggml-common.h and ggml.c (type numbers: ggml.h).
// Engines that read other blocks (Prism's Q2_0: 128 weights in 34 bytes) are not meant.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fit/checked.h"

namespace curbstop::fit {

enum class GgufType {
  kF32,
  kF16,
  kBf16,
  kF64,
  kI8,
  kI16,
  kI32,
  kI64,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ8_1,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kQ8_K,
  kIq1_S,
  kIq1_M,
  kIq2_XXS,
  kIq2_XS,
  kIq2_S,
  kIq3_XXS,
  kIq3_S,
  kIq4_NL,
  kIq4_XS,
  kTq1_0,
  kTq2_0,
  kMxfp4,
  kNvfp4,
  kQ1_0,
  kQ2_0,
};

struct GgufTypeInfo {
  GgufType type;
  int number;  // in a file
  std::string_view name;
  int64_t block;
  int64_t bytes;
};

const GgufTypeInfo& InfoOf(GgufType type);
std::optional<GgufType> TypeOfNumber(int64_t number);
std::optional<GgufType> TypeOfName(std::string_view name);  // "Q4_K", letters' case is free

// A row that the block does not divide takes a last block of its own.
Wide TensorBytes(GgufType type, Wide columns, Wide rows);

}  // namespace curbstop::fit
