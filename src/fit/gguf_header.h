// The header of a GGUF file (versions 2 and 3): shape and exact tensor bytes of whatever mixture it
// holds, from its first megabytes.
//
//   magic "GGUF", version u32, tensors u64, pairs u64
//   pairs    key (u64 length, bytes), type u32, value; arrays: element type u32, count u64,
//   elements tensors  name, dimensions u32, sizes u64 each, type u32, offset u64
//
// Source: ggml-org/ggml, docs/gguf.md. Reads numbers and short texts, walks over arrays (a
// vocabulary is some megabytes) and keeps none of them. Bounded: 64 MiB, 2^17 tensors, 2^16 pairs;
// arrays in arrays refused.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fit/byte_source.h"
#include "fit/gguf_recipe.h"
#include "fit/weights.h"

namespace curbstop::fit {

// More than any header needs: a vocabulary of 262,144 tokens with merges is some 15 MB.
inline constexpr int64_t kMostHeaderBytes = int64_t{64} << 20;

struct GgufTensor {
  std::string name;
  std::vector<int64_t> sizes;  // the row's length first
  GgufType type = GgufType::kF32;
  uint64_t offset = 0;
};

struct GgufHeader {
  uint32_t version = 0;
  std::map<std::string, int64_t, std::less<>>
      numbers;  // whole ones, and the first element of arrays of them
  std::map<std::string, std::string, std::less<>> texts;
  std::vector<GgufTensor> tensors;
  int64_t split_count = 0;   // files that the model is split into; 0: one
  int64_t split_number = 0;  // of this one, from 0
  int64_t data_at = 0;       // where the tensors' bytes begin
};

// Errors: kCorrupt with the offset, what the source says.
Result<GgufHeader> ReadGgufHeader(ByteSource& source);
Result<GgufHeader> ReadGgufHeader(std::string_view bytes, std::string_view file);

// That the file is as long as its tensors need. Errors: kCorrupt with the offset of the first that
// is cut.
Status CheckGgufData(const GgufHeader& header, std::string_view file, uint64_t file_bytes);

// Errors: kInvalidInput where it is no language model's file.
Result<ModelShape> ShapeOfGguf(const GgufHeader& header, std::string_view file);

// The tensors of one or of several split files, with their own types.
Result<WeightFormat> FormatOfGguf(const std::vector<GgufHeader>& headers, std::string_view file);

}  // namespace curbstop::fit
