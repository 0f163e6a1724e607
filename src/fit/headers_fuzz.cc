// Fuzz target of the four header readers: whatever the bytes, an answer or an error, and of an
// answer a shape and sizes that stay within their bounds. The corpus tests/fuzz/headers is replayed
// by fit_test.
#include <cstdint>

#include "base/check.h"
#include "fit/gguf_header.h"
#include "fit/model_files.h"

namespace curbstop::fit {
namespace {

void TryGguf(std::string_view bytes) {
  const auto header = ReadGgufHeader(bytes, "fuzz.gguf");
  if (!header.ok()) return;
  const auto shape = ShapeOfGguf(*header, "fuzz.gguf");
  const auto format = FormatOfGguf({*header}, "fuzz.gguf");
  if (!shape.ok() || !format.ok()) return;
  CHECK(CheckShape(*shape).ok());
  CHECK(WeightBytes(*shape, *format).mid <= kMostBytes);
}

void TryTensors(const Result<std::vector<StoredTensor>>& tensors) {
  if (!tensors.ok()) return;
  CHECK(BytesOf(*tensors) >= 0 && BytesOf(*tensors) <= kMostBytes);
  CHECK(CountOf(*tensors) >= 0);
}

void TryJson(std::string_view bytes) {
  const auto shape = ReadHfConfig(bytes, "config.json");
  if (shape.ok()) CHECK(CheckShape(*shape).ok() && shape->params_total >= 0);
  (void)ReadSafetensorsIndex(bytes, "model.safetensors.index.json");
}

}  // namespace
}  // namespace curbstop::fit

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  curbstop::fit::TryGguf(bytes);
  curbstop::fit::TryTensors(
      curbstop::fit::ReadSafetensorsHeader(bytes, static_cast<int64_t>(size), "fuzz.safetensors"));
  curbstop::fit::TryTensors(curbstop::fit::ReadOnnxHeader(bytes, "fuzz.onnx"));
  curbstop::fit::TryJson(bytes);
  return 0;
}
