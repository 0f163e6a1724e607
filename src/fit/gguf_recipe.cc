#include "fit/gguf_recipe.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "base/text.h"

namespace curbstop::fit {
namespace {

using enum GgufRecipe;
using T = GgufType;

struct RecipeInfo {
  GgufRecipe recipe;
  std::string_view name;
  GgufType base;
};

constexpr RecipeInfo kRecipes[] = {
    {kF32, "F32", T::kF32},
    {kF16, "F16", T::kF16},
    {kBf16, "BF16", T::kBf16},
    {kQ4_0, "Q4_0", T::kQ4_0},
    {kQ4_1, "Q4_1", T::kQ4_1},
    {kQ5_0, "Q5_0", T::kQ5_0},
    {kQ5_1, "Q5_1", T::kQ5_1},
    {kQ8_0, "Q8_0", T::kQ8_0},
    {kQ2_K, "Q2_K", T::kQ2_K},
    {kQ2_K_S, "Q2_K_S", T::kQ2_K},
    {kQ3_K_S, "Q3_K_S", T::kQ3_K},
    {kQ3_K_M, "Q3_K_M", T::kQ3_K},
    {kQ3_K_L, "Q3_K_L", T::kQ3_K},
    {kQ4_K_S, "Q4_K_S", T::kQ4_K},
    {kQ4_K_M, "Q4_K_M", T::kQ4_K},
    {kQ5_K_S, "Q5_K_S", T::kQ5_K},
    {kQ5_K_M, "Q5_K_M", T::kQ5_K},
    {kQ6_K, "Q6_K", T::kQ6_K},
    {kIq1_S, "IQ1_S", T::kIq1_S},
    {kIq1_M, "IQ1_M", T::kIq1_M},
    {kIq2_XXS, "IQ2_XXS", T::kIq2_XXS},
    {kIq2_XS, "IQ2_XS", T::kIq2_XS},
    {kIq2_S, "IQ2_S", T::kIq2_XS},
    {kIq2_M, "IQ2_M", T::kIq2_S},
    {kIq3_XXS, "IQ3_XXS", T::kIq3_XXS},
    {kIq3_XS, "IQ3_XS", T::kIq3_S},
    {kIq3_S, "IQ3_S", T::kIq3_S},
    {kIq3_M, "IQ3_M", T::kIq3_S},
    {kIq4_NL, "IQ4_NL", T::kIq4_NL},
    {kIq4_XS, "IQ4_XS", T::kIq4_XS},
    {kTq1_0, "TQ1_0", T::kTq1_0},
    {kTq2_0, "TQ2_0", T::kTq2_0},
    {kMxfp4Moe, "MXFP4", T::kMxfp4},
    {kNvfp4, "NVFP4", T::kNvfp4},
    {kQ1_0, "Q1_0", T::kQ1_0},
    {kQ2_0, "Q2_0", T::kQ2_0},
};

const RecipeInfo& InfoOf(GgufRecipe recipe) {
  const auto* found = std::find_if(std::begin(kRecipes), std::end(kRecipes),
                                   [&](const RecipeInfo& one) { return one.recipe == recipe; });
  CHECK(found != std::end(kRecipes));
  return *found;
}

bool IsAnyOf(GgufRecipe recipe, std::initializer_list<GgufRecipe> list) {
  return std::find(list.begin(), list.end(), recipe) != list.end();
}

bool IsVeryLow(GgufRecipe recipe) { return IsAnyOf(recipe, {kIq1_S, kIq1_M, kIq2_XXS, kIq2_XS}); }
bool IsLowIq2(GgufRecipe recipe) { return IsAnyOf(recipe, {kIq2_S, kIq2_M}); }

// The type that stands in where the wanted one's block does not divide a row.
GgufType Fallback(GgufType wanted) {
  switch (wanted) {
    case T::kQ4_K: return T::kQ5_0;
    case T::kQ5_K: return T::kQ5_1;
    case T::kQ6_K: return T::kQ8_0;
    case T::kQ2_K:
    case T::kQ3_K:
    case T::kTq1_0:
    case T::kTq2_0: return T::kQ4_0;
    default: return T::kIq4_NL;
  }
}

class Recipe {
 public:
  Recipe(const ModelShape& shape, GgufRecipe recipe, bool imatrix)
      : shape_(shape), recipe_(recipe), imatrix_(imatrix), base_(InfoOf(recipe).base) {}

