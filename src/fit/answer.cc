#include "fit/answer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"

namespace curbstop::fit {
namespace {

constexpr double kGiBytes = 1073741824.0;

std::string Gib(int64_t bytes) {
  const double gib = static_cast<double>(bytes) / kGiBytes;
  return gib < 0.095 ? fmt::format("{:.2f}", gib) : fmt::format("{:.1f}", gib);
}

std::string SpanText(const Span& span) {
  const int64_t below = span.mid - span.low;
  const int64_t above = span.high - span.mid;
  if (std::max(below, above) < MiB(3).value) return Gib(span.mid);
  return fmt::format("{} ± {:.2f}", Gib(span.mid),
                     static_cast<double>(std::max(below, above)) / kGiBytes);
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

std::string DeviceLine(const Estimate& estimate, const std::string& device) {
  std::vector<std::string> parts;
  for (const Component& part : estimate.components) {
    if (part.device == device) parts.push_back(PartText(part));
  }
  return fmt::format("  {}: {} GiB\n", device, Join(parts, " · "));
}

std::string VerdictLine(const FitAnswer& answer) {
  const Estimate& estimate = answer.estimate;
  const std::string peak = fmt::format("peak {} GiB, {}..{}", Gib(estimate.peak.mid),
                                       Gib(estimate.peak.low), Gib(estimate.peak.high));
  if (estimate.available <= 0)
    return fmt::format("  {}: no memory to compare with; name one with `--gpu`\n", peak);
  return fmt::format("  {} of {}{}: {}\n", peak, Gib(estimate.available),
                     answer.question.free_memory > 0 ? " free" : "", NameOf(estimate.verdict));
}

std::string Headline(const FitQuestion& question) {
  const ModelShape& shape = question.shape;
  std::string text =
      fmt::format("{}, {} parameters", Printable(shape.id), ParamsText(shape.params_total));
  if (shape.evidence == ShapeEvidence::kFromSize)
    text += " (unknown family: worked out from its size)";
  text += fmt::format(", {}, context {}, llama.cpp", question.format.name,
                      question.llama.cache.context);
  if (!question.hardware.text.empty()) text += " on " + Printable(question.hardware.text);
  return text + "\n";
}

Json SpanJson(const Span& span) {
  return Json::MakeObject({{"low", span.low}, {"mid", span.mid}, {"high", span.high}});
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

Result<FitAnswer> AnswerFit(const FitQuestion& question) {
  TRY(CheckShape(question.shape));
  FitAnswer answer;
  answer.question = question;
  const int64_t available =
      question.free_memory > 0 ? question.free_memory : question.hardware.Available();
  answer.estimate = EstimateLlamaCpp(question.shape, question.format, question.llama, available);
  TRY(CheckSize(answer.estimate));
  return answer;
}

Json FitJson(const FitAnswer& answer) {
  Json components = Json::MakeArray();
  for (const Component& part : answer.estimate.components) components.Push(PartJson(part));
  Json object = Json::MakeObject({{"model", answer.question.shape.id},
                                  {"format", answer.question.format.name},
                                  {"verdict", std::string(NameOf(answer.estimate.verdict))},
                                  {"peak_bytes", SpanJson(answer.estimate.peak)}});
  if (answer.estimate.available > 0) object.Set("available_bytes", answer.estimate.available);
  object.Set("components", components);
  object.Set("changes", Json::MakeArray());
  return object;
}

std::string FitText(const FitAnswer& answer, bool explain) {
  std::string text = Headline(answer.question);
  for (const std::string& device : DevicesOf(answer.estimate))
    text += DeviceLine(answer.estimate, device);
  text += VerdictLine(answer);
  return explain ? text + Sources(answer.estimate) : text;
}

}  // namespace curbstop::fit
