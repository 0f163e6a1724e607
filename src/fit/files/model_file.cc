#include "fit/files/model_file.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "fit/checked.h"
#include "fit/gguf_header.h"
#include "fit/model_files.h"
#include "fit/onnx_header.h"

namespace curbstop::fit {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostConfigBytes = kMostAtOnce;  // an index of 91,000 tensors has 9 MB
constexpr int64_t kMostFiles = 1000;
constexpr size_t kMostCheckedFiles = 16;  // of an ONNX model's data files

bool IsMissing(const Error& error) { return error.kind() == ErrorKind::kNotFound; }

// "x-00002-of-00003.gguf" as another of its parts; nothing where the name says no part.
std::optional<std::string> PartNamed(const std::string& file, int64_t part) {
  constexpr size_t kTail = std::string_view("00001-of-00003.gguf").size();
  if (file.size() < kTail + 2) return std::nullopt;
  const size_t at = file.size() - kTail;
  const std::string_view tail = std::string_view(file).substr(at);
  const bool is_part = file[at - 1] == '-' && IsDigits(tail.substr(0, 5)) &&
                       tail.substr(5, 4) == "-of-" && IsDigits(tail.substr(9, 5));
  if (!is_part) return std::nullopt;
  return file.substr(0, at) + fmt::format("{:05}", part) + std::string(tail.substr(5));
}

Result<GgufHeader> ReadGgufPart(const ModelPlace& place, const std::string& file) {
  TRY_ASSIGN(const std::unique_ptr<ByteSource> source, place.Open(file));
  TRY_ASSIGN(GgufHeader header, ReadGgufHeader(*source));
  TRY(CheckGgufData(header, source->name(), source->size()));
  return header;
}

// The first part speaks for the model; the others add their tensors.
Result<ModelFile> ReadGguf(const ModelPlace& place, const std::string& named,
                           const std::string& query) {
  const std::string file = PartNamed(named, 1).value_or(named);
  const std::string shown = Printable(file);
  TRY_ASSIGN(GgufHeader first, ReadGgufPart(place, file + (file == named ? query : "")));
  if (first.split_count < 0 || first.split_count > kMostFiles)
    return Corrupt(fmt::format("`{}` says that it is one of {} files, expected at most {}", shown,
                               first.split_count, kMostFiles));
  for (int64_t part = 2; part <= first.split_count; ++part) {
    const auto other = PartNamed(file, part);
    if (!other)
      return Corrupt(fmt::format("`{}` is one of {} files, but its name does not say which", shown,
                                 first.split_count))
          .WithHint("parts are called `NAME-00001-of-00003.gguf`");
    TRY_ASSIGN(const GgufHeader header, ReadGgufPart(place, *other));
    if (header.split_number != part - 1 || header.split_count != first.split_count)
      return Corrupt(fmt::format("`{}` says that it is part {} of {}, expected {} of {}",
                                 Printable(*other), header.split_number + 1, header.split_count,
                                 part, first.split_count));
    first.tensors.insert(first.tensors.end(), header.tensors.begin(), header.tensors.end());
  }
  ModelFile model;
  TRY_ASSIGN(model.shape, ShapeOfGguf(first, shown));
  TRY_ASSIGN(model.format, FormatOfGguf({first}, shown));
  return model;
}

// 16 bit where half of the parameters or more are.
WeightFormat PlainFormat(int64_t bytes, int64_t count) {
  WeightFormat format;
  format.bits = count > 0 ? static_cast<double>(bytes) * 8 / static_cast<double>(count) : 16;
  format.head_bits = format.bits;
  format.name = format.bits > 31
                    ? "fp32"
                    : (format.bits > 15 ? "bf16" : fmt::format("{:.1f} bits", format.bits));
  return format;
}

struct Sizes {
  int64_t bytes = 0;
  int64_t count = 0;
  bool convolves = false;  // a kernel of three sizes or more: no model of text
};

Status AddTensors(const ModelPlace& place, const std::string& file, Sizes& sizes) {
  TRY_ASSIGN(const std::unique_ptr<ByteSource> source, place.Open(file));
  TRY_ASSIGN(const std::vector<StoredTensor> tensors, ReadSafetensorsHeader(*source));
  sizes.bytes = Clamp(Wide{sizes.bytes} + BytesOf(tensors));
  sizes.count = Clamp(Wide{sizes.count} + CountOf(tensors));
  for (const StoredTensor& one : tensors) {
    const auto wide =
        std::count_if(one.sizes.begin(), one.sizes.end(), [](int64_t size) { return size > 1; });
    sizes.convolves = sizes.convolves || (one.sizes.size() >= 4 && wide >= 3);
  }
  return {};
}

// The text of a small file; nothing where there is none.
Result<std::optional<std::string>> TextIfThere(const ModelPlace& place, const std::string& file) {
  const Result<std::unique_ptr<ByteSource>> source = place.Open(file);
  if (!source.ok() && IsMissing(source.error())) return std::optional<std::string>();
  if (!source.ok()) return source.error();
  TRY_ASSIGN(std::string text, ReadWhole(**source, kMostConfigBytes));
  return std::optional<std::string>(std::move(text));
}

constexpr const char* kIndex = "model.safetensors.index.json";

// The weights of a folder: what an index lists, else the one file; of a single file that is named
// and that no index lists, that one. Missing ones are left out: then the shape says how many.
Result<Sizes> SizesOf(const ModelPlace& place, const std::string& named) {
  std::vector<std::string> files = {"model.safetensors"};
  TRY_ASSIGN(const std::optional<std::string> index, TextIfThere(place, kIndex));
  if (index) {
    TRY_ASSIGN(const SafetensorsIndex read, ReadSafetensorsIndex(*index, kIndex));
    files = read.files;
  }
  const bool is_listed = std::find(files.begin(), files.end(), named) != files.end();
  if (!named.empty() && !is_listed) files = {named};
  if (files.size() > static_cast<size_t>(kMostFiles))
    return Corrupt(fmt::format("`{}` at offset 0: {} files, expected at most {}", kIndex,
                               files.size(), kMostFiles));
  Sizes sizes;
  for (const std::string& file : files) {
    const Status added = AddTensors(place, file, sizes);
    if (!added.ok() && IsMissing(added.error())) return Sizes();
    TRY(added);
  }
  return sizes;
}

Result<ModelFile> OfLooseSizes(const std::string& name, const Sizes& sizes) {
  if (sizes.count <= 0) return InvalidInput(fmt::format("`{}` holds no weights", name));
  ModelFile model;
  model.shape = ShapeOfSize(name, static_cast<double>(sizes.count), 0);
  model.format = PlainFormat(sizes.bytes, sizes.count);
  model.format.stored_bytes = sizes.bytes;
  return model;
}

// No model of text: nothing is made up about its layers.
Result<ModelFile> OfNetwork(const std::string& name, const Sizes& sizes) {
  TRY_ASSIGN(ModelFile model, OfLooseSizes(name, sizes));
  ModelShape shape;
  shape.id = std::move(model.shape.id);
  shape.family = shape.arch = "unknown";
  shape.kind = ModelKind::kNetwork;
  shape.source = fmt::format("`{}`", name);
  shape.params_total = shape.params_active = sizes.count;
  model.shape = std::move(shape);
  return model;
}

// As the hub has it: config.json, and one safetensors file or an index of several.
Result<ModelFile> ReadFolder(const ModelPlace& place, const std::string& named = "") {
  TRY_ASSIGN(const std::optional<std::string> config, TextIfThere(place, "config.json"));
  if (!config && named.empty())
    return NotFound(fmt::format("`{}` holds no `config.json`", place.name()))
        .WithHint("name the model's file itself: GGUF, safetensors or ONNX");
  TRY_ASSIGN(const Sizes sizes, SizesOf(place, named));
  if (!config && sizes.convolves) return OfNetwork(Printable(named), sizes);
  if (!config) return OfLooseSizes(Printable(named), sizes);
  ModelFile model;
  Result<ModelShape> shape = ReadHfConfig(*config, "config.json");
  const bool is_other = !shape.ok() && shape.error().kind() == ErrorKind::kInvalidInput;
  if (is_other && sizes.convolves) return OfNetwork(place.name(), sizes);
  if (is_other && sizes.count > 0) return OfLooseSizes(place.name(), sizes);
  if (!shape.ok()) return shape.error();
  model.shape = *std::move(shape);
  model.shape.id = place.name();
  if (auto quantised = QuantisationOfHfConfig(*config)) {
    // Packed weights are fewer elements than parameters: their bytes are exact, their count is not.
    model.format = *std::move(quantised);
    model.format.stored_bytes = sizes.bytes;
    return model;
  }
  if (sizes.count > 0) {
    model.shape.params_total = sizes.count;
    model.shape.evidence = ShapeEvidence::kCloses;
  }
  model.format = PlainFormat(sizes.bytes, sizes.count);
  model.format.stored_bytes = sizes.bytes;
  return model;
}

// Data beside the model must be as long as its tensors say; where it is not there yet, shapes do.
Status CheckDataFiles(const ModelPlace& place, const OnnxWeights& weights) {
  size_t checked = 0;
  for (const auto& [file, needed] : weights.files) {
    if (++checked > kMostCheckedFiles) return {};
    const Result<std::unique_ptr<ByteSource>> data = place.Open(file);
    if (!data.ok() && IsMissing(data.error())) continue;
    if (!data.ok()) return data.error();
    if ((*data)->size() >= static_cast<uint64_t>(needed)) continue;
    return Corrupt(fmt::format("`{}` at offset {}: the file ends, its tensors need {} bytes",
                               Printable(file), (*data)->size(), needed));
  }
  return {};
}

Result<ModelFile> ReadOnnx(const ModelPlace& place, const std::string& file,
                           const std::string& query) {
  OnnxWeights weights;
  {
    TRY_ASSIGN(const std::unique_ptr<ByteSource> source, place.Open(file + query));
    TRY_ASSIGN(weights, ReadOnnxWeights(*source));
  }
  TRY(CheckDataFiles(place, weights));
  const Sizes sizes = {weights.bytes, weights.elements};
  if (weights.reads_tokens) return OfLooseSizes(Printable(file), sizes);
  TRY_ASSIGN(ModelFile model, OfNetwork(Printable(file), sizes));
  model.values = weights.values;
  return model;
}

}  // namespace

