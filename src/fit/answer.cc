#include "fit/answer.h"

#include <algorithm>

#include <fmt/format.h>

#include "fit/changes.h"
#include "fit/training_speed.h"

namespace curbstop::fit {
namespace {

std::optional<Rate> IfKnown(Result<Rate> rate) {
  return rate.ok() ? std::optional<Rate>(*rate) : std::nullopt;
}

Estimate EstimateVllm(const FitQuestion& question, FitAnswer& answer) {
  constexpr const char* kSource = "vllm-project/vllm#12330, #10511";
  const int64_t total = question.Available();
  const VllmParts parts = VllmPartsOf(question.shape, question.format, question.vllm, total);
  Estimate estimate;
  estimate.available = total;
  estimate.components = {{"weights", "gpu0", parts.weights, "exact",
                          question.format.name + "; " + question.shape.source},
                         {"outside torch", "gpu0", parts.non_torch, "class constant", kSource},
                         {"activations", "gpu0", parts.activation, "formula", kSource},
                         {"CUDA graphs", "gpu0", parts.graphs, "class constant", kSource}};
  CacheUse one;
  one.context = question.vllm.max_model_len;
  one.pads_to_256 = false;
  one.windows = false;
  const Wide wanted =
      CacheBytes(question.shape, one) / std::max<int64_t>(1, question.vllm.tensor_parallel);
  estimate.components.push_back(
      {"cache of one full sequence", "gpu0", Exact(wanted), "exact", "fit/kv_cache.h"});
  estimate.peak = SumOf(estimate.components, "gpu0");
  estimate.verdict = Judge(estimate.peak, Scale(total, question.vllm.utilization));
  answer.cache_tokens = parts.tokens;
  return estimate;
}

// Nothing where no class of speeds is known.
std::optional<EngineFamily> FamilyOf(const FitQuestion& question) {
  if (question.task == Task::kVllm) return EngineFamily::kVllm;
  if (question.task == Task::kLlamaCpp) return EngineFamily::kLlamaCpp;
  switch (question.tensor.engine) {
    case TensorEngine::kTransformers: return EngineFamily::kTorch;
    case TensorEngine::kExllama: return EngineFamily::kExllama;
    case TensorEngine::kMlx: return EngineFamily::kMlx;
    case TensorEngine::kOnnx: break;
  }
  return std::nullopt;
}

int64_t ContextOf(const FitQuestion& question) {
  if (question.task == Task::kVllm) return question.vllm.max_model_len;
  return question.task == Task::kLlamaCpp ? question.llama.cache.context
                                          : question.tensor.cache.context;
}

void AddInferenceSpeed(FitAnswer& answer) {
  const FitQuestion& question = answer.question;
  const bool on_gpu = question.llama.gpu_layers < 0 && !question.llama.experts_in_ram;
  const auto family = question.task == Task::kTraining ? std::nullopt : FamilyOf(question);
  if (!family || !on_gpu || question.hardware.accelerator == nullptr) return;
  SpeedUse use;
  use.engine = *family;
  use.build = question.llama.build;
  use.gpus = question.task == Task::kVllm ? question.vllm.tensor_parallel : question.llama.gpus;
  use.tensor_parallel = question.task == Task::kVllm;
  const int64_t context = ContextOf(question);
  use.depth = static_cast<double>(context) / 2;
  answer.decode = IfKnown(DecodeRate(question.shape, question.format, question.hardware, use));
  if (question.task == Task::kTensorEngine) return;  // no class of prefill is known for those
  use.depth = 0;
  use.prompt = static_cast<double>(std::min<int64_t>(context, 512));
  answer.prefill = IfKnown(PrefillRate(question.shape, question.format, question.hardware, use));
}

void AddTrainingSpeed(FitAnswer& answer) {
  const FitQuestion& question = answer.question;
  const auto rates =
      TrainingRatesOf(question.shape, question.format, question.hardware, question.training, false);
  if (!rates.ok()) return;
  const double gpus = static_cast<double>(std::max<int64_t>(1, question.training.gpus));
  answer.training =
      Rate{rates->tokens.low * gpus, rates->tokens.mid * gpus, rates->tokens.high * gpus};
}

// The largest value for which `fits` holds, from 1 up, given that it stops holding somewhere.
template <typename Fits>
int64_t Largest(int64_t most, const Fits& fits) {
  if (!fits(1)) return 0;
  int64_t low = 1;
  int64_t high = 2;
  while (high < most && fits(high)) {
    low = high;
    high *= 2;
  }
  high = std::min(high, most + 1);
  while (low + 1 < high) {
    const int64_t middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

bool Fits(const FitQuestion& question) {
  const Result<FitAnswer> answer = QuickFit(question);
  return answer.ok() && answer->estimate.verdict == Verdict::kFits;
}

}  // namespace

Result<FitAnswer> QuickFit(const FitQuestion& asked) {
  TRY(CheckShape(asked.shape));
  FitAnswer answer;
  answer.question = asked;
  answer.question.format = Foretold(asked.shape, std::move(answer.question.format));
  const FitQuestion& question = answer.question;
  if (question.task == Task::kTraining) {
    answer.estimate =
        EstimateTraining(question.shape, question.format, question.training, question.Available());
    AddTrainingSpeed(answer);
  } else if (question.task == Task::kVllm) {
    answer.estimate = EstimateVllm(question, answer);
  } else if (question.task == Task::kTensorEngine) {
    TRY(CheckLoads(question.tensor.engine, question.format));
    answer.estimate = EstimateTensorEngine(question.shape, question.format, question.tensor,
                                           question.Available());
  } else {
    answer.estimate =
        EstimateLlamaCpp(question.shape, question.format, question.llama, question.Available());
  }
  TRY(CheckSize(answer.estimate));
  AddInferenceSpeed(answer);
  return answer;
}

Span MemoryNeeded(const FitAnswer& answer) {
  const Span& peak = answer.estimate.peak;
  if (answer.question.task != Task::kVllm) return peak;
  const double share = 1 / answer.question.vllm.utilization;  // the rest it leaves alone
  return {Scale(peak.low, share), Scale(peak.mid, share), Scale(peak.high, share)};
}

Result<FitAnswer> AnswerFit(const FitQuestion& question) {
  TRY_ASSIGN(FitAnswer answer, QuickFit(question));
  const Verdict verdict = answer.estimate.verdict;
  if (verdict == Verdict::kTight || verdict == Verdict::kNo) answer.changes = ChangesFor(answer);
  return answer;
}

int64_t LargestContext(const FitQuestion& question) {
  FitQuestion tried = question;
  tried.format = Foretold(question.shape, question.format);
  return Largest(int64_t{1} << 30, [&](int64_t context) {
    tried.llama.cache.context = tried.vllm.max_model_len = tried.training.sequence = context;
    tried.tensor.cache.context = context;
    return Fits(tried);
  });
}

int64_t LargestBatch(const FitQuestion& question) {
  FitQuestion tried = question;
  tried.format = Foretold(question.shape, question.format);
  return Largest(int64_t{1} << 20, [&](int64_t batch) {
    tried.training.batch = tried.llama.cache.slots = tried.tensor.cache.slots = batch;
    tried.llama.cache.context = question.llama.cache.context * batch;
    tried.tensor.cache.context = question.tensor.cache.context * batch;
    return Fits(tried);
  });
}

}  // namespace curbstop::fit
