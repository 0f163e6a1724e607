// A plan that was kept: what `run --plan FILE` does exactly, or refuses. Pure;
// docs/formats/plan.md.
//
// It holds what was decided (per step the place, the lease and the most it may reserve) and what it
// was decided by (prices with their dates, the caps and what stood under them, the project's file),
// so that whoever runs it later can say what moved and by how much.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "base/result.h"
#include "base/units.h"
#include "plan/plan.h"

namespace curbstop {

inline constexpr int64_t kSavedPlanVersion = 1;
inline constexpr Millis kSavedPlanLife = std::chrono::hours(24);

struct SavedStep {
  std::string step;
  std::string place;  // as PlanRow has it
  bool on_bid = false;
  std::string hardware;
  std::optional<MicroUsd> per_hour;
  std::optional<MicroUsd> worst;
  std::optional<MicroUsd> p50;
  std::optional<Millis> finish_p50;
  std::optional<Millis> lease;
  std::string as_of;     // of the price
  std::string hands_to;  // the step that goes on with its machine; empty: none does
};

struct SavedCap {
  std::string per;  // "month", "day", "run"
  MicroUsd cap;
  MicroUsd left;  // when the plan was made
};

struct SavedPlan {
  std::string project;       // its name
  std::string project_hash;  // of its file's bytes
  int64_t made_at_ms = 0;
  int64_t expires_at_ms = 0;
  std::optional<Millis> lease_asked;
  std::string on = "auto";       // --on, which it was made with
  std::vector<SavedStep> steps;  // in the order in which they run
  std::vector<SavedCap> caps;
};

// Of a plan in which every step has its place.
SavedPlan SavedFrom(const Plan& plan, const PlanFacts& facts, const std::string& project_hash,
                    int64_t now_ms);

Json SavedPlanJson(const SavedPlan& saved);
// Errors: kInvalidInput naming the key; kConflict for another version.
Result<SavedPlan> ReadSavedPlan(const Json& json);

// Where each step is to run, for PlanFacts::pinned.
std::map<std::string, PinnedPlace> PlacesOf(const SavedPlan& saved);

// Which machines go on with another step, for PlanFacts::hand_overs.
std::map<std::string, std::string> HandOversOf(const SavedPlan& saved);

// What is different now, each with by how much; empty: nothing that matters. What became cheaper,
// or is held for less, does not matter. `now`: the plan with the same places pinned.
std::vector<std::string> MovedSince(const SavedPlan& saved, const Plan& now,
                                    const std::string& project_hash, int64_t now_ms);

}  // namespace curbstop
