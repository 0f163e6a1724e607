#include "fit/weights.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop::fit {
namespace {

struct Named {
  std::string_view text;
  FormatKind kind;
  double bits;
  double head_bits;
};

// The first that stands in the text is meant, so longer names come first.
constexpr Named kNamed[] = {
    {"nf4-dq", FormatKind::kLinearOnly, 4 + 8.0 / 64 + 32.0 / (64 * 256), 16},
    {"fp4-dq", FormatKind::kLinearOnly, 4 + 8.0 / 64 + 32.0 / (64 * 256), 16},
    {"nvfp4", FormatKind::kLinearOnly, 4.5, 16},
    {"mxfp4", FormatKind::kLinearOnly, 4.25, 16},
    {"mxfp8", FormatKind::kLinearOnly, 8.25, 16},
    {"nf4", FormatKind::kLinearOnly, 4.5, 16},
    {"bnb.fp4", FormatKind::kLinearOnly, 4.5, 16},
    {"float8", FormatKind::kPlain, 16, 16},  // torchao: weights stay bf16, products are fp8
    {"fp8", FormatKind::kLinearOnly, 8, 16},
    {"fp4", FormatKind::kLinearOnly, 4.5, 16},
    {"int8", FormatKind::kLinearOnly, 8.02, 16},
    {"awq", FormatKind::kLinearOnly, 4 + 20.0 / 128, 16},
    {"gptq", FormatKind::kLinearOnly, 4 + 20.0 / 128, 16},
    {"hqq", FormatKind::kLinearOnly, 4.5, 16},
    {"8bit", FormatKind::kLinearOnly, 8.5, 8.5},
    {"8-bit", FormatKind::kLinearOnly, 8.5, 8.5},
    {"4bit", FormatKind::kLinearOnly, 4.5, 4.5},
    {"4-bit", FormatKind::kLinearOnly, 4.5, 4.5},
    {"int4", FormatKind::kLinearOnly, 4.5, 16},
    {"w4a16", FormatKind::kLinearOnly, 4 + 20.0 / 128, 16},
    {"w8a8", FormatKind::kLinearOnly, 8, 16},
    {"bf16-mixed", FormatKind::kPlain, 32, 32},
    {"amp_bf16", FormatKind::kPlain, 32, 32},
    {"fp16 amp", FormatKind::kPlain, 32, 32},
    {"amp_fp8", FormatKind::kPlain, 32, 32},
    {"fp32/mixed", FormatKind::kPlain, 32, 32},
    {"mixed", FormatKind::kPlain, 32, 32},
    {"bf16", FormatKind::kPlain, 16, 16},
    {"bfloat16", FormatKind::kPlain, 16, 16},
    {"fp16", FormatKind::kPlain, 16, 16},
    {"float16", FormatKind::kPlain, 16, 16},
    {"half", FormatKind::kPlain, 16, 16},
    {"fp32", FormatKind::kPlain, 32, 32},
    {"float32", FormatKind::kPlain, 32, 32},
};

bool IsNameLetter(char c) { return IsLetter(c) || IsDigit(c) || c == '_'; }

// A recipe's name as a word of its own, the longest one: Q4_K_M and not Q4_K.
std::optional<GgufRecipe> RecipeIn(std::string_view text) {
  std::optional<GgufRecipe> best;
  size_t longest = 0;
  for (size_t start = 0; start < text.size();) {
    size_t end = start;
    while (end < text.size() && IsNameLetter(text[end])) ++end;
    const std::string_view word = text.substr(start, end - start);
    if (word.size() > longest) {
      if (const auto recipe = RecipeOfName(word)) best = recipe, longest = word.size();
    }
    start = end + 1;
  }
  return best;
}

WeightFormat OfRecipe(GgufRecipe recipe, std::string_view text) {
  WeightFormat format;
  format.kind = FormatKind::kGguf;
  format.recipe = recipe;
  format.name = std::string(NameOf(recipe));
  format.imatrix = UsuallyHasImportanceMatrix(recipe);
  format.custom_mix = text.find("ud-") != std::string_view::npos;
  return format;
}

// "UD-Q4_K_XL" is a custom mixture of about the size of Q4_K_M.
std::optional<WeightFormat> CustomMix(std::string_view text) {
  const size_t at = text.find("_k_xl");
  if (at == std::string_view::npos || at < 2) return std::nullopt;
  const std::string near =
      std::string(text.substr(at - 2, 2)) +
      (text[at - 1] == '4' || text[at - 1] == '5' || text[at - 1] == '3' ? "_k_m" : "_k");
  const auto recipe = RecipeOfName(text[at - 1] == '8' ? "q8_0" : near);
  if (!recipe) return std::nullopt;
  WeightFormat format = OfRecipe(*recipe, text);
  format.custom_mix = true;
  return format;
}

// The number behind `word`, as in "g128" and "EXL2 4.0bpw".
double NumberAfter(std::string_view text, std::string_view word) {
  const size_t at = text.find(word);
  if (at == std::string_view::npos) return 0;
  double number = 0;
  double step = 1;
  bool point = false;
  for (const char c : text.substr(at + word.size())) {
    if (c == '.') {
      point = true;
    } else if (IsDigit(c) && !point) {
      number = number * 10 + (c - '0');
    } else if (IsDigit(c)) {
      step /= 10;
      number += (c - '0') * step;
    } else if (number > 0 || point || c != ' ') {
      break;
    }
  }
  return number;
}

bool IsTable(TensorRole role) {
  return role == TensorRole::kTokenTable || role == TensorRole::kLayerTable;
}

double BitsOf(const Tensor& tensor, const WeightFormat& format) {
  if (format.kind == FormatKind::kPlain) return format.bits;
  if (tensor.role == TensorRole::kVector || tensor.role == TensorRole::kRouter) return 16;
  if (tensor.role == TensorRole::kHead || IsTable(tensor.role)) return format.head_bits;
  return format.bits;
}

Wide BytesIn(const Tensor& tensor, const WeightFormat& format) {
  return static_cast<Wide>(static_cast<double>(tensor.count()) * BitsOf(tensor, format) / 8);
}

}  // namespace

