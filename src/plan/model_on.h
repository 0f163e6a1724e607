// What the `model:` of a step comes to on one kind of hardware: whether it fits there, and how long
// it takes. Estimated once for each kind, however many machines of it are on sale.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "fit/question.h"
#include "machine/machine.h"
#include "market/offer.h"
#include "plan/step_time.h"
#include "project/project.h"

namespace curbstop {

struct ModelOn {
  std::shared_ptr<const fit::FitAnswer> answer;  // null: no estimate could be made
  std::optional<StepTime> estimate;  // empty: how much work, or the device's speed, is unknown
  std::optional<StepTime> time;      // the same, unless the file says otherwise; cut by deadline
};

class ModelPlaces {
 public:
  // Of a step with a model. `known`: what was measured on this computer; it corrects what is alike
  // on any machine, above all on the same GPU. `lease` as in TimeOf.
  explicit ModelPlaces(const Step& step, fit::SharedMeasured known = nullptr,
                       std::optional<Millis> lease = {});

  const ModelOn& On(const Offer& offer) const;
  // The first GPU here that the step may use, by its whole memory. Empty: there is none.
  std::optional<ModelOn> Here(const Machine& machine) const;

  // Why it is not put there: "does not fit: 14.2 GiB (13.1..15.0) of 9.8", or empty. Where it is
  // tight, whoever pays for the machine does not try it, unless the file names its own memory.
  std::string ReasonAgainst(const ModelOn& on, bool rented) const;
  // What the reader should know although it may run: "tight: …", "`needs` says 8 GB, the estimate
  // …".
  std::string Note(const ModelOn& on) const;

  const Step& step() const { return step_; }

 private:
  using Kind = std::tuple<std::string, int64_t, int64_t>;  // GPU, how many, memory of each

  ModelOn Estimate(const Kind& kind) const;

  const Step& step_;
  std::optional<Millis> lease_;
  std::optional<fit::FitQuestion> question_;
  mutable std::map<Kind, ModelOn> known_;
};

}  // namespace curbstop
