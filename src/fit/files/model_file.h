// A model named by its file or its address: GGUF (split ones too), safetensors with configuration
// and index, a folder or a repository of them, ONNX with its data beside it. Only heads are read.
#pragma once

#include <filesystem>
#include <string>

#include "fit/files/model_place.h"
#include "fit/network.h"
#include "fit/shape.h"
#include "fit/weights.h"

namespace curbstop::fit {

struct ModelFile {
  ModelShape shape;
  WeightFormat format;
  NetworkValues values = {};  // of an unknown network
};

// Whether the word is meant as a path: it has a slash and exists, or a model file's ending.
bool IsModelFile(const std::filesystem::path& folder, const std::string& word);

// `file` of the place, `query` behind its name; empty: the folder is meant.
// Errors: kNotFound, kCorrupt with the offset, kInvalidInput where the file has no shape.
Result<ModelFile> ReadModelIn(const ModelPlace& place, const std::string& file,
                              const std::string& query);
Result<ModelFile> ReadModelFile(const std::filesystem::path& path);

// The same of an address. Errors: also kDenied, kUnavailable.
Result<ModelFile> ReadModelAt(const std::string& url, const WebReach& reach);

}  // namespace curbstop::fit
