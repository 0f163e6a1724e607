// Headers as the Hugging Face hub has them: safetensors, their index, config.json. Every length
// that a file claims is checked against the bytes that are there, and errors name the offset.
//
// Sources: huggingface/safetensors README (u64 length, then JSON; refused here above 8 MiB);
// huggingface/transformers, configuration and quantization_config of each method.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fit/byte_source.h"
#include "fit/shape.h"
#include "fit/weights.h"

namespace curbstop::fit {

struct StoredTensor {
  std::string name;
  std::string type;  // "BF16", "F32", "I8", ...
  std::vector<int64_t> sizes;
  int64_t bytes = 0;
};

// Errors: kCorrupt with the offset: lengths beyond the file, overlapping or missing bytes.
Result<std::vector<StoredTensor>> ReadSafetensorsHeader(ByteSource& source);
Result<std::vector<StoredTensor>> ReadSafetensorsHeader(std::string_view bytes,
                                                        std::string_view file);

// The files that a `model.safetensors.index.json` names, each once, in order of their names.
// Errors: kCorrupt; names that leave the folder are refused.
struct SafetensorsIndex {
  int64_t total_bytes = 0;  // as the file claims; 0: it does not
  std::vector<std::string> files;
  int64_t tensors = 0;
};
Result<SafetensorsIndex> ReadSafetensorsIndex(std::string_view json, std::string_view file);

// The shape in a `config.json`, `text_config` and all. Unknown architectures give what is there.
// Errors: kInvalidInput where it has no layers or width.
Result<ModelShape> ReadHfConfig(std::string_view json, std::string_view file);

// How the configuration says that weights are quantised (GPTQ, AWQ, bitsandbytes, FP8, MXFP4, EXL2,
// MLX); null: they are not, or in a way that is not known.
std::optional<WeightFormat> QuantisationOfHfConfig(std::string_view json);

// Bytes and parameters over all tensors.
int64_t BytesOf(const std::vector<StoredTensor>& tensors);
int64_t CountOf(const std::vector<StoredTensor>& tensors);

}  // namespace curbstop::fit
