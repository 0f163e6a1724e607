#include "fit/model_files.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "fit/byte_reader.h"
#include "fit/tensors.h"

namespace curbstop::fit {
namespace {

// The format allows 100 MB; real headers are below 2, and a document in memory takes some ten times
// its text.
constexpr uint64_t kMostJson = uint64_t{8} << 20;
constexpr size_t kMostTensors = size_t{1} << 17;

struct TypeBytes {
  std::string_view name;
  int64_t bits;
};
constexpr TypeBytes kTypes[] = {{"BOOL", 8},    {"U8", 8},      {"I8", 8},      {"F8_E4M3", 8},
                                {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"I16", 16},    {"U16", 16},
                                {"F16", 16},    {"BF16", 16},   {"I32", 32},    {"U32", 32},
                                {"F32", 32},    {"F64", 64},    {"I64", 64},    {"U64", 64},
                                {"C64", 64},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}};

std::optional<int64_t> BitsOf(std::string_view type) {
  for (const TypeBytes& one : kTypes) {
    if (one.name == type) return one.bits;
  }
  return std::nullopt;
}

// Nothing where the product leaves 2^60 or a size is negative.
std::optional<int64_t> Elements(const std::vector<int64_t>& sizes) {
  Wide product = 1;
  for (const int64_t size : sizes) {
    if (size < 0) return std::nullopt;
    product *= size;
    if (product > (Wide{1} << 60)) return std::nullopt;
  }
  return static_cast<int64_t>(product);
}

Error InTensor(std::string_view file, size_t offset, std::string_view name, std::string_view why) {
  return Corrupt(
      fmt::format("`{}` at offset {}: tensor `{}` {}", file, offset, Printable(name), why));
}

std::vector<int64_t> SizesOf(const Json* list, bool& ok) {
  std::vector<int64_t> sizes;
  if (list == nullptr || !list->IsArray() || list->items().size() > 64) {
    ok = false;
    return sizes;
  }
  for (const Json& item : list->items()) {
    const auto size = item.AsInt();
    if (!size || *size < 0) ok = false;
    sizes.push_back(size.value_or(0));
  }
  return sizes;
}

// A document in memory takes some twenty bytes for each byte of "1,1,1,…". What describes tensors
// has names and types between its numbers: 13 bytes for each comma at the least.
bool IsTooDense(std::string_view json) {
  constexpr int64_t kLeastBytes = 6;
  const int64_t commas = std::count(json.begin(), json.end(), ',');
  return commas > 1000 && commas * kLeastBytes > static_cast<int64_t>(json.size());
}

Result<Json> ParseSparse(std::string_view text) {
  if (IsTooDense(text)) return Corrupt("more values than a description of tensors has");
  return ParseJson(text);
}

struct Placed {
  StoredTensor tensor;
  int64_t begin = 0;
  int64_t end = 0;
};

Result<Placed> PlacedOf(const std::string& name, const Json& entry, std::string_view file) {
  Placed placed;
  placed.tensor.name = name;
  placed.tensor.type = entry.StringOr("dtype", "");
  bool ok = true;
  placed.tensor.sizes = SizesOf(entry.Find("shape"), ok);
  const std::vector<int64_t> offsets = SizesOf(entry.Find("data_offsets"), ok);
  if (!ok || offsets.size() != 2)
    return InTensor(file, 8, name, "has no shape or no two data offsets");
  const auto bits = BitsOf(placed.tensor.type);
  if (!bits)
    return InTensor(
        file, 8, name,
        fmt::format("is of type `{}`, which is not known", Printable(placed.tensor.type)));
  const auto count = Elements(placed.tensor.sizes);
  if (!count) return InTensor(file, 8, name, "has more than 2^60 elements");
  placed.tensor.bytes = Clamp(CeilDiv(Wide{*count} * *bits, 8));
  placed.begin = offsets[0];
  placed.end = offsets[1];
  if (placed.end - placed.begin != placed.tensor.bytes) {
    return InTensor(file, 8, name,
                    fmt::format("takes {} bytes, but its shape needs {}", placed.end - placed.begin,
                                placed.tensor.bytes));
  }
  return placed;
}

// Data lies without gaps and without overlaps, as the format demands.
Status CheckPlaces(std::vector<Placed>& placed, int64_t data, std::string_view file,
                   size_t data_at) {
  std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  int64_t at = 0;
  for (const Placed& one : placed) {
    const size_t offset = data_at + static_cast<size_t>(std::max<int64_t>(0, one.begin));
    if (one.begin != at)
      return InTensor(file, offset, one.tensor.name,
                      fmt::format("begins at {}, expected {}", one.begin, at));
    at = one.end;
    if (at > data)
      return InTensor(file, offset, one.tensor.name,
                      fmt::format("ends at {}, but the file holds {} bytes of data", at, data));
  }
  return {};
}

int64_t First(const Json& config, std::initializer_list<std::string_view> keys, int64_t fallback) {
  for (const std::string_view key : keys) {
    const Json* value = config.Find(key);
    if (value != nullptr && value->AsInt()) return *value->AsInt();
  }
  return fallback;
}

void ReadLayerTypes(const Json& config, ModelShape& shape) {
  const Json* types = config.Find("layer_types");
  if (types == nullptr || !types->IsArray()) return;
  for (const Json& type : types->items()) {
    const std::string* name = type.AsString();
    if (name == nullptr) continue;
    if (*name == "sliding_attention") ++shape.sliding_layers;
    if (*name == "linear_attention") ++shape.linear_layers;
  }
  shape.sliding_layers = std::min(shape.sliding_layers, shape.layers);
  shape.linear_layers = std::min(shape.linear_layers, shape.layers - shape.sliding_layers);
}

void ReadMixture(const Json& config, ModelShape& shape) {
  shape.experts = First(config, {"num_local_experts", "num_experts", "n_routed_experts"}, 0);
  shape.experts_per_token = First(config, {"num_experts_per_tok", "experts_per_token"}, 0);
  shape.shared_experts = First(config, {"n_shared_experts"},
                               config.Find("shared_expert_intermediate_size") != nullptr ? 1 : 0);
  shape.expert_intermediate =
      First(config, {"moe_intermediate_size"}, shape.experts > 0 ? shape.intermediate : 0);
  shape.first_dense_layers = First(config, {"first_k_dense_replace"}, 0);
}

}  // namespace

