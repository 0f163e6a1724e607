// The answer as text and as JSON.
#include <algorithm>

#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"
#include "base/units.h"
#include "fit/answer.h"

namespace curbstop::fit {
namespace {

constexpr double kGiBytes = 1073741824.0;

std::string Gib(int64_t bytes) {
  const double gib = static_cast<double>(bytes) / kGiBytes;
  return gib < 0.095 ? fmt::format("{:.2f}", gib) : fmt::format("{:.1f}", gib);
}

std::string SpanText(const Span& span) {
  const int64_t doubt = std::max(span.mid - span.low, span.high - span.mid);
  if (doubt < MiB(3).value) return Gib(span.mid);
  return fmt::format("{} ± {:.2f}", Gib(span.mid), static_cast<double>(doubt) / kGiBytes);
}

std::string PartText(const Component& part) {
  const std::string evidence =
      part.evidence == "formula" ? "" : fmt::format(" ({})", part.evidence);
  return fmt::format("{} {}{}", part.name, SpanText(part.bytes), evidence);
}

// The devices that have components, in order of first mention: the fullest first.
std::vector<std::string> DevicesOf(const Estimate& estimate) {
  std::vector<std::string> devices;
  for (const Component& part : estimate.components) {
    if (std::find(devices.begin(), devices.end(), part.device) == devices.end())
      devices.push_back(part.device);
  }
  return devices;
}

std::string DeviceLine(const FitAnswer& answer, const std::string& device) {
  const Estimate& estimate = answer.estimate;
  const bool in_ram = answer.question.hardware.cpu_only && device == "gpu0";
  std::vector<std::string> parts;
  for (const Component& part : estimate.components) {
    if (part.device == device && part.bytes.high > 0) parts.push_back(PartText(part));
  }
  return Paragraph(fmt::format("{}, GiB: {}", in_ram ? "host" : device, Join(parts, " · ")), "  ",
                   "    ");
}

std::string PeakEvidence(const FitAnswer& answer) {
  if (answer.probe && answer.probe->out_of_memory)
    return "     evidence: memory ran out in the probe";
  if (answer.probe) return "     evidence: probed";
  if (answer.peaks_measured == 0) return "";
  return fmt::format("     evidence: {} measured", RunsText(answer.peaks_measured));
}

// "probed: 3 steps of 0.81 s, 6.1 GiB in all, 5.2 of tensors".
std::string ProbeLine(const FitAnswer& answer) {
  if (!answer.probe) return "";
  const ProbeFigures& probe = *answer.probe;
  std::string text = fmt::format("  probed: {} step{}", probe.steps, probe.steps == 1 ? "" : "s");
  if (probe.seconds) text += fmt::format(" of {:.3g} s", *probe.seconds);
  if (probe.whole)
    text += fmt::format(", {} GiB {}", Gib(*probe.whole), probe.on_gpu ? "of the GPU" : "of RAM");
  if (probe.allocated) text += fmt::format(", {} of tensors", Gib(*probe.allocated));
  if (probe.out_of_memory) text += " when memory ran out";
  return text + "\n";
}

std::string VerdictLine(const FitAnswer& answer) {
  const Estimate& estimate = answer.estimate;
  const std::string peak = fmt::format("peak {} GiB, {}..{}", Gib(estimate.peak.mid),
                                       Gib(estimate.peak.low), Gib(estimate.peak.high));
  if (estimate.available <= 0)
    return fmt::format("  {}: no memory to compare with; name one with `{}`\n", peak,
                       answer.question.task == Task::kTable ? "--memory" : "--gpu");
  return fmt::format("  {} of {}{}: {}{}{}\n", peak, Gib(estimate.available),
                     answer.question.free_memory > 0 ? " free" : "", NameOf(estimate.verdict),
                     MightFit(answer) ? ", though it might just fit" : "", PeakEvidence(answer));
}

std::string MethodText(const FitQuestion& question) {
  const TrainingUse& use = question.training;
  const bool quantised = question.format.kind != FormatKind::kPlain;
  const std::string method =
      use.method == Method::kFull
          ? "full training"
          : fmt::format("{}{} of rank {}", quantised ? "Q" : "",
                        use.method == Method::kDora ? "DoRA" : "LoRA", use.rank);
  return fmt::format("{}, sequence {}, batch {}", method, use.sequence, use.batch);
}

// "random-forest, 500 trees, on a table of 100000 rows and 50 columns in float64".
std::string TableHeadline(const FitQuestion& question) {
  const TableUse& use = question.table;
  std::string text = question.shape.id;
  if (HasTrees(use.family)) text += fmt::format(", {} trees", use.trees);
  if (use.family == TableFamily::kMeans) text += fmt::format(", {} clusters", use.clusters);
  if (HasClasses(use.family) && use.classes > 2) text += fmt::format(", {} classes", use.classes);
  return text + fmt::format(", on {} rows of {} columns in {}\n", use.rows, use.columns,
                            question.format.name);
}

std::string Headline(const FitQuestion& question) {
  if (question.task == Task::kTable) return TableHeadline(question);
  const ModelShape& shape = question.shape;
  std::string text =
      fmt::format("{}, {} parameters", Printable(shape.id), ParamsText(shape.params_total));
  if (shape.evidence == ShapeEvidence::kFromSize)
    text += " (unknown family: worked out from its size)";
  if (shape.kind == ModelKind::kNetwork) text += " (unknown network: as its header says)";
  text += fmt::format(", {}, {}", question.format.name, TaskText(question));
  if (!question.hardware.text.empty()) text += " on " + Printable(question.hardware.text);
  return text + "\n";
}

// Seconds, minutes or hours, by two digits.
std::string TimeText(double seconds) {
  if (seconds < 10) return fmt::format("{:.2g} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.{}f} h", seconds / 3600, seconds < 36000 ? 1 : 0);
}

std::string TableTimeLine(const FitAnswer& answer) {
  std::string text = "  time unknown: its steps depend on the data\n";
  if (const auto& time = answer.fit_seconds) {
    text = fmt::format(
        "  fit {} ({}..{}) on one core     evidence: published complexity, class constant\n",
        TimeText(time->mid), TimeText(time->low), TimeText(time->high));
  }
  const std::string warning = TableWarning(answer.question.table);
  return warning.empty() ? text : text + Paragraph("note: " + warning, "  ", "    ");
}

std::string RateText(const Rate& rate) {
  return fmt::format("{:.0f} tokens/s ({:.0f}..{:.0f})", rate.mid, rate.low, rate.high);
}

// "3 runs measured on this machine", "formula + class parameters", or both where they differ.
std::string SpeedEvidence(const FitAnswer& answer) {
  const char* where = answer.question.here ? "on this machine" : "of this GPU";
  std::vector<std::string> parts;
  bool class_alone = false;
  const auto add = [&](const char* name, const std::optional<Rate>& rate) {
    if (!rate) return;
    if (answer.probe && answer.probe->seconds && name != std::string_view("prefill by ")) {
      parts.push_back("probed");
    } else if (rate->measured > 0) {
      parts.push_back(fmt::format("{}{} measured {}", name, RunsText(rate->measured), where));
    } else {
      class_alone = true;
    }
  };
  add("decode by ", answer.decode);
  add("prefill by ", answer.prefill);
  add("", answer.training);
  add("", answer.images);
  if (class_alone)
    parts.push_back(parts.empty() ? "formula + class parameters"
                                  : "the rest formula + class parameters");
  return Join(parts, "; ");
}

std::string SpeedLine(const FitAnswer& answer) {
  if (answer.question.task == Task::kTable) return TableTimeLine(answer);
  std::vector<std::string> parts;
  if (answer.cache_tokens) {
    parts.push_back(fmt::format("cache for {} tokens ({}..{})", answer.cache_tokens->mid,
                                answer.cache_tokens->low, answer.cache_tokens->high));
  }
  if (answer.decode) parts.push_back("decode " + RateText(*answer.decode));
  if (answer.prefill) parts.push_back("prefill " + RateText(*answer.prefill));
  if (answer.images) {
    parts.push_back(fmt::format("{:.0f} images/s ({:.0f}..{:.0f})", answer.images->mid,
                                answer.images->low, answer.images->high));
  }
  if (answer.training && !answer.images) parts.push_back(RateText(*answer.training));
  if (const auto work = WorkOf(answer)) {
    const auto hours = [&](double rate) { return work->amount / rate / 3600; };
    parts.push_back(fmt::format("{:.1f} h for {} ({:.1f}..{:.1f})", hours(work->rate.mid),
                                work->AmountText(), hours(work->rate.high), hours(work->rate.low)));
  }
  if (answer.question.task == Task::kNetwork)
    return "  time unknown: a header does not tell what its nodes compute\n";
  if (parts.empty()) return "";
  return fmt::format("  {}     evidence: {}\n", Join(parts, " · "), SpeedEvidence(answer));
}

std::string ChangeLines(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) {
    text += fmt::format("  {} {}: {} GiB, {}", text.empty() ? "would fit:" : "          ",
                        change.text, Gib(change.peak.mid), NameOf(change.verdict));
    if (change.speed) text += fmt::format(", {:+.0f} % speed", (*change.speed - 1) * 100);
    text += "\n";
  }
  return text;
}

Json SpanJson(const Span& span) {
  return Json::MakeObject({{"low", span.low}, {"mid", span.mid}, {"high", span.high}});
}
Json RateJson(const Rate& rate) {
  return Json::MakeObject({{"low", rate.low},
                           {"mid", rate.mid},
                           {"high", rate.high},
                           {"measured_runs", rate.measured}});
}

Json PartJson(const Component& part) {
  return Json::MakeObject({{"name", part.name},
                           {"device", part.device},
                           {"low", part.bytes.low},
                           {"mid", part.bytes.mid},
                           {"high", part.bytes.high},
                           {"unit", "bytes"},
                           {"evidence", part.evidence},
                           {"source", part.source}});
}

Json ChangeJson(const Change& change) {
  Json object = Json::MakeObject({{"change", change.text},
                                  {"peak_bytes", SpanJson(change.peak)},
                                  {"verdict", std::string(NameOf(change.verdict))}});
  if (change.speed) object.Set("relative_speed", *change.speed);
  return object;
}

Json ProbeJson(const ProbeFigures& probe) {
  Json object = Json::MakeObject({{"steps", probe.steps},
                                  {"device", probe.on_gpu ? "gpu" : "host"},
                                  {"out_of_memory", probe.out_of_memory}});
  const auto set = [&](const char* name, const auto& value) {
    if (value) object.Set(name, *value);
  };
  set("seconds_per_step", probe.seconds);
  set("tokens_per_step", probe.tokens);
  set("whole_bytes", probe.whole);
  set("weights_bytes", probe.weights);
  set("allocated_bytes", probe.allocated);
  set("reserved_bytes", probe.reserved);
  return object;
}

void SetSpeeds(const FitAnswer& answer, Json& object) {
  if (answer.fit_seconds) object.Set("seconds", RateJson(*answer.fit_seconds));
  const auto& rate = answer.training ? answer.training : answer.decode;
  if (rate) object.Set("tokens_per_second", RateJson(*rate));
  if (answer.images) object.Set("images_per_second", RateJson(*answer.images));
  if (answer.prefill) object.Set("prefill_tokens_per_second", RateJson(*answer.prefill));
  if (answer.cache_tokens) object.Set("cache_tokens", SpanJson(*answer.cache_tokens));
  if (const auto work = WorkOf(answer)) {
    const Rate& by = work->rate;
    object.Set("seconds", RateJson({work->amount / by.high, work->amount / by.mid,
                                    work->amount / by.low, by.measured}));
  }
}

std::string Sources(const Estimate& estimate) {
  std::string text;
  for (const Component& part : estimate.components) {
    text +=
        fmt::format("  {} on {}: {} bytes ({}..{}), {}; {}\n", part.name, part.device,
                    part.bytes.mid, part.bytes.low, part.bytes.high, part.evidence, part.source);
  }
  return text;
}

}  // namespace

