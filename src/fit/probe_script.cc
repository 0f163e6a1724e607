#include "fit/probe_script.h"

#include <fmt/format.h>

#include "base/embedded.h"
#include "base/text.h"

namespace curbstop::fit {
namespace {

CURBSTOP_EMBEDDED(probe_py, ProbeText)

Error NoScript(std::string why) {
  return InvalidInput(fmt::format("no probe is made for {}", why))
      .WithHint("probe with your own script: `curbstop model fit … --probe -- python3 train.py`");
}

Status CheckShapeHasScript(const ModelShape& shape) {
  if (shape.kind != ModelKind::kDecoder && shape.kind != ModelKind::kEncoder)
    return NoScript("models of this kind");
  if (shape.has_experts()) return NoScript("mixtures of experts");
  if (shape.is_mla() || shape.linear_layers > 0 || shape.attention_gate ||
      shape.per_layer_embedding > 0)
    return NoScript(fmt::format("the attention of `{}`", Printable(shape.id)));
  if (shape.evidence == ShapeEvidence::kFromSize)
    return NoScript(fmt::format("`{}`, of which only the size is known", Printable(shape.id)));
  return {};
}

struct FormatWords {
  std::string_view format;  // "plain", "nf4", "int8"
  std::string_view dtype;
};

Result<FormatWords> WordsOf(const WeightFormat& format) {
  if (format.kind == FormatKind::kPlain && format.bits == 16)
    return FormatWords{"plain", format.name == "fp16" ? "fp16" : "bf16"};
  if (format.kind == FormatKind::kPlain && format.bits == 32) return FormatWords{"plain", "fp32"};
  if (format.name.starts_with("nf4")) return FormatWords{"nf4", "bf16"};
  if (format.name == "int8") return FormatWords{"int8", "bf16"};
  return NoScript(fmt::format("weights in {}", Printable(format.name)));
}

Status CheckTraining(const TrainingUse& use) {
  if (use.method != Method::kFull && use.method != Method::kLora)
    return NoScript(fmt::format("`--method {}`", NameOf(use.method)));
  if (use.checkpointing == Checkpointing::kSelective) return NoScript("selective checkpointing");
  if (use.mixed_precision) return NoScript("`--mixed-precision`");
  if (use.cpu_offload) return NoScript("`--cpu-offload`");
  if (use.gpus > 1) return NoScript("several GPUs at once");
  return {};
}

Status CheckInference(const FitQuestion& question) {
  if (question.task == Task::kTensorEngine && question.tensor.engine == TensorEngine::kTransformers)
    return {};
  if (question.task == Task::kLlamaCpp) {
    return InvalidInput("llama.cpp tells its memory and speed itself, and is not probed")
        .WithHint(
            "run it, then `curbstop model fit --from-log FILE --remember`; or name what is probed: "
            "`--method lora`, `--engine transformers`");
  }
  return NoScript("this engine");
}

Json ShapeJson(const ModelShape& shape) {
  return Json::MakeObject({{"layers", shape.layers},
                           {"hidden", shape.hidden},
                           {"heads", shape.heads},
                           {"kv_heads", shape.kv_heads},
                           {"head_dim", shape.head_dim},
                           {"intermediate", shape.intermediate},
                           {"vocab", shape.vocab},
                           {"gated", shape.mlp_matrices == 3},
                           {"tied", shape.tied},
                           {"bias", shape.qkv_bias},
                           {"causal", shape.kind == ModelKind::kDecoder}});
}

std::string_view OptimizerWord(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::kAdamW8bit: return "adamw8bit";
    case Optimizer::kPagedAdamW: return "paged";
    case Optimizer::kAdafactor: return "adafactor";
    case Optimizer::kSgdMomentum:
    case Optimizer::kSgd: return "sgd";
    case Optimizer::kLion: return "lion";
    case Optimizer::kAdamW: break;
  }
  return "adamw";
}

}  // namespace

std::string_view ProbeScript() { return ProbeText(); }

Result<Json> ProbeOrder(const FitQuestion& question, int64_t steps) {
  const bool trains = question.task == Task::kTraining;
  const TrainingUse& training = question.training;
  TRY(trains ? CheckTraining(training) : CheckInference(question));
  TRY(CheckShapeHasScript(question.shape));
  TRY_ASSIGN(const FormatWords words, WordsOf(question.format));
  if (trains && training.method == Method::kFull && words.format != "plain")
    return NoScript("full training of quantised weights");
  const CacheUse& cache = question.tensor.cache;
  const std::string_view method = !trains                            ? "none"
                                  : training.method == Method::kFull ? "full"
                                                                     : "lora";
  Json use = Json::MakeObject({{"method", method},
                               {"format", words.format},
                               {"dtype", words.dtype},
                               {"double_quantised", question.format.name == "nf4-dq"},
                               {"rank", training.rank},
                               {"batch", training.batch},
                               {"sequence", training.sequence},
                               {"optimizer", OptimizerWord(training.optimizer)},
                               {"checkpointing", training.checkpointing == Checkpointing::kFull},
                               {"chunked_loss", training.chunked_loss},
                               {"context", cache.context},
                               {"slots", cache.slots},
                               {"steps", steps}});
  return Json::MakeObject(
      {{"on_cpu", question.hardware.cpu_only}, {"shape", ShapeJson(question.shape)}, {"use", use}});
}

}  // namespace curbstop::fit