Result<std::vector<StoredTensor>> ReadSafetensorsHeader(ByteSource& source) {
  const std::string& file = source.name();
  ByteReader in(source);
  TRY_ASSIGN(const uint64_t length, in.Number<uint64_t>());
  if (length > kMostJson)
    return in.WrongAt(0,
                      fmt::format("a header of {} bytes, expected at most {}", length, kMostJson));
  TRY_ASSIGN(const std::string_view text, in.Take(length));
  const Result<Json> json = ParseSparse(text);
  if (!json.ok()) return in.WrongAt(8, json.error().message());
  if (!json->IsObject()) return in.WrongAt(8, "expected an object of tensors");
  if (json->members().size() > kMostTensors)
    return in.WrongAt(
        8, fmt::format("{} tensors, expected at most {}", json->members().size(), kMostTensors));
  std::vector<Placed> placed;
  for (const auto& [name, entry] : json->members()) {
    if (name == "__metadata__") continue;
    TRY_ASSIGN(Placed one, PlacedOf(name, entry, file));
    placed.push_back(std::move(one));
  }
  TRY(CheckPlaces(placed, static_cast<int64_t>(in.left()), file, in.offset()));
  std::vector<StoredTensor> tensors;
  for (Placed& one : placed) tensors.push_back(std::move(one.tensor));
  return tensors;
}

Result<std::vector<StoredTensor>> ReadSafetensorsHeader(std::string_view bytes,
                                                        std::string_view file) {
  BytesInMemory source(bytes, file);
  return ReadSafetensorsHeader(source);
}

Result<SafetensorsIndex> ReadSafetensorsIndex(std::string_view text, std::string_view file) {
  const Result<Json> json = ParseSparse(text);
  if (!json.ok()) return Corrupt(fmt::format("`{}` at offset 0: {}", file, json.error().message()));
  const Json* map = json->Find("weight_map");
  if (map == nullptr || !map->IsObject())
    return Corrupt(fmt::format("`{}` at offset 0: no `weight_map`", file));
  SafetensorsIndex index;
  std::set<std::string> files;
  for (const auto& [name, entry] : map->members()) {
    const std::string* in_file = entry.AsString();
    const bool leaves = in_file == nullptr || in_file->empty() ||
                        in_file->find('/') != std::string::npos || in_file->starts_with("..");
    // An index that names itself or another one would lead round in circles.
    if (!leaves && !in_file->ends_with(".safetensors"))
      return Corrupt(
          fmt::format("`{}` at offset 0: tensor `{}` lies in `{}`, expected a file that "
                      "ends in `.safetensors`",
                      file, Printable(name), Printable(*in_file)));
    if (leaves)
      return Corrupt(fmt::format("`{}` at offset 0: tensor `{}` lies in no file of this folder",
                                 file, Printable(name)));
    files.insert(*in_file);
    ++index.tensors;
  }
  const Json* metadata = json->Find("metadata");
  if (metadata != nullptr)
    index.total_bytes = std::max<int64_t>(0, metadata->IntOr("total_size", 0));
  index.files.assign(files.begin(), files.end());
  return index;
}

