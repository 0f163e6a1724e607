#include "fit/model_files.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
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
constexpr uint64_t kMostJson = uint64_t{16} << 20;
constexpr size_t kMostTensors = size_t{1} << 20;

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
    if (data > 0 && at > data)
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

Result<std::vector<StoredTensor>> ReadSafetensorsHeader(std::string_view bytes, int64_t file_bytes,
                                                        std::string_view file) {
  ByteReader in(bytes, file);
  TRY_ASSIGN(const uint64_t length, in.Number<uint64_t>());
  if (length > kMostJson)
    return in.WrongAt(0,
                      fmt::format("a header of {} bytes, expected at most {}", length, kMostJson));
  TRY_ASSIGN(const std::string_view text, in.Take(length));
  const Result<Json> json = ParseJson(text);
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
  const int64_t data = file_bytes > 0 ? file_bytes - static_cast<int64_t>(in.offset()) : 0;
  TRY(CheckPlaces(placed, data, file, in.offset()));
  std::vector<StoredTensor> tensors;
  for (Placed& one : placed) tensors.push_back(std::move(one.tensor));
  return tensors;
}

Result<SafetensorsIndex> ReadSafetensorsIndex(std::string_view text, std::string_view file) {
  const Result<Json> json = ParseJson(text);
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
  const Result<Json> json = ParseJson(text);
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

// Protocol buffers, as much of them as a model's header needs.
class Protobuf {
 public:
  Protobuf(std::string_view bytes, std::string_view what, size_t base) : in_(bytes, what, base) {}

  struct Field {
    uint64_t number = 0;
    uint64_t value = 0;      // varint and fixed
    std::string_view bytes;  // of what is length-delimited
    size_t offset = 0;       // of those bytes
    bool is_bytes = false;
  };

  bool AtEnd() const { return in_.AtEnd(); }

  Result<Field> Next() {
    Field field;
    const size_t at = in_.offset();
    TRY_ASSIGN(const uint64_t key, Varint());
    field.number = key >> 3;
    switch (key & 7) {
      case 0: {
        TRY_ASSIGN(field.value, Varint());
        return field;
      }
      case 1: {
        TRY_ASSIGN(field.value, in_.Number<uint64_t>());
        return field;
      }
      case 2: {
        TRY_ASSIGN(const uint64_t length, Varint());
        field.offset = in_.offset();
        field.is_bytes = true;
        TRY_ASSIGN(field.bytes, in_.Take(length));
        return field;
      }
      case 5: {
        TRY_ASSIGN(const uint32_t value, in_.Number<uint32_t>());
        field.value = value;
        return field;
      }
      default:
        return in_.WrongAt(
            at, fmt::format("wire type {} of field {} is not known", key & 7, field.number));
    }
  }

  Result<uint64_t> Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      TRY_ASSIGN(const uint8_t byte, in_.Number<uint8_t>());
      value |= uint64_t{byte & 0x7Fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return in_.Wrong("a number of more than ten bytes");
  }

  Error Wrong(size_t offset, std::string_view why) const { return in_.WrongAt(offset, why); }

 private:
  ByteReader in_;
};

struct OnnxType {
  uint64_t number;
  std::string_view name;
  int64_t bits;
};
constexpr OnnxType kOnnxTypes[] = {
    {1, "F32", 32},     {2, "U8", 8},       {3, "I8", 8},       {4, "U16", 16},
    {5, "I16", 16},     {6, "I32", 32},     {7, "I64", 64},     {9, "BOOL", 8},
    {10, "F16", 16},    {11, "F64", 64},    {12, "U32", 32},    {13, "U64", 64},
    {14, "C64", 64},    {16, "BF16", 16},   {17, "F8_E4M3", 8}, {18, "F8_E4M3", 8},
    {19, "F8_E5M2", 8}, {20, "F8_E5M2", 8}, {21, "U4", 4},      {22, "I4", 4}};

Status AddSize(uint64_t size, std::vector<int64_t>& sizes, const Protobuf& in, size_t offset) {
  if (size > (uint64_t{1} << 60) || sizes.size() >= 64)
    return in.Wrong(offset, fmt::format("a dimension of {}", size));
  sizes.push_back(static_cast<int64_t>(size));
  return {};
}

Result<StoredTensor> OnnxTensor(std::string_view bytes, std::string_view file, size_t base) {
  Protobuf in(bytes, file, base);
  StoredTensor tensor;
  uint64_t type = 0;
  while (!in.AtEnd()) {
    TRY_ASSIGN(const Protobuf::Field field, in.Next());
    if (field.number == 1 && field.is_bytes) {
      Protobuf packed(field.bytes, file, field.offset);
      while (!packed.AtEnd()) {
        TRY_ASSIGN(const uint64_t size, packed.Varint());
        TRY(AddSize(size, tensor.sizes, in, field.offset));
      }
    } else if (field.number == 1) {
      TRY(AddSize(field.value, tensor.sizes, in, base));
    } else if (field.number == 2) {
      type = field.value;
    } else if (field.number == 8 && field.is_bytes) {
      tensor.name = std::string(field.bytes.substr(0, 512));
    }
  }
  const auto* known = std::find_if(std::begin(kOnnxTypes), std::end(kOnnxTypes),
                                   [&](const OnnxType& one) { return one.number == type; });
  const auto count = Elements(tensor.sizes);
  if (!count) return in.Wrong(base, "a tensor of more than 2^60 elements");
  if (known == std::end(kOnnxTypes)) {
    tensor.type = fmt::format("type {}", type);
    return tensor;
  }
  tensor.type = std::string(known->name);
  tensor.bytes = Clamp(CeilDiv(Wide{*count} * known->bits, 8));
  return tensor;
}

}  // namespace

Result<std::vector<StoredTensor>> ReadOnnxHeader(std::string_view bytes, std::string_view file) {
  Protobuf model(bytes, file, 0);
  std::vector<StoredTensor> tensors;
  bool has_graph = false;
  while (!model.AtEnd()) {
    TRY_ASSIGN(const Protobuf::Field part, model.Next());
    if (part.number != 7 || !part.is_bytes) continue;
    has_graph = true;
    Protobuf graph(part.bytes, file, part.offset);
    while (!graph.AtEnd()) {
      TRY_ASSIGN(const Protobuf::Field field, graph.Next());
      if (field.number != 5 || !field.is_bytes) continue;
      if (tensors.size() >= kMostTensors)
        return graph.Wrong(field.offset, fmt::format("more than {} tensors", kMostTensors));
      TRY_ASSIGN(StoredTensor tensor, OnnxTensor(field.bytes, file, field.offset));
      tensors.push_back(std::move(tensor));
    }
  }
  if (!has_graph)
    return Corrupt(
        fmt::format("`{}` at offset {}: no graph; it is no ONNX model", file, bytes.size()));
  return tensors;
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