std::optional<WeightFormat> FormatInName(std::string_view name) {
  const std::string text = Lower(name);
  if (const auto mix = CustomMix(text)) return mix;
  if (const auto recipe = RecipeIn(text)) {
    if (text.find("bnb") == std::string::npos) return OfRecipe(*recipe, text);
  }
  return std::nullopt;
}

Result<WeightFormat> UnderstandFormat(std::string_view given) {
  const std::string text = Lower(Trim(given));
  // bf16 and friends are plain weights unless a GGUF file is meant by its spelling.
  const bool plain_name = text == "bf16" || text == "fp16" || text == "fp32";
  if (!plain_name) {
    const auto format = FormatInName(text);
    const bool is_plain = format && format->recipe <= GgufRecipe::kBf16;
    if (format && (!is_plain || RecipeOfName(text))) return *format;
  }
  if (text.find("exl2") != std::string::npos) {
    const double bits = std::clamp(NumberAfter(text, "exl2"), 2.0, 8.0);
    return WeightFormat{
        .kind = FormatKind::kLinearOnly, .name = text, .bits = bits, .head_bits = 16};
  }
  for (const Named& named : kNamed) {
    if (text.find(named.text) == std::string::npos) continue;
    WeightFormat format{.kind = named.kind,
                        .name = std::string(named.text),
                        .bits = named.bits,
                        .head_bits = named.head_bits};
    const double group = NumberAfter(text, " g");
    if (group > 0 && (named.text == "awq" || named.text == "gptq")) format.bits = 4 + 20 / group;
    return format;
  }
  if (text.find("ollama") != std::string::npos || text == "q4" || text.starts_with("q4 ")) {
    return OfRecipe(GgufRecipe::kQ4_K_M, text);
  }
  return InvalidInput(fmt::format("weight format `{}` is not known", Printable(given)))
      .WithHint("for example `Q4_K_M`, `bf16`, `nf4`, `nf4-dq`, `int8`, `AWQ g128`");
}

TensorList GgufTensors(const ModelShape& shape, const WeightFormat& format) {
  if (format.tensors != nullptr) return format.tensors;
  if (format.foretold != nullptr) return format.foretold;
  return std::make_shared<const std::vector<TypedTensor>>(
      ApplyRecipe(shape, format.recipe, format.imatrix));
}

WeightFormat Foretold(const ModelShape& shape, WeightFormat format) {
  if (format.kind == FormatKind::kGguf) format.foretold = GgufTensors(shape, format);
  return format;
}

Span WeightBytes(const ModelShape& shape, const WeightFormat& format) {
  if (format.stored_bytes > 0) return Exact(format.stored_bytes);
  const bool has_layout = shape.layers > 0 && shape.hidden > 0;
  double bits = format.bits;
  Wide sum = 0;
  if (format.kind == FormatKind::kGguf) {
    const TensorList tensors = GgufTensors(shape, format);
    for (const TypedTensor& one : *tensors) sum += one.bytes();
    if (format.tensors != nullptr) return Exact(sum);
  } else if (has_layout && format.kind != FormatKind::kPlain) {
    for (const auto& [tensor, times] : CountedTensorsOf(shape))
      sum += BytesIn(tensor, format) * times;
  } else {
    sum = static_cast<Wide>(static_cast<double>(shape.params_total) * bits / 8);
  }
  if (format.custom_mix) return Around(sum, 0.08, 0.12);
  switch (shape.evidence) {
    case ShapeEvidence::kCloses: return Exact(sum);
    case ShapeEvidence::kApproximate: return Around(sum, 0.05, 0.05);
    case ShapeEvidence::kFromSize: break;
  }
  return Around(sum, 0.2, 0.2);
}

int64_t ReadPerToken(const ModelShape& shape, const WeightFormat& format) {
  Wide sum = 0;
  const auto add = [&](const Tensor& tensor, Wide bytes, int64_t times) {
    if (IsTable(tensor.role) && !(shape.tied && tensor.role == TensorRole::kTokenTable)) return;
    if (tensor.expert)
      bytes = bytes * shape.experts_per_token / std::max<int64_t>(1, shape.experts);
    sum += bytes * times;
  };
  if (format.kind == FormatKind::kGguf) {
    const TensorList tensors = GgufTensors(shape, format);
    for (const TypedTensor& one : *tensors) add(one.tensor, one.bytes(), 1);
  } else {
    for (const auto& [tensor, times] : CountedTensorsOf(shape))
      add(tensor, BytesIn(tensor, format), times);
  }
  return Clamp(sum);
}

}  // namespace curbstop::fit