  GgufType TypeOf(const Tensor& tensor) const {
    if (tensor.role == TensorRole::kVector || tensor.role == TensorRole::kRouter) return T::kF32;
    if (IsAnyOf(recipe_, {kF32, kF16, kBf16})) return base_;
    if (recipe_ == kMxfp4Moe) return tensor.expert ? T::kMxfp4 : T::kQ8_0;
    return Divides(Wanted(tensor), tensor.columns);
  }

 private:
  static GgufType Divides(GgufType wanted, int64_t columns) {
    if (columns % fit::InfoOf(wanted).block == 0) return wanted;
    const GgufType other = Fallback(wanted);
    return columns % fit::InfoOf(other).block == 0 ? other : T::kF16;
  }

  int64_t layers() const { return shape_.layers; }
  bool IsFirstEighth(int64_t i) const { return i < layers() / 8; }
  // The first eighth, the last eighth, every third between.
  bool More(int64_t i) const {
    return IsFirstEighth(i) || i >= 7 * layers() / 8 || (i - layers() / 8) % 3 == 2;
  }
  bool IsGrouped() const { return shape_.kv_heads > 0 && shape_.heads / shape_.kv_heads >= 4; }
  bool IsBig80() const { return layers() == 80 && shape_.heads != shape_.kv_heads; }
  bool Is(std::initializer_list<GgufRecipe> list) const { return IsAnyOf(recipe_, list); }

  GgufType Wanted(const Tensor& tensor) const {
    switch (tensor.role) {
      case TensorRole::kHead: return Head(tensor);
      case TensorRole::kTokenTable: return shape_.tied ? Head(tensor) : Table();
      case TensorRole::kAttnV: return AttnV(tensor.layer);
      case TensorRole::kAttnK: return AttnK();
      case TensorRole::kAttnQ: return AttnQ();
      case TensorRole::kAttnOut: return AttnOut();
      case TensorRole::kAttnQkv: return AttnQkv();
      case TensorRole::kFfnDown: return Down(tensor.layer);
      case TensorRole::kFfnGate:
      case TensorRole::kFfnUp: return Up(tensor.layer);
      default: return base_;
    }
  }

  GgufType Head(const Tensor& tensor) const {
    if (base_ == T::kQ8_0 || shape_.arch == "falcon" || tensor.columns % 256 != 0) return T::kQ8_0;
    if (IsVeryLow(recipe_) || IsLowIq2(recipe_) || recipe_ == kIq3_XXS) return T::kQ5_K;
    return T::kQ6_K;
  }

  GgufType Table() const {
    if (IsVeryLow(recipe_)) return T::kQ2_K;
    if (IsLowIq2(recipe_) || recipe_ == kIq3_XXS) return T::kIq3_S;
    if (Is({kTq1_0, kTq2_0})) return T::kQ4_K;
    return base_;
  }

  GgufType AttnV(int64_t i) const {
    GgufType type = PlainAttnV(i);
    if (IsBig80() && (type == T::kQ3_K || type == T::kQ4_K)) type = T::kQ5_K;
    return shape_.experts == 8 ? T::kQ8_0 : type;
  }

  GgufType PlainAttnV(int64_t i) const {
    const bool rich = IsGrouped() || shape_.experts >= 4;
    if (IsVeryLow(recipe_)) return rich ? T::kQ4_K : T::kQ2_K;
    if (IsLowIq2(recipe_)) return rich ? T::kQ4_K : T::kIq3_S;
    switch (recipe_) {
      case kQ2_K: return IsGrouped() ? T::kQ4_K : T::kQ3_K;
      case kQ2_K_S:
      case kIq3_XXS:
      case kIq3_XS:
      case kIq3_S: return IsGrouped() ? T::kQ4_K : base_;
      case kIq3_M: return T::kQ4_K;
      case kQ3_K_M: return i < 2 ? T::kQ5_K : T::kQ4_K;
      case kQ3_K_L: return T::kQ5_K;
      case kIq4_NL:
      case kIq4_XS: return IsGrouped() ? T::kQ5_K : base_;
      case kQ4_K_M:
      case kQ5_K_M: return More(i) ? T::kQ6_K : base_;
      case kQ4_K_S: return i < 4 ? T::kQ5_K : base_;
      default: return base_;
    }
  }

  GgufType AttnK() const { return shape_.experts == 8 ? T::kQ8_0 : AttnQ(); }

  GgufType AttnQ() const {
    if (recipe_ == kIq3_XS) return T::kIq3_XXS;
    if (recipe_ == kIq3_XXS) return T::kIq2_S;
    return base_;
  }

