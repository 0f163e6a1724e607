#include "fit/gguf_header.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/text.h"
#include "fit/byte_reader.h"

namespace curbstop::fit {
namespace {

constexpr uint64_t kMostTensors = uint64_t{1} << 17;  // of the largest model published, some 1,100
constexpr uint64_t kMostPairs = uint64_t{1} << 16;
constexpr uint64_t kMostName = 512;
constexpr uint64_t kMostText = uint64_t{1} << 16;  // of a kept text; longer ones are walked over
constexpr uint64_t kMostKept = 4096;               // of an array's numbers: one for each layer
constexpr uint64_t kMostRowLength = uint64_t{1} << 40;

enum ValueType : uint32_t {
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kFloat32,
  kBool,
  kText,
  kArray,
  kU64,
  kI64,
  kFloat64
};

// 0: not of fixed size.
size_t SizeOf(uint32_t type) {
  constexpr size_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < std::size(kSizes) ? kSizes[type] : 0;
}

class Reader {
 public:
  explicit Reader(ByteSource& source) : in_(source) {}

  Result<GgufHeader> Read() {
    TRY_ASSIGN(const std::string_view magic, in_.Take(4));
    if (magic != "GGUF") return in_.WrongAt(0, "expected the letters GGUF");
    TRY_ASSIGN(header_.version, in_.Number<uint32_t>());
    if (header_.version != 2 && header_.version != 3) {
      return in_.WrongAt(4, fmt::format("version {}, expected 2 or 3", header_.version));
    }
    TRY_ASSIGN(const uint64_t tensors, in_.Number<uint64_t>());
    TRY_ASSIGN(const uint64_t pairs, in_.Number<uint64_t>());
    if (tensors > kMostTensors)
      return in_.WrongAt(8, fmt::format("{} tensors, expected at most {}", tensors, kMostTensors));
    if (pairs > kMostPairs)
      return in_.WrongAt(16, fmt::format("{} pairs, expected at most {}", pairs, kMostPairs));
    for (uint64_t i = 0; i < pairs; ++i) TRY(Pair());
    for (uint64_t i = 0; i < tensors; ++i) TRY(OneTensor());
    header_.split_count = NumberOr("split.count", 0);
    header_.split_number = NumberOr("split.no", 0);
    const int64_t alignment = std::clamp<int64_t>(NumberOr("general.alignment", 32), 1, 1 << 20);
    header_.data_at = Clamp(RoundUp(Wide{in_.offset()}, alignment));
    return std::move(header_);
  }

 private:
  int64_t NumberOr(std::string_view key, int64_t fallback) const {
    const auto found = header_.numbers.find(key);
    return found == header_.numbers.end() ? fallback : found->second;
  }

  Status CheckLength() const {
    if (in_.offset() <= static_cast<uint64_t>(kMostHeaderBytes)) return {};
    return in_.Wrong(fmt::format("a header above {} MiB", kMostHeaderBytes >> 20));
  }

  Status SkipText() {
    TRY_ASSIGN(const uint64_t length, in_.Number<uint64_t>());
    return in_.Skip(length);
  }

  Result<std::string> Name() {
    const uint64_t at = in_.offset();
    TRY_ASSIGN(const uint64_t length, in_.Number<uint64_t>());
    if (length < 1 || length > kMostName) {
      // Where even the file is shorter, that is the plainer thing to say.
      if (length > in_.left()) return in_.Take(length).error();
      return in_.WrongAt(at,
                         fmt::format("a name of {} bytes, expected 1 to {}", length, kMostName));
    }
    TRY_ASSIGN(const std::string_view name, in_.Take(length));
    return std::string(name);
  }

  Status Pair() {
    TRY(CheckLength());
    TRY_ASSIGN(const std::string key, Name());
    const uint64_t at = in_.offset();
    TRY_ASSIGN(const uint32_t type, in_.Number<uint32_t>());
    if (type == kText) return OneText(key);
    if (type == kArray) return Array(key);
    return Scalar(key, type, at);
  }

  Status OneText(const std::string& key) {
    TRY_ASSIGN(const uint64_t length, in_.Number<uint64_t>());
    if (length > kMostText) return in_.Skip(length);
    TRY_ASSIGN(const std::string_view text, in_.Take(length));
    header_.texts[key] = std::string(text);
    return {};
  }

