#include "fit/today.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "fit/measured_runs.h"
#include "fit/question.h"

namespace curbstop::fit {
namespace {

// From small to large; one family, so that sizes are all that differs.
constexpr std::string_view kSizes[] = {"qwen2.5-0.5b", "qwen2.5-1.5b", "qwen2.5-3b", "qwen2.5-7b",
                                       "qwen2.5-14b",  "qwen2.5-32b",  "qwen2.5-72b"};
constexpr std::string_view kClassifier = "bert-base-uncased";
constexpr std::string_view kLarge = "llama-3.3-70b";

// 238 words a minute (Brysbaert, J. Mem. Lang. 109, 2019) of 1.33 tokens each.
constexpr double kReading = 5.3;

struct Box {
  Hardware gpu;            // that with the most free memory; no accelerator: none that is known
  int64_t gpu_free = 0;    // bytes; 0: no GPU, or its memory is not known
  int64_t memory = 0;      // bytes free now
  double cpu_gbps = 0;     // memory bandwidth; 0: not known
  std::string cpu_source;  // of it
  std::string cpu_model;
  SharedMeasured measured;  // on this computer

  bool HasGpu() const { return gpu.accelerator != nullptr && gpu_free > 0; }
  bool IsApple() const { return HasGpu() && gpu.accelerator->vendor == "apple"; }
};

// Desktop boards fill two channels of 8 bytes each; servers have more, so theirs is not guessed.
void ReadCpu(const Machine& machine, Box& box) {
  box.cpu_model = machine.cpu.model;
  if (machine.calibration && machine.calibration->memory_gbps) {
    box.cpu_gbps = *machine.calibration->memory_gbps;
    box.cpu_source = "measured here";
  } else if (machine.memory.speed_mts && machine.cpu.sockets == 1 && machine.cpu.cores <= 24) {
    box.cpu_gbps = static_cast<double>(*machine.memory.speed_mts) * 16 / 1000;
    box.cpu_source = fmt::format("{} MT/s on two channels, assumed", *machine.memory.speed_mts);
  }
}

int64_t FreeOf(const Gpu& gpu, const Machine& machine, const Hardware& hardware) {
  if (gpu.memory_free) return gpu.memory_free->value;
  Hardware whole = hardware;
  if (gpu.memory_total) whole.memory = gpu.memory_total->value;
  if (machine.memory.unified && machine.memory.total) whole.memory = machine.memory.total->value;
  return whole.Available();
}

Box BoxOf(const Machine& machine) {
  Box box;
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.built_in) continue;
    Hardware hardware = UnderstandHardware(gpu.name, BundledAccelerators());
    if (hardware.accelerator == nullptr) continue;
    const int64_t free = FreeOf(gpu, machine, hardware);
    if (free <= box.gpu_free) continue;
    box.gpu = std::move(hardware);
    box.gpu_free = free;
  }
  const std::optional<Bytes>& free = machine.memory.available;
  box.memory = free ? free->value : 0;
  if (machine.memory.limit && free) box.memory = std::min(box.memory, machine.memory.limit->value);
  ReadCpu(machine, box);
  box.measured = KnownOf(machine);
  return box;
}

std::string GibText(int64_t bytes) {
  const double gib = static_cast<double>(bytes) / (1 << 30);
  return gib < 9.95 ? fmt::format("{:.1f} GiB", gib) : fmt::format("{:.0f} GiB", gib);
}

// Two digits are all that an estimate has.
std::string CountText(double count) {
  if (count < 10) return fmt::format("{:.2g}", count);
  double unit = 1;
  while (count / unit >= 100) unit *= 10;
  return fmt::format("{:.0f}", std::round(count / unit) * unit);
}

std::string RateText(const Rate& rate, std::string_view what) {
  return fmt::format("{} {}/s ({}..{})", CountText(rate.mid), what, CountText(rate.low),
                     CountText(rate.high));
}

std::string TimeText(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 90 * 60) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{} h", CountText(seconds / 3600));
}

std::optional<FitAnswer> AnswerOn(const Box& box, const Hardware& hardware, const Ask& ask) {
  Result<FitQuestion> question = QuestionOf(ask);
  if (!question.ok()) return std::nullopt;
  PutOn(hardware, *question);
  if (!hardware.cpu_only) question->free_memory = box.gpu_free;
  if (hardware.cpu_only && box.cpu_gbps > 0) question->cpu_gbps = box.cpu_gbps;
  question->measured = box.measured;
  Result<FitAnswer> answer = QuickFit(*question);
  return answer.ok() ? std::optional(*std::move(answer)) : std::nullopt;
}

std::optional<FitAnswer> AnswerOnGpu(const Box& box, const Ask& ask) {
  return AnswerOn(box, box.gpu, ask);
}

std::optional<FitAnswer> AnswerOnCpu(const Box& box, const Ask& ask) {
  Hardware cpu;
  cpu.text = box.cpu_model;
  cpu.cpu_only = true;
  return AnswerOn(box, cpu, ask);
}

