// Small model first: the way from the smallest member of a family to the model that is meant, each
// rung with what it proves, what it takes and what it costs at the cheapest place. A mistake in the
// data or the script is then found for cents.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "base/units.h"
#include "fit/ask.h"
#include "machine/machine.h"
#include "market/offer.h"
#include "plan/energy.h"

namespace curbstop {

namespace fit {
struct FitAnswer;
}  // namespace fit

struct LadderFacts {
  fit::Ask target;  // with a method and tokens
  const Machine* machine = nullptr;
  const std::vector<Offer>* offers = nullptr;  // cheapest hour first
  std::vector<std::string> drivers;            // only these providers' offers are taken
  std::string gpu;                             // only machines with this GPU; empty: any
  int64_t gpus = 1;                            // that share each rung
  ElectricityPrice electricity;
};

struct Rung {
  std::string model;  // "qwen2.5-0.5b"
  int64_t tokens = 0;
  std::string proves;
  std::string place;     // "local", "vast/us/1x-RTX_4090"; empty: it fits nowhere
  std::string hardware;  // "RTX-4090"
  std::shared_ptr<const fit::FitAnswer> answer;  // there; null: none
  std::optional<Millis> usual;
  std::optional<Millis> worst;
  std::optional<MicroUsd> cost;  // of `usual`; at home energy
  std::optional<MicroUsd> worst_cost;
};

// From the first to run to the last. Time and cost stand for the computing alone: a machine that is
// rented starts and loads for some minutes beside. Errors: kInvalidInput without method or tokens,
// and as fit::QuestionOf.
Result<std::vector<Rung>> LadderOf(const LadderFacts& facts);

Json LadderJson(const std::vector<Rung>& ladder);
std::string LadderText(const std::vector<Rung>& ladder);  // at most 100 columns

}  // namespace curbstop