  Status Scalar(const std::string& key, uint32_t type, uint64_t at) {
    if (SizeOf(type) == 0)
      return in_.WrongAt(at, fmt::format("value type {}, expected 0 to 12", type));
    TRY_ASSIGN(const std::string_view bytes, in_.Take(SizeOf(type)));
    if (const auto number = WholeNumber(bytes, type)) header_.numbers[key] = *number;
    return {};
  }

  static std::optional<int64_t> WholeNumber(std::string_view bytes, uint32_t type) {
    if (type == kFloat32 || type == kFloat64) return std::nullopt;
    const bool is_signed = type == kI8 || type == kI16 || type == kI32 || type == kI64;
    uint64_t value = is_signed && !bytes.empty() && static_cast<unsigned char>(bytes.back()) >= 0x80
                         ? ~uint64_t{0}
                         : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    if (!is_signed && value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      return std::nullopt;
    return static_cast<int64_t>(value);
  }

  Status Array(const std::string& key) {
    const uint64_t at = in_.offset();
    TRY_ASSIGN(const uint32_t type, in_.Number<uint32_t>());
    TRY_ASSIGN(const uint64_t count, in_.Number<uint64_t>());
    // Eight bytes are the least that a text takes, so that a claim of 2^60 texts ends at once.
    const size_t size = type == kText ? 8 : SizeOf(type);
    if (size == 0)
      return in_.WrongAt(at, fmt::format("an array of type {}, expected numbers or texts", type));
    if (count > in_.left() / size)
      return in_.WrongAt(at, fmt::format("an array of {} {} does not fit into the {} bytes left",
                                         count, type == kText ? "texts" : "numbers", in_.left()));
    if (type == kText) return SkipTexts(key, count);
    const uint64_t kept = std::min<uint64_t>(count, kMostKept) * size;
    TRY_ASSIGN(const std::string_view bytes, in_.Take(kept));
    KeepMost(key, type, bytes);
    return in_.Skip(count * size - kept);
  }

  Status SkipTexts(const std::string& key, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      TRY(SkipText());
      if (i % 4096 == 0) TRY(CheckLength());
    }
    header_.numbers[key + ".count"] = static_cast<int64_t>(count);
    return {};
  }

  // Per-layer numbers (heads of each layer): the largest stands for all.
  void KeepMost(const std::string& key, uint32_t type, std::string_view bytes) {
    const size_t size = SizeOf(type);
    for (size_t i = 0; i < bytes.size() / size; ++i) {
      const auto number = WholeNumber(bytes.substr(i * size, size), type);
      if (!number) return;
      auto [kept, is_new] = header_.numbers.try_emplace(key, *number);
      if (!is_new) kept->second = std::max(kept->second, *number);
    }
  }

  Status OneTensor() {
    TRY(CheckLength());
    GgufTensor tensor;
    TRY_ASSIGN(tensor.name, Name());
    const uint64_t at = in_.offset();
    TRY_ASSIGN(const uint32_t dimensions, in_.Number<uint32_t>());
    if (dimensions < 1 || dimensions > 4)
      return in_.WrongAt(at, fmt::format("{} dimensions, expected 1 to 4", dimensions));
    Wide elements = 1;
    for (uint32_t i = 0; i < dimensions; ++i) {
      const uint64_t here = in_.offset();
      TRY_ASSIGN(const uint64_t size, in_.Number<uint64_t>());
      if (size < 1 || size > kMostRowLength)
        return in_.WrongAt(
            here, fmt::format("a dimension of {}, expected 1 to {}", size, kMostRowLength));
      elements *= static_cast<int64_t>(size);
      if (elements > (Wide{1} << 60))
        return in_.WrongAt(here, "a tensor of more than 2^60 elements");
      tensor.sizes.push_back(static_cast<int64_t>(size));
    }
    const uint64_t type_at = in_.offset();
    TRY_ASSIGN(const uint32_t type, in_.Number<uint32_t>());
    const auto known = TypeOfNumber(type);
    if (!known) return in_.WrongAt(type_at, fmt::format("tensor type {} is not known", type));
    tensor.type = *known;
    TRY_ASSIGN(tensor.offset, in_.Number<uint64_t>());
    header_.tensors.push_back(std::move(tensor));
    return {};
  }