  GgufType AttnOut() const {
    if (shape_.arch == "falcon") return recipe_ == kQ3_K_L ? T::kQ4_K : base_;
    if (shape_.experts == 8 && !IsVeryLow(recipe_) && !IsLowIq2(recipe_) &&
        !Is({kQ4_0, kQ4_1, kQ5_0, kQ5_1, kQ8_0, kQ5_K_S, kQ5_K_M, kQ6_K})) {
      return T::kQ5_K;
    }
    if (Is({kIq1_S, kIq1_M})) return T::kIq2_XXS;
    if (IsLowIq2(recipe_) || recipe_ == kIq3_XXS) return T::kIq3_S;
    if (recipe_ == kQ2_K) return T::kQ3_K;
    if (Is({kQ3_K_M, kIq3_M})) return T::kQ4_K;
    return recipe_ == kQ3_K_L ? T::kQ5_K : base_;
  }

  GgufType AttnQkv() const {
    if (Is({kQ3_K_M, kQ3_K_L, kIq3_M})) return T::kQ4_K;
    if (recipe_ == kQ4_K_M) return T::kQ5_K;
    return recipe_ == kQ5_K_M ? T::kQ6_K : base_;
  }

  GgufType Down(int64_t i) const {
    if (IsVeryLow(recipe_)) return IsFirstEighth(i) ? T::kQ2_K : base_;
    if (IsLowIq2(recipe_)) return IsFirstEighth(i) ? T::kIq3_S : base_;
    switch (recipe_) {
      case kQ2_K: return T::kQ3_K;
      case kQ2_K_S: return IsFirstEighth(i) ? T::kQ4_K : base_;
      case kIq3_XXS: return imatrix_ ? base_ : (IsFirstEighth(i) ? T::kQ4_K : T::kQ3_K);
      case kQ3_K_M: return i < layers() / 16 ? T::kQ5_K : T::kQ4_K;
      case kQ3_K_L: return T::kQ5_K;
      case kIq3_M: return IsFirstEighth(i) ? T::kQ4_K : base_;
      case kQ4_K_M:
        if (shape_.arch == "falcon")
          return i < layers() / 16 ? T::kQ6_K : (More(i) ? T::kQ5_K : base_);
        return More(i) ? T::kQ6_K : base_;
      case kQ5_K_M: return More(i) ? T::kQ6_K : base_;
      case kIq4_NL:
      case kIq4_XS: return IsFirstEighth(i) && !imatrix_ ? T::kQ5_K : base_;
      case kQ4_K_S: return IsFirstEighth(i) && shape_.arch != "falcon" ? T::kQ5_K : base_;
      default: return base_;
    }
  }

  GgufType Up(int64_t i) const {
    const bool middle = i >= layers() / 8 && i < 7 * layers() / 8;
    return recipe_ == kIq3_XS && middle ? T::kIq3_XXS : base_;
  }

  const ModelShape& shape_;
  const GgufRecipe recipe_;
  const bool imatrix_;
  const GgufType base_;
};

// Llama 3.1 and later carry the factors of their scaled rotation as a tensor.
bool HasRopeFactors(const ModelShape& shape) {
  return shape.arch == "llama" && shape.id.starts_with("llama-3.");
}

}  // namespace

std::string_view NameOf(GgufRecipe recipe) { return InfoOf(recipe).name; }

std::optional<GgufRecipe> RecipeOfName(std::string_view name) {
  const std::string wanted = Lower(name);
  for (const RecipeInfo& one : kRecipes) {
    if (Lower(one.name) == wanted) return one.recipe;
  }
  return std::nullopt;
}

bool UsuallyHasImportanceMatrix(GgufRecipe recipe) {
  return !IsAnyOf(recipe, {kIq4_NL, kIq4_XS}) && NameOf(recipe).starts_with("IQ");
}

std::vector<TypedTensor> ApplyRecipe(const ModelShape& shape, GgufRecipe recipe, bool imatrix) {
  const Recipe rules(shape, recipe, imatrix);
  const std::vector<Tensor> tensors = TensorsOf(shape);
  std::vector<TypedTensor> typed;
  typed.reserve(tensors.size() + 1);
  for (const Tensor& tensor : tensors) typed.push_back({tensor, rules.TypeOf(tensor)});
  if (HasRopeFactors(shape)) {
    typed.push_back({{TensorRole::kVector, -1, shape.head_dim / 2, 1, false}, GgufType::kF32});
  }
  return typed;
}

Wide GgufTensorBytes(const ModelShape& shape, GgufRecipe recipe, bool imatrix) {
  Wide sum = 0;
  for (const TypedTensor& one : ApplyRecipe(shape, recipe, imatrix)) sum += one.bytes();
  return sum;
}

}  // namespace curbstop::fit