// Of the answers that fit the last, so the largest model.
template <typename Works>
std::optional<FitAnswer> LargestOf(const Box& box, Ask ask, const Works& works) {
  std::optional<FitAnswer> largest;
  for (const std::string_view name : kSizes) {
    ask.name = std::string(name);
    std::optional<FitAnswer> answer = AnswerOnGpu(box, ask);
    if (answer && works(*answer)) largest = std::move(answer);
  }
  return largest;
}

std::string Where(const Box& box) {
  return fmt::format("{} free on {}", GibText(box.gpu_free), box.gpu.accelerator->name);
}

std::string Asked(const FitQuestion& question) {
  return fmt::format("{}, {}, {}", question.shape.id, question.format.name, TaskText(question));
}

// Of the figures that the advice names.
std::string MeasuredText(const FitAnswer& answer) {
  int64_t runs = answer.peaks_measured;
  for (const auto& rate : {answer.decode, answer.training}) runs += rate ? rate->measured : 0;
  return runs == 0 ? "" : fmt::format("; corrected by {} measured here", RunsText(runs));
}

bool FitsThere(const FitAnswer& answer) { return answer.estimate.verdict == Verdict::kFits; }

constexpr std::string_view kWhy = "as `curbstop model fit` estimates it, the whole interval below ";

Advice AdviceOf(std::string rule, std::string text, std::string fact, std::string why) {
  return {AdviceKind::kModels, std::move(rule), std::move(text), std::move(fact), std::move(why)};
}

