// Fuzz target of the four header readers: whatever the bytes, an answer or an error, and of an
// answer a shape and sizes that stay within their bounds. The corpus tests/fuzz/headers is replayed
// by fit_test.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "fit/gguf_header.h"
#include "fit/model_files.h"
#include "fit/onnx_header.h"

namespace curbstop::fit {
namespace {

// Gives as little as it is asked for, from a place of its own that ends there: a reader that looks
// beyond is seen by the address sanitizer, and the answer must be that of the whole.
class Sip final : public ByteSource {
 public:
  explicit Sip(std::string_view bytes) : bytes_(bytes) {}
  const std::string& name() const override { return name_; }
  uint64_t size() const override { return bytes_.size(); }
  Result<std::string_view> Read(uint64_t offset, uint64_t least) override {
    CHECK(offset <= bytes_.size() && least <= kMostAtOnce);
    const std::string_view part =
        bytes_.substr(static_cast<size_t>(offset), static_cast<size_t>(least));
    window_.assign(part.begin(), part.end());
    return std::string_view(window_.data(), window_.size());
  }

 private:
  std::string_view bytes_;
  std::vector<char> window_;
  std::string name_ = "fuzz";
};

void TryGguf(std::string_view bytes) {
  const auto header = ReadGgufHeader(bytes, "fuzz");
  Sip sip(bytes);
  const auto sipped = ReadGgufHeader(sip);
  CHECK(sipped.ok() == header.ok());
  if (!header.ok()) {
    CHECK(header.error().Text() == sipped.error().Text());
    return;
  }
  CHECK(header->tensors.size() == sipped->tensors.size() && header->data_at == sipped->data_at);
  (void)CheckGgufData(*header, "fuzz", bytes.size());
  const auto shape = ShapeOfGguf(*header, "fuzz.gguf");
  const auto format = FormatOfGguf({*header}, "fuzz.gguf");
  if (!shape.ok() || !format.ok()) return;
  CHECK(CheckShape(*shape).ok());
  CHECK(WeightBytes(*shape, *format).mid <= kMostBytes);
}

void TryTensors(std::string_view bytes) {
  const auto tensors = ReadSafetensorsHeader(bytes, "fuzz");
  Sip sip(bytes);
  CHECK(ReadSafetensorsHeader(sip).ok() == tensors.ok());
  if (!tensors.ok()) return;
  CHECK(BytesOf(*tensors) >= 0 && BytesOf(*tensors) <= kMostBytes);
  CHECK(CountOf(*tensors) >= 0);
}

void TryOnnx(std::string_view bytes) {
  const auto weights = ReadOnnxWeights(bytes, "fuzz");
  Sip sip(bytes);
  const auto sipped = ReadOnnxWeights(sip);
  CHECK(sipped.ok() == weights.ok());
  if (!weights.ok()) return;
  CHECK(weights->bytes == sipped->bytes && weights->files == sipped->files);
  CHECK(weights->bytes >= 0 && weights->bytes <= kMostBytes && weights->elements >= 0);
  for (const auto& [file, needed] : weights->files) CHECK(file.find("..") != 0 && needed >= 0);
}

void TryJson(std::string_view bytes) {
  const auto shape = ReadHfConfig(bytes, "config.json");
  if (shape.ok()) CHECK(CheckShape(*shape).ok() && shape->params_total >= 0);
  const auto format = QuantisationOfHfConfig(bytes);
  if (format) CHECK(format->bits > 0 && format->bits < 64);
  (void)ReadSafetensorsIndex(bytes, "model.safetensors.index.json");
}

}  // namespace
}  // namespace curbstop::fit

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  curbstop::fit::TryGguf(bytes);
  curbstop::fit::TryTensors(bytes);
  curbstop::fit::TryOnnx(bytes);
  curbstop::fit::TryJson(bytes);
  return 0;
}
