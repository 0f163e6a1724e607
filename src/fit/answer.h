// "Will it fit, how fast, how sure": one question, one answer, for the command line and for plans.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "fit/estimate.h"
#include "fit/hardware.h"
#include "fit/llama_cpp.h"
#include "fit/shape.h"
#include "fit/weights.h"

namespace curbstop::fit {

struct FitQuestion {
  ModelShape shape;
  WeightFormat format;
  LlamaCppUse llama;  // inference
  Hardware hardware;
  int64_t free_memory = 0;  // read from this machine just now; 0: not known
};

struct FitAnswer {
  FitQuestion question;
  Estimate estimate;
};

// Errors: kInvalidInput if a figure is beyond any machine.
Result<FitAnswer> AnswerFit(const FitQuestion& question);

// {"verdict":…, "peak_bytes":{low, mid, high}, "components":[…], …}
Json FitJson(const FitAnswer& answer);
std::string FitText(const FitAnswer& answer, bool explain);

}  // namespace curbstop::fit