std::string PassText(const Rate& rate, int64_t length) {
  const double texts = rate.mid / static_cast<double>(length);
  return fmt::format(", some {} texts/s: 10,000 texts in {} for each pass", CountText(texts),
                     TimeText(10'000 / texts));
}

Ask ClassifierAsk() {
  return {.name = std::string(kClassifier),
          .method = "full",
          .checkpointing = "none",
          .sequence = 256,
          .batch = 32};
}

// Training a classifier of BERT's size; without a GPU its memory is the computer's.
void AddClassifier(const Box& box, std::vector<Advice>& advice) {
  std::optional<FitAnswer> answer;
  if (box.HasGpu()) answer = AnswerOnGpu(box, ClassifierAsk());
  const bool on_gpu = answer && FitsThere(*answer);
  if (!on_gpu) answer = AnswerOnCpu(box, ClassifierAsk());
  if (!answer) return;
  const int64_t peak = answer->estimate.peak.mid;
  if (!on_gpu && (box.memory == 0 || answer->estimate.peak.high > box.memory)) return;
  std::string text = fmt::format(
      "train a text classifier of BERT's size (110 M parameters, 32 texts of 256 tokens at once): "
      "{}{}",
      GibText(peak),
      on_gpu ? "" : " of memory, on the CPU: minutes for a thousand texts, not hours");
  if (on_gpu && answer->training) text += PassText(*answer->training, 256);
  advice.push_back(AdviceOf("classifier", std::move(text),
                            on_gpu ? Where(box) : GibText(box.memory) + " of memory free",
                            fmt::format("{}what is free{}", kWhy, MeasuredText(*answer))));
}

void AddTraining(const Box& box, const std::string& rule, std::string_view words, const Ask& ask,
                 std::vector<Advice>& advice) {
  if (!box.HasGpu()) return;
  const std::optional<FitAnswer> answer = LargestOf(box, ask, FitsThere);
  if (!answer) return;
  std::string text = fmt::format(
      "{} models of up to {} parameters ({}, sequences of {}, {}): {}", words,
      ParamsText(answer->question.shape.params_total), answer->question.shape.id, ask.sequence,
      ask.batch == 1 ? "one at a time" : fmt::format("{} at once", ask.batch),
      GibText(answer->estimate.peak.mid));
  if (answer->training) {
    text += fmt::format(", {}: 1 M tokens in {}", RateText(*answer->training, "tokens"),
                        TimeText(1e6 / answer->training->mid));
  }
  advice.push_back(AdviceOf(
      rule, std::move(text), Where(box),
      fmt::format("{}what is free; {}{}", kWhy, Asked(answer->question), MeasuredText(*answer))));
}

void AddChatOnCpu(const Box& box, Ask ask, std::vector<Advice>& advice) {
  std::optional<FitAnswer> largest;
  for (const std::string_view name : kSizes) {
    ask.name = std::string(name);
    std::optional<FitAnswer> on = AnswerOnCpu(box, ask);
    const bool works =
        on && on->estimate.peak.mid <= box.memory && (!on->decode || on->decode->low >= kReading);
    if (works) largest = std::move(on);
  }
  if (!largest) return;
  const std::string what =
      fmt::format("{} in {}", largest->question.shape.id, largest->question.format.name);
  const std::string text =
      largest->decode
          ? fmt::format("answer faster than one reads, on the CPU: up to {}, {} of memory, {}",
                        what, GibText(largest->estimate.peak.mid),
                        RateText(*largest->decode, "tokens"))
          : fmt::format(
                "hold up to {} ({}) in memory and run it on the CPU; how fast is known after "
                "`curbstop assess --measure`",
                what, GibText(largest->estimate.peak.mid));
  const std::string speed = box.cpu_source.empty() ? "its speed not known" : box.cpu_source;
  advice.push_back(
      AdviceOf("chat-cpu", text, fmt::format("{} of memory free, {}", GibText(box.memory), speed),
               fmt::format("a token reads all weights once; one reads some 5 tokens a second{}",
                           MeasuredText(*largest))));
}

void AddChat(const Box& box, std::vector<Advice>& advice) {
  Ask ask;
  ask.context = 8192;
  if (!box.HasGpu()) return AddChatOnCpu(box, ask, advice);
  const std::optional<FitAnswer> answer = LargestOf(box, ask, [](const FitAnswer& one) {
    return FitsThere(one) && one.decode && one.decode->low >= kReading;
  });
  if (!answer) return AddChatOnCpu(box, ask, advice);
  advice.push_back(AdviceOf(
      "chat",
      fmt::format("answer faster than one reads: up to {} in {} with {} tokens of context, {}, {}",
                  answer->question.shape.id, answer->question.format.name, ask.context,
                  GibText(answer->estimate.peak.mid), RateText(*answer->decode, "tokens")),
      Where(box),
      fmt::format("{}what is free; one reads some 5 tokens a second{}", kWhy,
                  MeasuredText(*answer))));
}

// Layers that the GPU has no room for are read by the CPU from its own memory, one after the other.
Rate Split(const Rate& gpu, const Rate& cpu, double on_cpu) {
  const auto both = [&](double a, double b) { return 1 / ((1 - on_cpu) / a + on_cpu / b); };
  return {both(gpu.low, cpu.low), both(gpu.mid, cpu.mid), both(gpu.high, cpu.high)};
}

std::string LargeWords(const Rate& rate) {
  if (rate.low >= kReading) return "";
  const std::string batch = TimeText(1000 * 200 / rate.mid);
  return fmt::format("{}: 1,000 answers of 200 tokens take {}",
                     rate.mid < 3 ? ", a toy for batches overnight" : ", slower than one reads",
                     batch);
}

void AddLarge(const Box& box, std::vector<Advice>& advice) {
  Ask ask;
  ask.name = std::string(kLarge);
  const std::optional<FitAnswer> cpu = AnswerOnCpu(box, ask);
  const std::optional<FitAnswer> gpu = box.HasGpu() ? AnswerOnGpu(box, ask) : std::nullopt;
  if (!cpu || (box.memory == 0 && !gpu)) return;
  const int64_t bytes = cpu->estimate.peak.mid;
  const int64_t on_gpu = box.IsApple() || gpu ? std::min(box.gpu_free, bytes) : 0;
  const int64_t rest = bytes - on_gpu;
  const std::string name = fmt::format("{} in {}", kLarge, cpu->question.format.name);
  const std::string fact =
      on_gpu > 0 && !box.IsApple()
          ? fmt::format("{}, {} of memory free", Where(box), GibText(box.memory))
          : fmt::format("{} of memory free", GibText(box.memory));
  const auto add = [&](std::string text) {
    advice.push_back(
        AdviceOf("70b", std::move(text), fact,
                 fmt::format("what the GPU has no room for is read from memory for each token{}",
                             MeasuredText(gpu && gpu->decode ? *gpu : *cpu))));
  };
  if (gpu && FitsThere(*gpu) && gpu->decode) {
    return add(fmt::format("{}: {}, {}{}", name, GibText(gpu->estimate.peak.mid),
                           RateText(*gpu->decode, "tokens"), LargeWords(*gpu->decode)));
  }
  if (rest > (box.IsApple() ? 0 : box.memory)) {
    return add(fmt::format("not {}: it takes {}, and {} are free", name, GibText(bytes),
                           GibText(on_gpu + (box.IsApple() ? 0 : box.memory))));
  }
  const std::string where = fmt::format("{} of it in memory", GibText(rest));
  if (!cpu->decode) {
    return add(fmt::format("{} only with {}; how fast is known after `curbstop assess --measure`",
                           name, where));
  }
  const double share = static_cast<double>(rest) / static_cast<double>(bytes);
  const Rate rate = gpu && gpu->decode ? Split(*gpu->decode, *cpu->decode, share) : *cpu->decode;
  add(fmt::format("{} with {}: {}{}", name, where, RateText(rate, "tokens"), LargeWords(rate)));
}

}  // namespace

std::vector<Advice> AdviseOnModels(const Machine& machine) {
  const Box box = BoxOf(machine);
  std::vector<Advice> advice;
  AddClassifier(box, advice);
  // bitsandbytes, which 4-bit training needs, knows no Metal.
  const char* adapters = box.IsApple() ? "lora" : "qlora";
  AddTraining(box, adapters, box.IsApple() ? "adapt (LoRA)" : "adapt (QLoRA)", {.method = adapters},
              advice);
  AddTraining(box, "full", "train whole", {.method = "full"}, advice);
  AddChat(box, advice);
  AddLarge(box, advice);
  return advice;
}

}  // namespace curbstop::fit