Result<ModelShape> ReadHfConfig(std::string_view text, std::string_view file) {
  const Result<Json> json = ParseSparse(text);
  if (!json.ok()) return Corrupt(fmt::format("`{}` at offset 0: {}", file, json.error().message()));
  const Json* nested = json->Find("text_config");
  const Json& config = nested != nullptr && nested->IsObject() ? *nested : *json;
  ModelShape shape;
  shape.id = config.StringOr("_name_or_path", json->StringOr("_name_or_path", file));
  shape.arch = config.StringOr("model_type", "unknown");
  shape.family = shape.arch;
  shape.source = fmt::format("`{}`", file);
  shape.evidence = ShapeEvidence::kApproximate;
  shape.layers = First(config, {"num_hidden_layers", "n_layer", "num_layers", "n_layers"}, 0);
  shape.hidden = First(config, {"hidden_size", "n_embd", "d_model"}, 0);
  if (shape.layers <= 0 || shape.hidden <= 0) {
    return InvalidInput(fmt::format("`{}` has no `num_hidden_layers` or `hidden_size`", file));
  }
  shape.heads = First(config, {"num_attention_heads", "n_head", "n_heads"},
                      std::max<int64_t>(1, shape.hidden / 128));
  shape.kv_heads = First(config, {"num_key_value_heads"}, shape.heads);
  shape.head_dim = First(config, {"head_dim"}, shape.heads > 0 ? shape.hidden / shape.heads : 0);
  shape.v_head_dim = First(config, {"v_head_dim"}, shape.head_dim);
  shape.intermediate = First(config, {"intermediate_size", "n_inner", "ffn_dim"},
                             4 * std::min<int64_t>(shape.hidden, 1 << 21));
  shape.vocab = First(config, {"vocab_size"}, 0);
  shape.tied = config.BoolOr("tie_word_embeddings", json->BoolOr("tie_word_embeddings", false));
  shape.qkv_bias = shape.arch == "qwen2" || config.BoolOr("attention_bias", false);
  shape.qk_norm =
      shape.arch.starts_with("qwen3") || shape.arch.starts_with("gemma3") || shape.arch == "olmo2";
  shape.norms_per_layer = shape.arch == "gemma2" || shape.arch.starts_with("gemma3") ? 4 : 2;
  const bool plain = shape.arch == "gpt2" || shape.arch == "gpt_neox" || shape.arch == "falcon" ||
                     shape.arch == "phi" || shape.arch == "bloom" || shape.arch == "bert" ||
                     shape.arch == "mpt" || shape.arch == "opt";
  shape.mlp_matrices = plain ? 2 : 3;
  shape.max_context = First(config, {"max_position_embeddings", "n_positions"}, 0);
  shape.q_lora = First(config, {"q_lora_rank"}, 0);
  shape.kv_lora = First(config, {"kv_lora_rank"}, 0);
  shape.rope_dim = First(config, {"qk_rope_head_dim"}, 0);
  shape.nope_dim = First(config, {"qk_nope_head_dim"}, 0);
  if (shape.kv_lora > 0) shape.head_dim = shape.rope_dim + shape.nope_dim;
  shape.sliding_window = First(config, {"sliding_window"}, 0);
  shape.linear_key_heads = First(config, {"linear_num_key_heads"}, 0);
  shape.linear_value_heads = First(config, {"linear_num_value_heads"}, 0);
  shape.linear_head_dim = First(config, {"linear_value_head_dim"}, 0);
  shape.attention_gate = config.BoolOr("attn_output_gate", shape.arch.starts_with("qwen3_5"));
  ReadLayerTypes(config, shape);
  // Older configurations say it by a pattern: of so many layers, the last has no window.
  const int64_t pattern = First(config, {"sliding_window_pattern"}, 0);
  if (shape.sliding_layers == 0 && shape.sliding_window > 0 && pattern > 1)
    shape.sliding_layers = shape.layers - shape.layers / pattern;
  ReadMixture(config, shape);
  TRY(CheckShape(shape));
  const std::vector<Tensor> tensors = TensorsOf(shape);
  Wide idle = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.expert && shape.experts > 0)
      idle += tensor.count() * (shape.experts - std::min(shape.experts, shape.experts_per_token)) /
              shape.experts;
  }
  shape.params_total = Clamp(CountParams(tensors));
  shape.params_active = Clamp(CountParams(tensors) - idle -
                              (shape.tied ? Wide{0} : Wide{shape.vocab} * shape.hidden));
  return shape;
}

