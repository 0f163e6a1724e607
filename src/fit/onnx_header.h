// The weights of an ONNX model: initialisers, sparse ones and constants of its graph, of the graphs
// inside its nodes and of its functions. Data that lies in the file is passed by and never read, so
// that a model of gigabytes costs as much as its graph; data in other files is checked by its
// claim. Of its own graph also how large the values are that its nodes make, as far as it says.
//
// Source: onnx/onnx, onnx/onnx.proto3. Bounded: messages 99 deep, 2^24 fields, 4,096 files, names
// of 2^16 inputs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fit/byte_source.h"
#include "fit/network.h"

namespace curbstop::fit {

struct OnnxWeights {
  int64_t tensors = 0;
  int64_t elements = 0;
  int64_t bytes = 0;  // as their shapes and types say
  // Files beside the model that hold data, and how long each must be.
  std::map<std::string, int64_t> files;
  NetworkValues values;
  bool reads_tokens = false;  // an input is called `input_ids`, as exports of language models do
};

// Errors: kCorrupt with the offset; a file that would lie outside of the model's folder is refused.
Result<OnnxWeights> ReadOnnxWeights(ByteSource& source);
Result<OnnxWeights> ReadOnnxWeights(std::string_view bytes, std::string_view file);

}  // namespace curbstop::fit
