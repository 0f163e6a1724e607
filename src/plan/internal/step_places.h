// The places of one step, side by side: this computer and the offers, each as a row with what it
// costs there and why it cannot run there. Which one is chosen is not decided here.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fit/measured_runs.h"
#include "market/match.h"
#include "plan/internal/offer_classes.h"
#include "plan/model_on.h"
#include "plan/plan.h"

namespace curbstop {

inline constexpr std::string_view kDearer = "dearer than those shown";
inline constexpr size_t kMostRunnersUp = 10;

// By which price the offers are looked at, ascending.
enum class PriceOrder { kOnDemand, kBid, kEither };

// An offer by its number in the list, and its class: a step looks at most offers no closer.
struct OrderedOffer {
  uint32_t offer = 0;
  uint32_t of_class = 0;
};

// Reasons in the order in which they were first met, with their counts.
class ReasonCounts {
 public:
  void Add(std::string_view reason, int64_t count);
  void MoveTo(std::vector<LeftOut>& left_out, const std::string& step);  // most counted first

 private:
  std::vector<std::pair<std::string, int64_t>> counts_;
};

// A step as its places are asked about it. The step must outlive it.
struct PlannedStep {
  const Step& step;
  Need needs;  // the step's, the GPU by its name in the accelerator catalogue
  Place place;
  std::string place_reason;                       // "left out by `where: local`"
  StepTime time;                                  // on this computer
  StepTime elsewhere = {};                        // where the model's own is not known
  std::unique_ptr<const ModelPlaces> model = {};  // of a step with `model`
  std::optional<ModelOn> here = {};               // and what it comes to on this computer
  const StepMoves* moves = nullptr;               // never null once it was begun
  std::string before = {};                        // the step planned right before it; empty: none
  const StepMoves* moves_before = nullptr;        // and what that one moves
};

struct ComparedStep {
  PlannedStep current;
  std::vector<PlanRow> rows = {};  // `why_not` filled where they cannot run, `why` holding a note
  ReasonCounts left_out = {};
};

// For a machine that can be had both ways.
enum class Pay {
  kCheaper,  // to the end
  kBid,
  kOnDemand,
};

class StepPlaces {
 public:
  // `facts` must outlive it. `every_row`: all offers, not the cheapest alone.
  StepPlaces(const PlanFacts& facts, bool every_row)
      : facts_(facts), every_row_(every_row), measured_here_(fit::KnownOf(*facts.machine)) {}

  // Errors: kInvalidInput, kNotFound: a place that does not exist or has no driver yet.
  // `before`: the planned step right before it, or null.
  Result<ComparedStep> Compare(const Step& step, const StepHistory& history, const Step* before);

 private:
  // What the offers of one class are to a step.
  struct ClassVerdict {
    bool in_place = false;  // but for the region
    bool has_driver = false;
    Mismatch mismatch = Mismatch::kNone;
    bool model_stands_against = false;
  };

  Result<PlannedStep> Begin(const Step& step, const StepHistory& history) const;
  PlanRow LocalRow(const PlannedStep& current) const;
  void WaitInQueue(PlanRow& row, int64_t gpus) const;
  PlanRow OfferRow(const PlannedStep& current, const Offer& offer, Pay pay) const;
  std::optional<Pay> OtherWay(const PlannedStep& current, const Offer& offer,
                              const PlanRow& row) const;
  void FillCost(PlanRow& row, const StepTime& time, MicroUsd per_hour) const;
  const StepTime& TimeOn(const PlannedStep& current, const Offer& offer) const;
  const StepMoves& MovesOf(const Step& step) const;
  std::string ModelReason(const PlannedStep& current, Mismatch mismatch, const Offer& offer) const;
  bool InPlace(const Place& place, const Offer& offer) const;
  bool HasDriver(SpotUse spot, const Offer& offer) const;
  const std::vector<OrderedOffer>& Order(const Step& step);
  std::vector<PlanRow> EveryOffer(const PlannedStep& current);
  ClassVerdict Judge(const PlannedStep& current, const OfferClass& one) const;
  const OfferClasses& Classes();
  std::vector<PlanRow> CheapestOffers(const PlannedStep& current, ReasonCounts& left_out);

  const PlanFacts& facts_;
  bool every_row_;
  fit::SharedMeasured measured_here_;
  std::optional<OfferClasses> classes_;
  std::array<std::optional<std::vector<OrderedOffer>>, 3> orders_;  // by PriceOrder
};

}  // namespace curbstop
