#include "plan/ladder.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/money.h"
#include "fit/families.h"
#include "fit/measured_runs.h"
#include "machine/accelerators.h"
#include "market/match.h"
#include "plan/model_on.h"

namespace curbstop {
namespace {

constexpr int64_t kTrialSteps = 20;

const fit::ModelShape* Smallest(const std::vector<const fit::ModelShape*>& list) {
  const auto least = std::min_element(list.begin(), list.end(), [](const auto* a, const auto* b) {
    return a->params_total < b->params_total;
  });
  return least == list.end() ? nullptr : *least;
}

// Members of the target's family that are at most half as large.
std::vector<const fit::ModelShape*> SmallerThan(const fit::ModelShape& target) {
  std::vector<const fit::ModelShape*> smaller;
  for (const fit::ModelShape& shape : fit::BundledFamilies().all()) {
    const bool same =
        shape.family == target.family && shape.kind == target.kind && shape.arch == target.arch;
    if (same && shape.params_total <= target.params_total / 2) smaller.push_back(&shape);
  }
  return smaller;
}

// The one nearest to the middle, by ratio, where the two ends are far apart.
const fit::ModelShape* Between(const std::vector<const fit::ModelShape*>& list,
                               const fit::ModelShape& low, const fit::ModelShape& high) {
  const double least = static_cast<double>(low.params_total);
  const double most = static_cast<double>(high.params_total);
  if (most < 8 * least) return nullptr;
  const fit::ModelShape* nearest = nullptr;
  double distance = std::log(most / least);
  for (const fit::ModelShape* one : list) {
    const double size = static_cast<double>(one->params_total);
    const double off = std::abs(std::log(size / std::sqrt(least * most)));
    if (one == &low || off >= distance) continue;
    nearest = one;
    distance = off;
  }
  return nearest;
}

int64_t AtLeastTrial(int64_t tokens, const fit::Ask& ask) {
  const int64_t trial = kTrialSteps * ask.batch * ask.sequence;
  return std::min(std::max(tokens, trial), ask.tokens);
}

std::vector<Rung> RungsFor(const fit::Ask& ask, const fit::ModelShape& target) {
  std::vector<Rung> rungs;
  const std::vector<const fit::ModelShape*> smaller = SmallerThan(target);
  if (const fit::ModelShape* first = Smallest(smaller)) {
    rungs.push_back(
        {.model = first->id,
         .tokens = AtLeastTrial(ask.tokens / 100, ask),
         .proves = "the data path: reading, packing, saving, resuming; the loss falls"});
    if (const fit::ModelShape* middle = Between(smaller, *first, target)) {
      rungs.push_back({.model = middle->id,
                       .tokens = AtLeastTrial(ask.tokens / 10, ask),
                       .proves = "the learning rate; the loss ends below the smaller model's"});
    }
  }
  rungs.push_back({.model = target.id,
                   .tokens = AtLeastTrial(0, ask),
                   .proves = "memory and rate: the peak is reached within the first steps"});
  rungs.push_back({.model = target.id,
                   .tokens = ask.tokens,
                   .proves = "quality, on examples that were held back"});
  return rungs;
}

bool Serves(const LadderFacts& facts, const Offer& offer) {
  const bool sold = offer.per_hour && !offer.gpu_name.empty() &&
                    offer.gpu_count >= static_cast<double>(facts.gpus);
  const bool named = facts.gpu.empty() || IsGpuNamed(offer.gpu_name, facts.gpu);
  return sold && named &&
         std::find(facts.drivers.begin(), facts.drivers.end(), offer.provider) !=
             facts.drivers.end();
}

void Put(Rung& rung, const ModelOn& on, std::string place, std::string hardware) {
  rung.answer = on.answer;
  rung.place = std::move(place);
  rung.hardware = std::move(hardware);
  rung.usual = on.time ? on.time->usual : std::nullopt;
  rung.worst = on.time ? on.time->worst : std::nullopt;
}

bool Fits(const ModelOn& on) {
  return on.answer != nullptr && on.answer->estimate.verdict == fit::Verdict::kFits;
}

// Here, where it fits; energy is cheaper than any rent.
bool PutHere(const LadderFacts& facts, const ModelPlaces& model, Rung& rung) {
  const std::optional<ModelOn> here = model.Here(*facts.machine);
  if (!here || !Fits(*here)) return false;
  const std::string& gpu = here->answer->question.hardware.text;
  if (!facts.gpu.empty() && !IsGpuNamed(gpu, facts.gpu)) return false;
  Put(rung, *here, "local", gpu);
  const int64_t watts = PowerUnderLoad(*facts.machine, true).watts;
  const MicroUsd price = facts.electricity.per_kwh;
  if (rung.usual) rung.cost = EnergyCost(watts, price, *rung.usual);
  if (rung.worst) rung.worst_cost = EnergyCost(watts, price, *rung.worst);
  return true;
}

void PutOnCheapest(const LadderFacts& facts, const ModelPlaces& model, Rung& rung) {
  for (const Offer& offer : *facts.offers) {
    if (!Serves(facts, offer)) continue;
    const ModelOn& on = model.On(offer);
    if (!Fits(on) || !on.time || !on.time->usual) continue;
    const MicroUsd cost = CostOf(*offer.per_hour, *on.time->usual);
    if (rung.cost && cost >= *rung.cost) continue;
    Put(rung, on, offer.provider + "/" + offer.region + "/" + offer.type, offer.gpu_name);
    rung.cost = cost;
    rung.worst_cost = CostOf(*offer.per_hour, *on.time->worst);
  }
}

}  // namespace

Result<std::vector<Rung>> LadderOf(const LadderFacts& facts) {
  const fit::Ask& ask = facts.target;
  if (ask.method.empty()) {
    return InvalidInput("a ladder is a way to train, and no method is named")
        .WithHint("add `--method full`, `lora` or `qlora`");
  }
  TRY_ASSIGN(const fit::FitQuestion target, fit::QuestionOf(ask));
  if (fit::ReadsImages(target.shape)) {
    return InvalidInput(fmt::format("`{}` reads images, and ladders are made of language models",
                                    target.shape.id))
        .WithHint("`curbstop model fit` tells of each size by itself");
  }
  if (ask.tokens == 0) {
    return InvalidInput("without a number of tokens nothing can be said of time and cost")
        .WithHint("add for example `--tokens 40M`");
  }
  std::vector<Rung> rungs = RungsFor(ask, target.shape);
  const fit::SharedMeasured known = fit::KnownOf(*facts.machine);
  for (Rung& rung : rungs) {
    Step step;
    step.model = ask;
    step.model->name = rung.model == target.shape.id ? ask.name : rung.model;
    step.model->tokens = rung.tokens;
    step.needs.gpu = GpuNeed{.count = facts.gpus, .name = facts.gpu, .memory = {}};
    const ModelPlaces model(step, known);
    if (!PutHere(facts, model, rung)) PutOnCheapest(facts, model, rung);
  }
  return rungs;
}

}  // namespace curbstop
