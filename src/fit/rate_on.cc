#include "fit/rate_on.h"

#include <fmt/format.h>

#include "fit/question.h"

namespace curbstop::fit {

Result<FitQuestion> SpeedQuestion(const std::string& model, const std::string& quant,
                                  const std::string& method) {
  return QuestionOf({.name = model, .method = method, .quant = quant});
}

std::optional<Rate> RateOn(const FitQuestion& question, const std::string& gpu, int64_t count) {
  FitQuestion asked = question;
  PutOn(UnderstandHardware(fmt::format("{}:{}", gpu, count), BundledAccelerators()), asked);
  if (asked.hardware.accelerator == nullptr) return std::nullopt;
  const Result<FitAnswer> answer = QuickFit(asked);
  if (!answer.ok() || answer->estimate.verdict != Verdict::kFits) return std::nullopt;
  return asked.task == Task::kTraining ? answer->training : answer->decode;
}

}  // namespace curbstop::fit
