#include "fit/engines.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "fit/llama_cpp.h"

namespace curbstop::fit {
namespace {

struct EngineFacts {
  TensorEngine engine;
  std::string_view name;
  int64_t step;  // prompt tokens computed at once; 0: all
  std::string_view source;
};
constexpr EngineFacts kEngines[] = {
    {TensorEngine::kTransformers, "transformers", 0, "huggingface/transformers, generation"},
    {TensorEngine::kExllama, "exllama", 2048, "turboderp/exllamav2@01d01a14"},
    {TensorEngine::kMlx, "mlx", 2048, "ml-explore/mlx-lm"},
    {TensorEngine::kOnnx, "onnxruntime", 0, "microsoft/onnxruntime"},
};

const EngineFacts& FactsOf(TensorEngine engine) { return kEngines[static_cast<size_t>(engine)]; }

bool Is(const WeightFormat& format, std::string_view name) {
  return format.name.find(name) != std::string::npos;
}

bool IsExpanded(const WeightFormat& format) {
  return Is(format, "nf4") || Is(format, "fp4") || Is(format, "int8");
}

class Engine : ByComponents {
 public:
  Engine(const ModelShape& shape, const WeightFormat& format, const TensorUse& use)
      : ByComponents(use.on_cpu ? "host" : "gpu0"),
        s_(shape),
        format_(format),
        use_(use),
        facts_(FactsOf(use.engine)) {}

  Estimate Run(int64_t available) {
    Weights();
    Cache();
    Work();
    if (use_.engine == TensorEngine::kTransformers && IsExpanded(format_)) Expanded();
    if (use_.engine == TensorEngine::kExllama) Expanded();
    Overheads();
    return Judged(available);
  }

 private:
  using ByComponents::Add;
  void Add(std::string name, Span bytes, std::string evidence) {
    Add(std::move(name), bytes, std::move(evidence), std::string(facts_.source));
  }

  // Of layers dealt out in order, the fullest GPU's share; tables lie on one of them.
  Wide Share(Wide layers) const {
    const Wide gpus = std::max<int64_t>(1, use_.gpus);
    return CeilDiv(layers * CeilDiv(std::max<int64_t>(1, s_.layers), gpus),
                   std::max<int64_t>(1, s_.layers));
  }

  void Weights() {
    const Span all = WeightBytes(s_, format_);
    const Wide table =
        static_cast<Wide>(static_cast<double>(Wide{s_.vocab} * s_.hidden) * format_.head_bits / 8);
    const auto share = [&](int64_t bytes) {
      const Wide tables = use_.gpus > 1 ? std::min(Wide{bytes}, table) : Wide{0};
      return Clamp(tables + Share(Wide{bytes} - tables));
    };
    const std::string evidence = all.IsExact() ? "exact" : "approximate";
    Add("weights", {share(all.low), share(all.mid), share(all.high)}, evidence,
        format_.name + "; " + s_.source);
    if (use_.engine == TensorEngine::kOnnx && use_.on_cpu)
      Add("weights packed for the kernels", {0, all.mid / 2, all.high}, "guess");
  }

  void Cache() {
    CacheUse cache = use_.cache;
    cache.pads_to_256 = use_.engine == TensorEngine::kMlx;
    cache.windows = use_.engine != TensorEngine::kExllama;
    const Wide bytes = use_.engine == TensorEngine::kOnnx ? 0 : Share(CacheBytes(s_, cache));
    if (bytes > 0) Add("cache", Exact(bytes), "exact", "fit/kv_cache.h");
  }

  void Work() {
    const Wide asked = std::max<int64_t>(1, use_.cache.context);
    const Wide tokens = facts_.step > 0 ? std::min(asked, Wide{facts_.step}) : asked;
    const Wide element = use_.engine == TensorEngine::kOnnx && format_.bits > 31 ? 4 : 2;
    const Wide width =
        s_.has_experts() ? s_.experts_per_token * s_.expert_intermediate : s_.intermediate;
    Wide work = tokens * element * (3 * width + 4 * s_.hidden);
    work += 6 * Wide{s_.vocab} * use_.cache.slots;  // logits of the last tokens, in 16 and 32 bit
    Add("work", Around(work, 0.5, 1), "formula");
  }

  void Expanded() {
    const Wide mlp = s_.has_experts() ? s_.expert_intermediate : s_.intermediate;
    const Wide largest = 2 * s_.hidden * std::max(mlp, Wide{s_.heads} * s_.head_dim);
    Add("largest matrix in 16 bit", Around(largest, 0.1, 1), "formula");
  }

  void Overheads() {
    if (use_.engine == TensorEngine::kTransformers)
      Add("allocator", {MiB(32).value, MiB(160).value, MiB(700).value}, "class constant",
          "torch caching allocator");
    if (use_.engine == TensorEngine::kOnnx)
      Add("arena", {MiB(8).value, MiB(48).value, MiB(256).value}, "guess");
    if (use_.on_cpu) return;
    const bool is_mlx = use_.engine == TensorEngine::kMlx;
    Add("context", DriverContext(is_mlx), "class constant, not probed here",
        "ollama/ollama#9988, stas00/ml-engineering@744d01e1");
  }

  const ModelShape& s_;
  const WeightFormat& format_;
  const TensorUse& use_;
  const EngineFacts& facts_;
};

}  // namespace

std::string_view NameOf(TensorEngine engine) { return FactsOf(engine).name; }

Estimate EstimateTensorEngine(const ModelShape& shape, const WeightFormat& format,
                              const TensorUse& use, int64_t available) {
  return Engine(shape, format, use).Run(available);
}

Status CheckLoads(TensorEngine engine, const WeightFormat& format) {
  const bool is_gguf = format.kind == FormatKind::kGguf;
  const bool is_16_bit =
      is_gguf && (format.recipe == GgufRecipe::kF16 || format.recipe == GgufRecipe::kBf16);
  const bool wrong = (is_gguf && !is_16_bit) ||
                     (engine == TensorEngine::kTransformers && Is(format, "exl2")) ||
                     (engine == TensorEngine::kOnnx && (Is(format, "exl2") || IsExpanded(format)) &&
                      !Is(format, "int8"));
  if (!wrong) return {};
  return InvalidInput(
             fmt::format("`{}` does not load weights in `{}`", FactsOf(engine).name, format.name))
      .WithHint(engine == TensorEngine::kOnnx
                    ? "`--quant` fp32, fp16, int8 or int4"
                    : "`--quant` bf16, nf4, nf4-dq, int8, `GPTQ g128`, `AWQ g128`, `EXL2 4.0`, "
                      "4bit (MLX); GGUF mixtures go with `--engine llama.cpp`");
}

}  // namespace curbstop::fit