  ByteReader in_;
  GgufHeader header_;
};

struct RoleName {
  std::string_view text;
  TensorRole role;
};
// The first whose text ends a tensor's name (without ".weight") is its role.
constexpr RoleName kRoles[] = {
    {"token_embd", TensorRole::kTokenTable}, {"per_layer_token_embd", TensorRole::kLayerTable},
    {"output", TensorRole::kHead},           {"attn_q", TensorRole::kAttnQ},
    {"attn_k", TensorRole::kAttnK},          {"attn_v", TensorRole::kAttnV},
    {"attn_qkv", TensorRole::kAttnQkv},      {"attn_output", TensorRole::kAttnOut},
    {"ffn_gate_inp", TensorRole::kRouter},   {"ffn_gate", TensorRole::kFfnGate},
    {"ffn_up", TensorRole::kFfnUp},          {"ffn_down", TensorRole::kFfnDown},
    {"ffn_gate_exps", TensorRole::kFfnGate}, {"ffn_up_exps", TensorRole::kFfnUp},
    {"ffn_down_exps", TensorRole::kFfnDown}};

// "blk.12.attn_q.weight": layer 12, "attn_q".
std::pair<int64_t, std::string_view> SplitName(std::string_view name) {
  int64_t layer = -1;
  if (name.starts_with("blk.")) {
    name.remove_prefix(4);
    const size_t point = name.find('.');
    if (point != std::string_view::npos && point < 6 && IsDigits(name.substr(0, point))) {
      layer = 0;
      for (const char c : name.substr(0, point)) layer = layer * 10 + (c - '0');
      name.remove_prefix(point + 1);
    }
  }
  if (name.ends_with(".weight")) name.remove_suffix(7);
  return {layer, name};
}

TypedTensor TypedOf(const GgufTensor& tensor) {
  const auto [layer, name] = SplitName(tensor.name);
  Tensor typed;
  typed.layer = layer;
  typed.columns = tensor.sizes.empty() ? 0 : tensor.sizes[0];
  typed.rows = 1;
  for (size_t i = 1; i < tensor.sizes.size(); ++i) typed.rows *= tensor.sizes[i];
  typed.expert = name.ends_with("_exps");
  typed.role = tensor.sizes.size() < 2 ? TensorRole::kVector : TensorRole::kAttnOther;
  for (const RoleName& role : kRoles) {
    if (name == role.text && tensor.sizes.size() >= 2) typed.role = role.role;
  }
  return {typed, tensor.type};
}

class Shaper {
 public:
  Shaper(const GgufHeader& header, std::string_view file) : header_(header), file_(file) {}

  Result<ModelShape> Shape() {
    const auto arch = header_.texts.find("general.architecture");
    if (arch == header_.texts.end())
      return InvalidInput(
          fmt::format("`{}` names no architecture; it is no language model", file_));
    arch_ = arch->second;
    ModelShape shape;
    shape.arch = arch_;
    shape.family = arch_;
    const auto name = header_.texts.find("general.name");
    shape.id = name == header_.texts.end() ? std::string(file_) : name->second;
    shape.source = "header of the file";
    shape.layers = Get("block_count", 0);
    shape.hidden = Get("embedding_length", 0);
    shape.heads = Get("attention.head_count", 0);
    if (shape.layers <= 0 || shape.hidden <= 0) {
      return InvalidInput(fmt::format("`{}` has no `{}.block_count` or `{}.embedding_length`",
                                      file_, arch_, arch_));
    }
    shape.kv_heads = Get("attention.head_count_kv", shape.heads);
    shape.head_dim = Get("attention.key_length", shape.heads > 0 ? shape.hidden / shape.heads : 0);
    shape.v_head_dim = Get("attention.value_length", shape.head_dim);
    shape.intermediate = Get("feed_forward_length", 0);
    shape.max_context = Get("context_length", 0);
    Experts(shape);
    Attention(shape);
    Tensors(shape);
    TRY(CheckShape(shape));
    return shape;
  }

 private:
  int64_t Get(std::string_view key, int64_t fallback) const {
    const auto found = header_.numbers.find(fmt::format("{}.{}", arch_, key));
    return found == header_.numbers.end() ? fallback : found->second;
  }

  void Experts(ModelShape& shape) const {
    shape.experts = Get("expert_count", 0);
    shape.experts_per_token = Get("expert_used_count", 0);
    shape.shared_experts = Get("expert_shared_count", 0);
    shape.expert_intermediate =
        Get("expert_feed_forward_length", shape.experts > 0 ? shape.intermediate : 0);
    shape.first_dense_layers = Get("leading_dense_block_count", 0);
  }