std::string TimedWork::AmountText() const {
  if (amount < 1e5) return fmt::format("{:.0f} {}", amount, unit);
  return fmt::format("{:.4g} M {}", amount / 1e6, unit);
}

std::string TimedWork::RateText() const {
  return fmt::format("{:.0f} {}/s ({:.0f}..{:.0f})", rate.mid, unit, rate.low, rate.high);
}

std::string RunsText(int64_t count) {
  return fmt::format("{} run{}", count, count == 1 ? "" : "s");
}

std::string TaskText(const FitQuestion& question) {
  if (question.task == Task::kTraining) return MethodText(question);
  if (question.task == Task::kImages)
    return fmt::format("{} images of {} x {}, batch {}",
                       question.images.training ? "full training on" : "inference on",
                       question.images.size, question.images.size, question.training.batch);
  if (question.task == Task::kNetwork)
    return fmt::format("{}, batch {}", question.network.training ? "full training" : "inference",
                       question.training.batch);
  if (question.task == Task::kVllm)
    return fmt::format("context {}, vLLM", question.vllm.max_model_len);
  if (question.task == Task::kTensorEngine)
    return fmt::format("context {}, {}", question.tensor.cache.context,
                       NameOf(question.tensor.engine));
  return fmt::format("context {}, llama.cpp", question.llama.cache.context);
}