namespace {

WeightFormat LinearOnly(std::string name, double bits) {
  WeightFormat format;
  format.kind = FormatKind::kLinearOnly;
  format.name = std::move(name);
  format.bits = bits;
  return format;
}

// A scale of 16 bits and a zero point of as many bits as a weight for each group.
WeightFormat Grouped(std::string_view method, int64_t bits, int64_t group) {
  const double shared = group > 0 ? static_cast<double>(16 + bits) / static_cast<double>(group) : 0;
  return LinearOnly(fmt::format("{} {} bit, groups of {}", method, bits, group),
                    static_cast<double>(bits) + shared);
}

std::optional<WeightFormat> OfBitsAndBytes(const Json& config) {
  if (config.BoolOr("load_in_8bit", false)) return *UnderstandFormat("int8");
  if (!config.BoolOr("load_in_4bit", false)) return std::nullopt;
  const std::string type = config.StringOr("bnb_4bit_quant_type", "fp4") == "nf4" ? "nf4" : "fp4";
  const bool twice = config.BoolOr("bnb_4bit_use_double_quant", false);
  return *UnderstandFormat(twice ? type + "-dq" : (type == "fp4" ? "bnb.fp4" : type));
}

}  // namespace

std::optional<WeightFormat> QuantisationOfHfConfig(std::string_view text) {
  const Result<Json> json = ParseSparse(text);
  if (!json.ok()) return std::nullopt;
  const Json* hub = json->Find("quantization_config");
  const Json* mlx = json->Find("quantization");
  const bool is_mlx = hub == nullptr || !hub->IsObject();
  const Json* config = is_mlx ? mlx : hub;
  if (config == nullptr || !config->IsObject()) return std::nullopt;
  const std::string method = config->StringOr("quant_method", is_mlx ? "mlx" : "");
  const int64_t bits = First(*config, {"bits", "w_bit"}, 4);
  if (bits < 1 || bits > 16) return std::nullopt;
  if (method == "gptq" || method == "awq")
    return Grouped(method, bits, First(*config, {"group_size", "q_group_size"}, 128));
  // MLX keeps a 16-bit scale and a 16-bit bias for each group, of tables and head too.
  if (method == "mlx" && config->Find("bits") != nullptr) {
    const int64_t group = std::max<int64_t>(1, First(*config, {"group_size"}, 64));
    WeightFormat format = LinearOnly(fmt::format("mlx {} bit", bits),
                                     static_cast<double>(bits) + 32.0 / static_cast<double>(group));
    format.head_bits = format.bits;
    return format;
  }
  if (method == "bitsandbytes") return OfBitsAndBytes(*config);
  if (method == "fp8" || method == "mxfp4") return *UnderstandFormat(method);
  if (method == "exl2") {
    const auto stated =
        config->Find("bits") == nullptr ? std::nullopt : config->Find("bits")->AsDouble();
    if (stated && *stated >= 1 && *stated <= 16) return LinearOnly("exl2", *stated);
  }
  return std::nullopt;
}

int64_t BytesOf(const std::vector<StoredTensor>& tensors) {
  Wide sum = 0;
  for (const StoredTensor& tensor : tensors) sum += tensor.bytes;
  return Clamp(sum);
}

int64_t CountOf(const std::vector<StoredTensor>& tensors) {
  Wide sum = 0;
  for (const StoredTensor& tensor : tensors) sum += Elements(tensor.sizes).value_or(0);
  return Clamp(sum);
}

}  // namespace curbstop::fit