  void Attention(ModelShape& shape) const {
    shape.kv_lora = Get("attention.kv_lora_rank", 0);
    shape.q_lora = Get("attention.q_lora_rank", 0);
    shape.rope_dim = shape.kv_lora > 0 ? Get("rope.dimension_count", 64) : 0;
    shape.nope_dim = shape.kv_lora > 0 ? std::max<int64_t>(0, shape.head_dim - shape.rope_dim) : 0;
    shape.sliding_window = Get("attention.sliding_window", 0);
    // How many layers have a window follows from the architecture, not from the header.
    const bool every_sixth_full = arch_ == "gemma3" || arch_ == "gemma3n" || arch_ == "gemma4";
    const bool every_second = arch_ == "gemma2" || arch_ == "gpt-oss";
    if (shape.sliding_window > 0 && every_sixth_full)
      shape.sliding_layers = shape.layers - shape.layers / 6;
    if (shape.sliding_window > 0 && every_second) shape.sliding_layers = shape.layers / 2;
    const int64_t interval = Get("full_attention_interval", 0);
    if (interval > 1) shape.linear_layers = shape.layers - shape.layers / interval;
    shape.linear_head_dim = Get("ssm.state_size", 0);
    shape.linear_value_heads = Get("ssm.time_step_rank", 0);
    shape.linear_key_heads = Get("ssm.group_count", 0);
  }

  void Tensors(ModelShape& shape) const {
    bool has_head = false;
    Wide total = 0;
    Wide table = 0;
    Wide idle = 0;
    for (const GgufTensor& tensor : header_.tensors) {
      const TypedTensor typed = TypedOf(tensor);
      total += typed.tensor.count();
      if (typed.tensor.role == TensorRole::kHead) has_head = true;
      if (typed.tensor.role == TensorRole::kTokenTable) {
        shape.vocab = typed.tensor.rows;
        table = typed.tensor.count();
      }
      if (typed.tensor.expert && shape.experts > 0) {
        idle += typed.tensor.count() *
                (shape.experts - std::min(shape.experts, shape.experts_per_token)) / shape.experts;
      }
    }
    shape.tied = !has_head;
    shape.params_total = Clamp(total);
    shape.params_active = Clamp(total - idle - (has_head ? table : 0));
  }

  const GgufHeader& header_;
  const std::string_view file_;
  std::string arch_;
};

}  // namespace

Result<GgufHeader> ReadGgufHeader(ByteSource& source) { return Reader(source).Read(); }

Result<GgufHeader> ReadGgufHeader(std::string_view bytes, std::string_view file) {
  BytesInMemory source(bytes, file);
  return ReadGgufHeader(source);
}

Status CheckGgufData(const GgufHeader& header, std::string_view file, uint64_t file_bytes) {
  for (const GgufTensor& tensor : header.tensors) {
    const TypedTensor typed = TypedOf(tensor);
    const Wide begin = Wide{header.data_at} + tensor.offset;
    const Wide end = begin + typed.bytes();
    if (end <= Wide{file_bytes}) continue;
    return Corrupt(
               fmt::format("`{}` at offset {}: tensor `{}` of {} bytes is cut, the file ends at "
                           "{}",
                           file, Clamp(begin), Printable(tensor.name), Clamp(typed.bytes()),
                           file_bytes))
        .WithHint("its download was not finished?");
  }
  return {};
}

Result<ModelShape> ShapeOfGguf(const GgufHeader& header, std::string_view file) {
  return Shaper(header, file).Shape();
}

Result<WeightFormat> FormatOfGguf(const std::vector<GgufHeader>& headers, std::string_view file) {
  auto tensors = std::make_shared<std::vector<TypedTensor>>();
  for (const GgufHeader& header : headers) {
    for (const GgufTensor& tensor : header.tensors) tensors->push_back(TypedOf(tensor));
  }
  if (tensors->empty()) return InvalidInput(fmt::format("`{}` holds no tensors", file));
  WeightFormat format;
  format.kind = FormatKind::kGguf;
  format.name = "as in the file";
  format.tensors = std::move(tensors);
  return format;
}

}  // namespace curbstop::fit