Result<ModelFile> ReadModelIn(const ModelPlace& place, const std::string& file,
                              const std::string& query) {
  const std::string name = Lower(file);
  if (name.empty() || name == "config.json" || name == kIndex) return ReadFolder(place);
  if (name.ends_with(".gguf")) return ReadGguf(place, file, query);
  if (name.ends_with(".safetensors")) return ReadFolder(place, file);
  if (name.ends_with(".onnx")) return ReadOnnx(place, file, query);
  return InvalidInput(fmt::format("`{}` is no model file", Printable(file)))
      .WithHint("GGUF, safetensors, ONNX, config.json or a folder with one");
}

bool IsModelFile(const fs::path& folder, const std::string& word) {
  const std::string lower = Lower(word);
  const bool has_ending = lower.ends_with(".gguf") || lower.ends_with(".safetensors") ||
                          lower.ends_with(".onnx") || lower.ends_with("config.json");
  std::error_code error;
  const bool exists = fs::exists(folder / word, error);
  const bool has_slash = word.find('/') != std::string::npos;
  return (has_ending && (exists || has_slash)) || (exists && has_slash);
}

Result<ModelFile> ReadModelFile(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return ReadModelIn(LocalPlace(path), "", "");
  return ReadModelIn(LocalPlace(path.parent_path()), path.filename().string(), "");
}

Result<ModelFile> ReadModelAt(const std::string& url, const WebReach& reach) {
  TRY_ASSIGN(const WebAddress address, ReadWebAddress(url));
  return ReadModelIn(WebPlace(address.base, reach), address.file, address.query);
}

}  // namespace curbstop::fit
