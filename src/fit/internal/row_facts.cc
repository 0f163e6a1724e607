#include "fit/internal/row_facts.h"

#include "base/text.h"

namespace curbstop::fit {
namespace {

Engine EngineOf(const TruthRow& row, const std::string& text) {
  const std::string dtype = Lower(row.dtype);
  const std::string model = Lower(row.model);
  if (Has(text, {"vllm"}) || Has(Lower(row.source), {"vllm"})) return Engine::kVllm;
  if (Has(text, {"tensorrt", "trtllm"})) return Engine::kTensorRt;
  if (Has(model + text, {"mlx"}) ||
      (Has(model, {"-4bit", "-8bit", "mxfp4-q4"}) && !Has(model, {"gguf"})))
    return Engine::kMlx;
  if (Has(text, {"exllama"})) return Engine::kExllama;
  if (Has(text, {"llama.cpp", "llama-bench", "llamacpp", "llama-b", "ollama", "gguf", "llama-cli",
                 "llama-server", "lm studio", "koboldcpp"}))
    return Engine::kLlamaCpp;
  if (Has(text, {"litgpt", "transformers", "torchtune", "autoawq", "autogptq", "bitsandbytes",
                 "torch", "inference", "modules", "generate", "hf "}))
    return Engine::kTorch;
  if (FormatInName(dtype) && !Has(dtype, {"bf16", "fp16", "fp32", "f16"})) return Engine::kLlamaCpp;
  return Engine::kNone;
}

bool IsTraining(const std::string& technique) {
  return Has(technique, {"lora", "finetune", "fine-tune", "finetuning", "pretrain", "adapter",
                         "ia3", "dora", "full (", "full training", "full,", "sft", "fsdp",
                         "training", "dpo", "megatron", "mpt "}) &&
         !Has(technique, {"inference", "generate"});
}

}  // namespace

RowFacts FactsOf(const TruthRow& row) {
  RowFacts facts;
  facts.hardware = UnderstandHardware(row.hardware, BundledAccelerators());
  facts.technique = Lower(row.technique);
  facts.text = facts.technique + " | " + Lower(row.notes) + " | " + Lower(row.hardware) + " | " +
               Lower(row.source);
  facts.engine = EngineOf(row, facts.technique + " " + Lower(row.model));
  const bool serves = facts.engine == Engine::kVllm || facts.engine == Engine::kLlamaCpp ||
                      facts.engine == Engine::kTensorRt;
  facts.is_training = !serves && IsTraining(facts.technique);
  return facts;
}

Result<ModelShape> ShapeOf(const TruthRow& row) {
  return BundledFamilies().Understand(row.model, row.params);
}

Result<WeightFormat> FormatOf(const TruthRow& row, const ModelShape& shape) {
  const std::string dtype = Lower(row.dtype);
  const bool says_nothing = dtype.empty() || Has(dtype, {"default", "see model", "as in"});
  if (says_nothing) {
    if (const auto named = FormatInName(row.model)) return *named;
    if (Has(Lower(row.model), {"mlx", "4bit"})) return UnderstandFormat("4bit");
    if (Has(Lower(row.model), {"nvfp4"})) return UnderstandFormat("nvfp4");
    if (Has(Lower(row.model), {"mxfp8"})) return UnderstandFormat("mxfp8");
    if (shape.arch == "gpt_oss") return UnderstandFormat("MXFP4");
    if (Has(dtype + Lower(row.technique), {"ollama", "llama"})) return UnderstandFormat("Q4_K_M");
    if (dtype.empty()) return InvalidInput("the row names no weight format");
    return UnderstandFormat("Q4_K_M");
  }
  return UnderstandFormat(row.dtype);
}

}  // namespace curbstop::fit
