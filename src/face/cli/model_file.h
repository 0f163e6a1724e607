// A model named by its file: GGUF (split ones too), safetensors with its configuration, a folder of
// them, ONNX. Only heads are read.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "fit/shape.h"
#include "fit/weights.h"

namespace curbstop {

struct ModelFile {
  fit::ModelShape shape;
  fit::WeightFormat format;
};

// Whether the word is meant as a path: it has a slash and exists, or a model file's ending.
bool IsModelFile(const std::filesystem::path& folder, const std::string& word);

// Errors: kNotFound, kCorrupt with the offset, kInvalidInput where the file has no shape.
Result<ModelFile> ReadModelFile(const std::filesystem::path& path);

}  // namespace curbstop
