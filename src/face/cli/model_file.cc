#include "face/cli/model_file.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "fit/gguf_header.h"
#include "fit/model_files.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostConfigBytes = int64_t{16} << 20;
constexpr int64_t kMostFiles = 1000;

struct Head {
  std::string bytes;
  int64_t file_bytes = 0;
};

// The first bytes of a file, as many as a header may have.
Result<Head> ReadHead(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error)
    return NotFound(fmt::format("cannot read `{}`: {}", Printable(path.string()), error.message()));
  Head head;
  head.file_bytes = static_cast<int64_t>(size);
  head.bytes.resize(static_cast<size_t>(std::min<uintmax_t>(size, fit::kMostHeaderBytes)));
  std::ifstream in(path, std::ios::binary);
  if (!in.read(head.bytes.data(), static_cast<std::streamsize>(head.bytes.size()))) {
    return Unavailable(fmt::format("cannot read `{}`", Printable(path.string())));
  }
  return head;
}

// "x-00001-of-00003.gguf": the other parts lie beside it.
fs::path PartOf(const fs::path& path, int64_t part) {
  std::string name = path.filename().string();
  const size_t of = name.rfind("-of-");
  if (of == std::string::npos || of < 5) return path;
  name.replace(of - 5, 5, fmt::format("{:05}", part));
  return path.parent_path() / name;
}

Result<ModelFile> ReadGguf(const fs::path& path) {
  const std::string name = Printable(path.filename().string());
  TRY_ASSIGN(const Head head, ReadHead(path));
  TRY_ASSIGN(fit::GgufHeader first, fit::ReadGgufHeader(head.bytes, name));
  if (first.split_count > kMostFiles)
    return Corrupt(fmt::format("`{}` says that it is one of {} files, expected at most {}", name,
                               first.split_count, kMostFiles));
  std::vector<fit::GgufHeader> headers;
  for (int64_t part = 2; part <= first.split_count; ++part) {
    const fs::path other = PartOf(path, part);
    TRY_ASSIGN(const Head rest, ReadHead(other));
    TRY_ASSIGN(fit::GgufHeader header,
               fit::ReadGgufHeader(rest.bytes, Printable(other.filename().string())));
    headers.push_back(std::move(header));
  }
  for (const fit::GgufHeader& header : headers)
    first.tensors.insert(first.tensors.end(), header.tensors.begin(), header.tensors.end());
  ModelFile model;
  TRY_ASSIGN(model.shape, fit::ShapeOfGguf(first, name));
  TRY_ASSIGN(model.format, fit::FormatOfGguf({first}, name));
  return model;
}

// 16 bit where half of the parameters or more are.
fit::WeightFormat PlainFormat(int64_t bytes, int64_t count) {
  fit::WeightFormat format;
  format.bits = count > 0 ? static_cast<double>(bytes) * 8 / static_cast<double>(count) : 16;
  format.head_bits = format.bits;
  format.name = format.bits > 31
                    ? "fp32"
                    : (format.bits > 15 ? "bf16" : fmt::format("{:.1f} bits", format.bits));
  return format;
}

Result<std::vector<fit::StoredTensor>> TensorsOf(const fs::path& path) {
  TRY_ASSIGN(const Head head, ReadHead(path));
  return fit::ReadSafetensorsHeader(head.bytes, head.file_bytes,
                                    Printable(path.filename().string()));
}

// A folder as the hub has it: config.json, and one safetensors file or an index of several.
// `named`: a safetensors file of it that was named, or empty.
Result<ModelFile> ReadFolder(const fs::path& folder, const std::string& named = "") {
  TRY_ASSIGN(const std::string config, ReadFile(folder / "config.json", kMostConfigBytes));
  ModelFile model;
  TRY_ASSIGN(model.shape, fit::ReadHfConfig(config, "config.json"));
  model.shape.id = Printable(folder.filename().string());
  std::vector<std::string> files = {"model.safetensors"};
  const fs::path index = folder / "model.safetensors.index.json";
  if (fs::exists(index)) {
    TRY_ASSIGN(const std::string text, ReadFile(index, kMostConfigBytes));
    TRY_ASSIGN(const fit::SafetensorsIndex read,
               fit::ReadSafetensorsIndex(text, "model.safetensors.index.json"));
    files = read.files;
  }
  int64_t bytes = 0;
  int64_t count = 0;
  if (!named.empty() && std::find(files.begin(), files.end(), named) == files.end())
    files = {named};
  for (const std::string& file : files) {
    if (!fs::exists(folder / file)) continue;
    TRY_ASSIGN(const std::vector<fit::StoredTensor> tensors, TensorsOf(folder / file));
    bytes += fit::BytesOf(tensors);
    count += fit::CountOf(tensors);
  }
  if (count > 0) {
    model.shape.params_total = count;
    model.shape.evidence = fit::ShapeEvidence::kCloses;
  }
  model.format = PlainFormat(bytes, count);
  return model;
}

Result<ModelFile> ReadLooseTensors(const fs::path& path, std::vector<fit::StoredTensor> tensors) {
  const int64_t count = fit::CountOf(tensors);
  if (count <= 0)
    return InvalidInput(fmt::format("`{}` holds no weights", Printable(path.filename().string())));
  ModelFile model;
  model.shape =
      fit::ShapeOfSize(Printable(path.filename().string()), static_cast<double>(count), 0);
  model.format = PlainFormat(fit::BytesOf(tensors), count);
  return model;
}

}  // namespace

bool IsModelFile(const fs::path& folder, const std::string& word) {
  const std::string lower = Lower(word);
  const bool has_ending = lower.ends_with(".gguf") || lower.ends_with(".safetensors") ||
                          lower.ends_with(".onnx") || lower.ends_with("config.json");
  std::error_code error;
  const bool exists = fs::exists(folder / word, error);
  return (has_ending && (exists || word.find('/') != std::string::npos)) ||
         (exists && word.find('/') != std::string::npos);
}

Result<ModelFile> ReadModelFile(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return ReadFolder(path);
  const std::string name = Lower(path.filename().string());
  if (name.ends_with(".gguf")) return ReadGguf(path);
  if (name == "config.json") return ReadFolder(path.parent_path());
  if (name.ends_with(".safetensors")) {
    if (fs::exists(path.parent_path() / "config.json"))
      return ReadFolder(path.parent_path(), path.filename().string());
    TRY_ASSIGN(std::vector<fit::StoredTensor> tensors, TensorsOf(path));
    return ReadLooseTensors(path, std::move(tensors));
  }
  if (name.ends_with(".onnx")) {
    TRY_ASSIGN(const Head head, ReadHead(path));
    if (head.file_bytes > fit::kMostHeaderBytes) {
      return InvalidInput(fmt::format(
          "`{}` is above {} MiB; only ONNX files with their weights beside them are read",
          Printable(path.filename().string()), fit::kMostHeaderBytes >> 20));
    }
    TRY_ASSIGN(std::vector<fit::StoredTensor> tensors,
               fit::ReadOnnxHeader(head.bytes, Printable(path.filename().string())));
    return ReadLooseTensors(path, std::move(tensors));
  }
  return InvalidInput(fmt::format("`{}` is no model file", Printable(path.string())))
      .WithHint("GGUF, safetensors, ONNX, config.json or a folder with one");
}

}  // namespace curbstop