std::string PeakText(const Estimate& estimate) {
  const Span& peak = estimate.peak;
  std::string text = fmt::format("{} GiB ({}..{})", Gib(peak.mid), Gib(peak.low), Gib(peak.high));
  if (estimate.available > 0) text += " of " + Gib(estimate.available);
  return text;
}

Json FitJson(const FitAnswer& answer) {
  Json components = Json::MakeArray();
  for (const Component& part : answer.estimate.components) components.Push(PartJson(part));
  Json changes = Json::MakeArray();
  for (const Change& change : answer.changes) changes.Push(ChangeJson(change));
  Json object = Json::MakeObject({{"model", answer.question.shape.id},
                                  {"parameters", answer.question.shape.params_total},
                                  {"format", answer.question.format.name},
                                  {"verdict", std::string(NameOf(answer.estimate.verdict))},
                                  {"peak_bytes", SpanJson(answer.estimate.peak)}});
  if (answer.estimate.available > 0) object.Set("available_bytes", answer.estimate.available);
  if (answer.peaks_measured > 0) object.Set("peak_measured_runs", answer.peaks_measured);
  if (MightFit(answer)) object.Set("might_fit", true);
  if (answer.probe) object.Set("probe", ProbeJson(*answer.probe));
  object.Set("components", components);
  SetSpeeds(answer, object);
  if (answer.question.task == Task::kTable) {
    const std::string warning = TableWarning(answer.question.table);
    if (!warning.empty()) object.Set("warning", warning);
  }
  object.Set("changes", changes);
  return object;
}

std::string FitText(const FitAnswer& answer, bool explain) {
  std::string text = Headline(answer.question);
  for (const std::string& device : DevicesOf(answer.estimate)) text += DeviceLine(answer, device);
  text += ProbeLine(answer) + VerdictLine(answer) + SpeedLine(answer) + ChangeLines(answer.changes);
  return explain ? text + Sources(answer.estimate) : text;
}

}  // namespace curbstop::fit
