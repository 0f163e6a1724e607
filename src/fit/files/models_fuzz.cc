// Fuzz target of models as they are named: a folder of files (a header, an index, a configuration,
// parts) read as one, and what is estimated from it. Whatever the bytes, an answer or an error, and
// of an answer figures that are ordered, add up and stay within their bounds. The corpus
// tests/fuzz/models is replayed by fit_files_test.
//
// An input is a folder in one: each file begins with a line `@@ NAME`, and the first is the one
// that is asked for. Without such a line all of it is an ONNX file, and then one of safetensors.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/check.h"
#include "fit/answer.h"
#include "fit/checked.h"
#include "fit/files/model_file.h"
#include "fit/question.h"

namespace curbstop::fit {
namespace {

class PackedFolder final : public ModelPlace {
 public:
  explicit PackedFolder(std::string_view bytes) {
    constexpr std::string_view kBegins = "\n@@ ";
    bytes.remove_prefix(kBegins.size() - 1);
    while (!bytes.empty()) {
      const size_t end = std::min(bytes.find(kBegins), bytes.size());
      Add(bytes.substr(0, end));
      bytes.remove_prefix(std::min(end + kBegins.size(), bytes.size()));
    }
  }
  PackedFolder(std::string name, std::string_view bytes) : asked_(name) { files_[name] = bytes; }

  static bool Is(std::string_view bytes) { return bytes.starts_with("@@ "); }
  const std::string& asked() const { return asked_; }

  std::string name() const override { return "folder"; }
  Result<std::unique_ptr<ByteSource>> Open(const std::string& file) const override {
    const auto found = files_.find(file);
    if (found == files_.end()) return NotFound("there is no such file");
    return std::unique_ptr<ByteSource>(std::make_unique<BytesInMemory>(found->second, file));
  }

 private:
  void Add(std::string_view named) {
    const size_t line = std::min(named.find('\n'), named.size());
    const std::string name(named.substr(0, line));
    if (files_.empty()) asked_ = name;
    files_[name] = named.substr(std::min(line + 1, named.size()));
  }

  std::map<std::string, std::string_view> files_;
  std::string asked_;
};

void CheckSpan(const Span& span) {
  CHECK(span.low >= 0 && span.low <= span.mid && span.mid <= span.high);
}

void CheckAnswer(const FitAnswer& answer) {
  const Estimate& estimate = answer.estimate;
  CHECK(!estimate.components.empty());
  for (const Component& part : estimate.components) CheckSpan(part.bytes);
  CheckSpan(estimate.peak);
  CHECK(estimate.peak.high <= kMostBytes);
  CHECK(SumOf(estimate.components, estimate.components.front().device) == estimate.peak);
}

void TryToFit(const ModelFile& model, const char* method, int64_t batch) {
  Ask ask{.name = model.shape.id, .method = method, .engine = "onnxruntime", .batch = batch};
  FitQuestion question;
  question.shape = model.shape;
  question.format = model.format;
  question.network.values = model.values;
  if (!PutWords(ask, question).ok()) return;
  PutOn(UnderstandHardware("RTX-3090", BundledAccelerators()), question);
  const Result<FitAnswer> answer = QuickFit(question);
  if (answer.ok()) CheckAnswer(*answer);
}

void TryToRead(const PackedFolder& folder) {
  const Result<ModelFile> model = ReadModelIn(folder, folder.asked(), "");
  if (!model.ok()) return;
  CHECK(model->shape.params_total >= 0 && model->format.bits >= 0);
  CHECK(model->format.stored_bytes >= 0 && model->format.stored_bytes <= kMostBytes);
  const NetworkValues& values = model->values;
  CHECK(values.sized >= 0 && values.bytes >= 0 && values.inputs >= 0);
  CHECK(values.largest >= 0 && values.largest <= kMostBytes);
  for (const int64_t batch : {int64_t{1}, int64_t{1} << 20}) {
    TryToFit(*model, "", batch);
    TryToFit(*model, "full", batch);
  }
}

}  // namespace
}  // namespace curbstop::fit

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using curbstop::fit::PackedFolder;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (PackedFolder::Is(bytes)) {
    curbstop::fit::TryToRead(PackedFolder(bytes));
    return 0;
  }
  curbstop::fit::TryToRead(PackedFolder("m.onnx", bytes));
  curbstop::fit::TryToRead(PackedFolder("m.safetensors", bytes));
  return 0;
}
