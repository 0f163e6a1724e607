#include "fit/answer.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "fit/changes.h"
#include "fit/offload.h"
#include "fit/step_time.h"
#include "fit/training_speed.h"
#include "fit/work_points.h"

namespace curbstop::fit {
namespace {

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

int64_t ContextOf(const FitQuestion& question) {
  if (question.task == Task::kVllm) return question.vllm.max_model_len;
  return question.task == Task::kLlamaCpp ? question.llama.cache.context
                                          : question.tensor.cache.context;
}

std::span<const Measured> Known(const FitQuestion& question) {
  if (question.measured == nullptr) return {};
  return *question.measured;
}

// `point` makes what the measured runs are compared with; without any it is not asked.
template <typename Point>
Rate Corrected(const SpeedTerms& terms, const FitQuestion& question, const Point& point) {
  Rate rate = terms.ToRate();
  if (Known(question).empty()) return rate;
  const auto correction = CorrectionFor(point(), Known(question));
  if (!correction) return rate;
  const double mid = rate.mid / correction->factor;
  return {mid / (1 + correction->width), mid, mid * (1 + correction->width), correction->used};
}

std::optional<Rate> RateOf(const FitQuestion& question, WorkKind kind, const SpeedUse& use) {
  const Result<SpeedTerms> terms = TermsOf(question, kind, use);
  if (!terms.ok()) return std::nullopt;
  return Corrected(*terms, question, [&] { return InferencePoint(question, kind, *terms); });
}

void AddInferenceSpeed(FitAnswer& answer) {
  const FitQuestion& question = answer.question;
  const bool whole = question.llama.gpu_layers < 0 && !question.llama.experts_in_ram;
  const bool known = question.hardware.accelerator != nullptr || question.cpu_gbps.has_value();
  const bool writes = question.task == Task::kLlamaCpp || question.task == Task::kVllm ||
                      question.task == Task::kTensorEngine;
  if (!writes || !EngineFamilyOf(question) || !known) return;
  if (!whole) {
    if (question.task == Task::kLlamaCpp) answer.decode = DecodeFromRam(question);
    return;
  }
  SpeedUse use = SpeedUseOf(question);
  const int64_t context = ContextOf(question);
  use.depth = static_cast<double>(context) / 2;
  answer.decode = RateOf(question, WorkKind::kDecode, use);
  if (question.task == Task::kTensorEngine) return;  // no class of prefill is known for those
  use.depth = 0;
  use.prompt = static_cast<double>(std::min<int64_t>(context, 512));
  answer.prefill = RateOf(question, WorkKind::kPrefill, use);
}

// A vision transformer reads one image for each sequence.
Rate ImagesOf(const Rate& tokens, const FitQuestion& question) {
  const auto places = static_cast<double>(std::max<int64_t>(1, question.training.sequence));
  return {tokens.low / places, tokens.mid / places, tokens.high / places, tokens.measured};
}

void AddTrainingSpeed(FitAnswer& answer) {
  const FitQuestion& question = answer.question;
  const auto rates =
      TrainingRatesOf(question.shape, question.format, question.hardware, question.training, false);
  if (!rates.ok()) return;
  const double gpus = static_cast<double>(std::max<int64_t>(1, question.training.gpus));
  const Rate one =
      Corrected(rates->terms, question, [&] { return TrainingPoint(question, rates->terms); });
  const Rate all = {one.low * gpus, one.mid * gpus, one.high * gpus, one.measured};
  // What was measured holds the rest of a step already.
  answer.training = all.measured > 0 ? all : WithSteps(question, all);
  if (question.shape.kind == ModelKind::kVision)
    answer.images = ImagesOf(*answer.training, question);
}

bool Stays(const Component& part) {
  return part.name == "weights" || part.name == "optimizer states";
}

// What tensors use becomes `peak`: weights and states stay as they are, the rest is scaled and
// carries the interval; where it is less than weights and states alone, all is scaled.
void ScaleTensors(double peak, double width, Estimate& estimate) {
  double fixed = 0, rest = 0;
  for (const Component& part : estimate.components) {
    if (IsOfTensors(part)) (Stays(part) ? fixed : rest) += static_cast<double>(part.bytes.mid);
  }
  const bool rest_alone = peak > fixed && rest > 0;
  const double ratio = rest_alone ? (peak - fixed) / rest : peak / std::max(1.0, fixed + rest);
  const double carried = rest_alone ? peak - fixed : peak;
  const double doubt = std::min(1.0, peak * width / std::max(1.0, carried));
  for (Component& part : estimate.components) {
    if (!IsOfTensors(part)) continue;
    if (rest_alone && Stays(part)) {
      part.bytes.low = part.bytes.high = part.bytes.mid;
    } else {
      part.bytes = Around(Scale(part.bytes.mid, ratio), doubt, doubt);
      part.evidence = "measured runs";
    }
  }
}

void CorrectPeak(FitAnswer& answer) {
  if (Known(answer.question).empty()) return;
  const WorkPoint point = AllocatedPoint(answer.question);
  const auto correction = CorrectionFor(point, Known(answer.question));
  if (!correction) return;
  double peak = 0;
  for (const Component& part : answer.estimate.components)
    peak += IsOfTensors(part) ? static_cast<double>(part.bytes.mid) : 0;
  ScaleTensors(peak * correction->factor, correction->width, answer.estimate);
  answer.estimate.peak = SumOf(answer.estimate.components, "gpu0");
  answer.estimate.verdict = Judge(answer.estimate.peak, answer.estimate.available);
  answer.peaks_measured = correction->used;
}

// Of a header nothing tells the time.
void AddImageSpeed(FitAnswer& answer) {
  const FitQuestion& question = answer.question;
  if (question.task != Task::kImages) return;
  const Result<SpeedTerms> terms = ImageTermsOf(question);
  if (terms.ok())
    answer.images = Corrected(*terms, question, [&] { return ImagesPoint(question, *terms); });
}

Result<FitAnswer> AnswerTable(const FitQuestion& question) {
  TRY(CheckTable(question.table));
  FitAnswer answer;
  answer.question = question;
  answer.question.shape.id = NameOf(question.table.family);
  answer.question.shape.params_total = ParametersOf(question.table);
  answer.question.format.name = question.table.single ? "float32" : "float64";
  answer.estimate = EstimateTable(question.table, question.Available());
  answer.fit_seconds = TableSeconds(question.table);
  TRY(CheckSize(answer.estimate));
  return answer;
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
  if (high >= most) high = most + 1;  // not asked yet
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
  if (asked.task == Task::kTable) return AnswerTable(asked);
  TRY(CheckShape(asked.shape));
  FitAnswer answer;
  answer.question = asked;
  answer.question.format = Foretold(asked.shape, std::move(answer.question.format));
  const FitQuestion& question = answer.question;
  if (question.task == Task::kImages || question.task == Task::kNetwork) {
    TRY_ASSIGN(answer.estimate, EstimateByLayers(question));
    CorrectPeak(answer);
    AddImageSpeed(answer);
  } else if (question.task == Task::kTraining) {
    answer.estimate =
        EstimateTraining(question.shape, question.format, question.training, question.Available());
    CorrectPeak(answer);
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

std::optional<TimedWork> WorkOf(const FitAnswer& answer) {
  const FitQuestion& question = answer.question;
  if (question.all_images > 0 && answer.images)
    return TimedWork{static_cast<double>(question.all_images), *answer.images, "images"};
  const std::optional<Rate>& rate = answer.training ? answer.training : answer.decode;
  if (question.tokens > 0 && rate)
    return TimedWork{static_cast<double>(question.tokens), *rate, "tokens"};
  return std::nullopt;
}

Span MemoryNeeded(const FitAnswer& answer) {
  const Span& peak = answer.estimate.peak;
  if (answer.question.task != Task::kVllm) return peak;
  const double share = 1 / answer.question.vllm.utilization;  // the rest it leaves alone
  return {Scale(peak.low, share), Scale(peak.mid, share), Scale(peak.high, share)};
}

bool MightFit(const FitAnswer& answer) {
  const Estimate& estimate = answer.estimate;
  const bool ran_out = answer.probe && answer.probe->out_of_memory;
  return !ran_out && estimate.verdict == Verdict::kNo &&
         MemoryNeeded(answer).low <= estimate.available;
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
