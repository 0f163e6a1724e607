#include "project/internal/model_needs.h"

#include <algorithm>

#include <fmt/format.h>

#include "fit/hardware.h"
#include "fit/question.h"
#include "project/internal/model_codec.h"

namespace curbstop {
namespace {

Status MergeMethod(Step& step, const Node& keys, const NodeSource& source) {
  const Node* method = keys.Find("method");
  if (method == nullptr) return {};
  if (!step.model) {
    return source.At(*method, "`method` stands without a `model`")
        .WithHint("name it: `model: qwen2.5-7b`");
  }
  if (keys.Find("model")->Find("method") != nullptr) {
    return source.At(*method, "`method` is named twice, in `model` too")
        .WithHint("keep one of them");
  }
  step.model->method = step.method;
  return {};
}

Status AddNeeds(Step& step, const Node& model, const NodeSource& source) {
  Result<fit::FitQuestion> question = fit::QuestionOf(*step.model);
  if (!question.ok()) return source.Put(model, question.error());
  const bool has_gpu = step.needs.gpu.has_value();
  if (!has_gpu) step.needs.gpu = GpuNeed{};
  fit::Hardware any;
  any.count = step.needs.gpu->count;
  fit::PutOn(any, *question);
  const Result<fit::FitAnswer> answer = fit::QuickFit(*question);
  if (!answer.ok()) return source.Put(model, answer.error());
  if (step.needs.gpu->memory) return {};
  const fit::Span memory = fit::MemoryNeeded(*answer);
  step.needs.gpu->memory = Bytes{fit::MemoryToHave(memory.low)};
  step.sure_memory = Bytes{fit::MemoryToHave(memory.high)};
  return {};
}

}  // namespace

Status ApplyModels(Project& project, const StepNodes& nodes, const NodeSource& source) {
  for (Step& step : project.steps) {
    const Node& keys = *nodes.at(step.name);
    TRY(MergeMethod(step, keys, source));
    if (!step.model) continue;
    const Node& model = *keys.Find("model");
    TRY(CheckModelKeys(model, *step.model, source));
    TRY(AddNeeds(step, model, source));
  }
  return {};
}

}  // namespace curbstop
