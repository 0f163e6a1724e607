#include "fit/rate_on.h"

#include <fmt/format.h>

#include "base/text.h"
#include "fit/families.h"

namespace curbstop::fit {
namespace {

constexpr int64_t kContext = 4096;

struct MethodFacts {
  std::string_view name;
  Method method;
  std::string_view format;
};
constexpr MethodFacts kMethods[] = {{"full", Method::kFull, "bf16"},
                                    {"lora", Method::kLora, "bf16"},
                                    {"qlora", Method::kLora, "nf4-dq"}};

Result<const MethodFacts*> MethodNamed(const std::string& name) {
  for (const MethodFacts& facts : kMethods) {
    if (facts.name == name) return &facts;
  }
  return InvalidInput(
      fmt::format("`--method` is `{}`, expected `full`, `lora` or `qlora`", Printable(name)));
}

Result<WeightFormat> FormatFor(const std::string& model, const std::string& quant,
                               std::string_view otherwise) {
  const std::optional<WeightFormat> named = FormatInName(model);
  if (quant.empty() && named) return *named;
  return UnderstandFormat(quant.empty() ? otherwise : std::string_view(quant));
}

}  // namespace

Result<FitQuestion> SpeedQuestion(const std::string& model, const std::string& quant,
                                  const std::string& method) {
  FitQuestion question;
  TRY_ASSIGN(question.shape, BundledFamilies().Understand(model, 0));
  TRY(CheckIsBuilt(question.shape, method.empty()));
  std::string_view format = "Q4_K_M";
  if (!method.empty()) {
    TRY_ASSIGN(const MethodFacts* facts, MethodNamed(method));
    question.task = Task::kTraining;
    question.training.method = facts->method;
    question.training.checkpointing = Checkpointing::kFull;
    question.training.includes_context = true;
    format = facts->format;
  }
  TRY_ASSIGN(question.format, FormatFor(model, quant, format));
  question.llama.cache = {.context = kContext, .slots = 1};
  return question;
}

std::optional<Rate> RateOn(const FitQuestion& question, const std::string& gpu, int64_t count) {
  FitQuestion asked = question;
  asked.hardware = UnderstandHardware(fmt::format("{}:{}", gpu, count), BundledAccelerators());
  if (asked.hardware.accelerator == nullptr) return std::nullopt;
  asked.llama.gpus = asked.training.gpus = count;
  asked.llama.metal = asked.hardware.unified;
  if (count > 1) asked.training.sharding = Sharding::kZero3;
  const Result<FitAnswer> answer = QuickFit(asked);
  if (!answer.ok() || answer->estimate.verdict != Verdict::kFits) return std::nullopt;
  return asked.task == Task::kTraining ? answer->training : answer->decode;
}

}  // namespace curbstop::fit
