// Rows of llama.cpp and what is built on it: components, device totals, files.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "fit/internal/predictors.h"
#include "fit/llama_cpp.h"

namespace curbstop::fit {
namespace {

// What a desktop and its programs hold on a consumer's card: from nothing (headless) to some 1.3
// GiB.
constexpr Span kDesktop{0, MiB(780).value, MiB(1300).value};
// `--fit`, today's default of llama.cpp's tools, leaves this free and moves the rest to the host.
constexpr int64_t kFitMargin = GiB(1).value;

int64_t BuildOf(const std::string& text) {
  for (size_t at = text.find('b'); at != std::string::npos; at = text.find('b', at + 1)) {
    const bool starts_word = at == 0 || !(IsLetter(text[at - 1]) || IsDigit(text[at - 1]));
    size_t end = at + 1;
    while (end < text.size() && IsDigit(text[end])) ++end;
    if (starts_word && end - at >= 4 && end - at <= 6)
      return std::llround(*FirstNumber(text.substr(at, end - at)));
  }
  return 0;
}

// The sources that logged before builds had flash attention by default (September 2025).
constexpr int64_t kFlashByDefault = 6325;

bool FlashOf(const std::string& text, int64_t build) {
  if (Has(text, {"no fa", "flash attention off", "-fa 0", "-fa off", "fa off", "without flash"}))
    return false;
  if (Has(text, {"-fa 1", "-fa on", "flash attention", "flash-attn", "-fa "})) return true;
  // ollama 0.12 and before leave it off unless told.
  if (Has(text, {"ollama 0.", "ollama v0."}) &&
      NumberBehind(text, {"ollama 0.", "ollama v0."}).value_or(0) < 12)
    return false;
  return build == 0 || build >= kFlashByDefault;
}

double ContextOf(const TruthRow& row, const std::string& text) {
  if (const auto context = FirstNumber(row.ctx)) return *context;
  if (const auto context = NumberBehind(text, {"-c ", "n_ctx ", "ctx ", "context ", "num_ctx "}))
    return *context;
  return FirstNumber(row.seq).value_or(0);
}

CacheType CacheTypeIn(const std::string& text, std::string_view flag) {
  for (const std::string_view name :
       {"q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "f32", "bf16", "f16"}) {
    for (const char* form : {"{} {}", "{}={}"}) {
      if (text.find(fmt::format(fmt::runtime(form), flag, name)) != std::string::npos)
        return *CacheTypeOfName(name);
    }
  }
  for (const std::string_view name : {"q8_0", "q8", "q4_0", "q4"}) {
    if (Has(text, {fmt::format("{} kv", name), fmt::format("kv {}", name),
                   fmt::format("kv cache {}", name), fmt::format("{} cache", name)})) {
      return *CacheTypeOfName(name.size() == 2 ? std::string(name) + "_0" : std::string(name));
    }
  }
  return {};
}

LlamaCppUse UseOf(const TruthRow& row, const RowFacts& facts) {
  const std::string text = facts.technique + " | " + Lower(row.notes);
  LlamaCppUse use;
  use.build = BuildOf(facts.technique);
  use.flash_attention = FlashOf(text, use.build);
  use.gpus = std::min<int64_t>(facts.hardware.count, 64);
  use.metal = Has(facts.text, {"metal"}) || facts.hardware.group() == "soc";
  use.cache.context = std::llround(std::clamp(ContextOf(row, text), 0.0, 1e10));
  use.cache.ubatch = std::llround(std::clamp(
      NumberBehind(text, {"-ub ", "ubatch ", "n_ubatch ", "ubatch="}).value_or(512), 1.0, 1e6));
  use.cache.slots = std::llround(std::clamp(
      NumberBehind(text, {"-np ", "parallel ", "slots ", "np="}).value_or(1), 1.0, 4096.0));
  use.cache.k = CacheTypeIn(text, "-ctk");
  use.cache.v = CacheTypeIn(text, "-ctv");
  if (const auto layers = NumberBehind(text, {"-ngl ", "ngl ", "ngl=", "n_gpu_layers ",
                                              "gpu_layers ", "num_gpu ", "offload "})) {
    if (*layers < 99) use.gpu_layers = std::llround(*layers);
  }
  use.experts_in_ram = Has(text, {"cpu-moe", "experts in ram", "exps=cpu", "experts on cpu"});
  return use;
}

bool IsHostName(const std::string& device) { return Has(device, {"cpu", "host", "mapped"}); }

// Which of the devices a log's name means; an empty name means all GPUs together.
bool Means(const std::string& name, size_t index, bool is_host) {
  const std::string device = Lower(name);
  if (IsHostName(device)) return is_host;
  if (is_host) return false;
  const auto number = FirstNumber(device);
  if (!number || device.find('-') != std::string::npos) return true;
  return std::llround(*number) == static_cast<int64_t>(index);
}

struct Sums {
  Span weights;
  Wide cache = 0, compute = 0, output = 0;
  int64_t devices = 0;
};

Sums SumsOf(const std::vector<LlamaCppDevice>& devices, const std::string& name) {
  Sums sums;
  for (size_t i = 0; i < devices.size(); ++i) {
    if (!Means(name, i, i + 1 == devices.size())) continue;
    sums.weights = sums.weights + devices[i].weights;
    sums.cache += devices[i].cache;
    sums.compute += devices[i].compute;
    sums.output += devices[i].output;
    ++sums.devices;
  }
  return sums;
}

// The fullest device with everything that lives on it.
Span DeviceTotal(const Estimate& estimate, const LlamaCppUse& use, const RowFacts& facts) {
  Span total = estimate.peak;
  const bool whole_device = Has(facts.text, {"whole-device", "nvidia-smi", "desktop"});
  if (facts.hardware.has_display && whole_device) total = total + kDesktop;
  const int64_t free = facts.hardware.Available() - kFitMargin;
  const bool fits_itself = use.gpu_layers < 0 && Has(facts.technique, {"llama-bench"}) &&
                           !Has(facts.technique, {"-ngl"});
  if (fits_itself && free > 0 && total.mid > free) {
    total = {Scale(free, 0.8), free, Clamp(Wide{facts.hardware.Available()})};
  }
  return total;
}

// Logs of before 2024 count some tenths of a MiB more on the host.
Span HostWeights(const Span& weights, const LlamaCppUse& use) {
  if (use.build == 0 || use.build >= 2000) return weights;
  return {weights.low, weights.mid, weights.high + KiB(320).value};
}

// Model, cache and buffers of all GPUs, as a log of 2023 adds them up: some 3 MiB less than its
// parts.
Span TotalOf(const std::vector<LlamaCppDevice>& devices, const Sums& sums, const LlamaCppUse& use) {
  const bool of_2023 = use.build > 0 && use.build < 2000;
  const Wide compute = of_2023 ? devices[0].compute : sums.compute;
  const Span total = sums.weights + Exact(sums.cache + compute);
  return of_2023 ? Span{total.low - MiB(4).value, total.mid, total.high} : total;
}

struct Question {
  ModelShape shape;
  WeightFormat format;
};

Result<Question> QuestionOf(const TruthRow& row) {
  TRY_ASSIGN(ModelShape shape, ShapeOf(row));
  if (shape.layers == 0 || shape.hidden == 0)
    return InvalidInput(fmt::format("there is no rule yet for `{}`", shape.arch));
  TRY_ASSIGN(WeightFormat format, FormatOf(row, shape));
  return Question{std::move(shape), std::move(format)};
}

}  // namespace

Result<Prediction> PredictFile(const TruthRow& row, const RowFacts& /*facts*/) {
  TRY_ASSIGN(const Question question, QuestionOf(row));
  const Span weights = WeightBytes(question.shape, question.format);
  const double params = static_cast<double>(question.shape.params_total);
  if (row.metric == "bits_per_weight") {
    const auto bits = [&](int64_t bytes) { return static_cast<double>(bytes) * 8 / params; };
    Prediction prediction;
    prediction.low = bits(weights.low);
    prediction.mid = bits(weights.mid);
    prediction.high = bits(weights.high) * 1.0005;
    return prediction;
  }
  // Tokens, merges and scores of the vocabulary; published sizes leave it in or out.
  const int64_t metadata =
      question.format.kind == FormatKind::kGguf ? 60 * question.shape.vocab : 0;
  const Span file{weights.low, weights.mid, Clamp(Wide{weights.high} + metadata)};
  const RowFacts nothing;
  // Buffers that are loaded too: positions, masks.
  if (row.metric == "load_bytes")
    return MemoryPrediction(row, Around(weights.mid, 0, 0.004), {}, nothing);
  return MemoryPrediction(row, file, {}, nothing);
}

Result<Prediction> PredictLlamaCpp(const TruthRow& row, const RowFacts& facts) {
  TRY_ASSIGN(const Question question, QuestionOf(row));
  const LlamaCppUse use = UseOf(row, facts);
  if (facts.hardware.cpu_only && !IsHostName(Lower(row.device))) {
    return InvalidInput("memory of llama.cpp on a CPU alone is not built yet");
  }
  const bool needs_context =
      row.metric != "model_buffer" && row.metric != "host_model_buffer" && row.metric != "weights";
  if (needs_context && use.cache.context <= 0)
    return InvalidInput("the row names no context length");
  const Estimate estimate =
      EstimateLlamaCpp(question.shape, question.format, use, facts.hardware.Available());
  TRY(CheckSize(estimate));
  const std::vector<LlamaCppDevice> devices = LlamaCppDevices(question.shape, question.format, use);
  const std::string device = row.metric == "host_model_buffer" ? "host" : row.device;
  const Sums sums = SumsOf(devices, device);
  if (sums.devices == 0)
    return InvalidInput(
        fmt::format("the row names device `{}` of {}", Printable(row.device), use.gpus));
  const Span peak = DeviceTotal(estimate, use, facts);
  const auto answer = [&](const Span& bytes) { return MemoryPrediction(row, bytes, peak, facts); };
  if (row.metric == "host_model_buffer") return answer(HostWeights(sums.weights, use));
  if (row.metric == "model_buffer" || row.metric == "weights") return answer(sums.weights);
  if (row.metric == "kv_buffer" || row.metric == "kv_pool" || row.metric == "recurrent_state")
    return answer(Exact(sums.cache));
  if (row.metric == "compute_buffer")
    return answer(Around(row.device.empty() ? devices[0].compute : sums.compute, 0.01, 0.02));
  if (row.metric == "output_buffer") return answer(Exact(sums.output));
  if (row.metric == "total_vram") return answer(TotalOf(devices, sums, use));
  return answer(peak);
}

}  // namespace curbstop::fit
