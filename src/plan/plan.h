// Where a step could run, what each place costs and takes, which one is chosen, and why. Pure:
// facts in, decision out; no clock, no files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "base/units.h"
#include "machine/machine.h"
#include "market/offer.h"
#include "project/project.h"

namespace curbstop {

// What earlier runs of the step on this machine class took.
struct StepHistory {
  int64_t runs = 0;  // successes, at most the last 20
  std::optional<Millis> median;
  std::optional<Millis> p90;
};

struct ElectricityPrice {
  MicroUsd per_kwh{180'000};
  bool assumed = true;
};

struct PlanFacts {
  const Project* project = nullptr;
  const Machine* machine = nullptr;
  std::vector<StepHistory> history;  // one for each step of the project, same order
  const std::vector<Offer>* offers = nullptr;
  ElectricityPrice electricity;
  Place on;  // kAuto: each step's own `where`
  MicroUsd month_spent;
};

struct PlanRow {
  std::string step;
  std::string place;  // "local", "vast/us/1x-RTX_4090"
  bool chosen = false;
  bool has_driver = false;  // false: shown as information only
  std::optional<MicroUsd> worst;   // empty: the time is unknown
  std::optional<MicroUsd> p50;
  std::optional<MicroUsd> per_hour;
  std::optional<Millis> finish_p50;
  std::string time_source;  // "3 earlier runs", "needs.time", "unknown"
  std::string lease_grade;  // "home" for local
  std::string source;       // of the price, with date
  std::string why;          // chosen: the reason
  std::string why_not;      // lost: the reason
};

struct LeftOut {
  std::string step;
  std::string reason;
  int64_t count = 0;
};

struct Plan {
  std::vector<PlanRow> rows;  // per step: the chosen row first, then by worst cost
  std::vector<LeftOut> left_out;
  MicroUsd month_spent;
  std::optional<MicroUsd> month_cap;
};

// `every_row`: all rows that lost (--why-not), else at most 10 runners-up per step, the rest
// counted per reason in `left_out`.
// Errors: kInvalidInput for a place without a driver (with the list of places); kNo if a step
// fits nowhere that has a driver.
Result<Plan> MakePlan(const PlanFacts& facts, bool every_row);

Json PlanJson(const Plan& plan);       // contracts §1
std::string PlanText(const Plan& plan);

}  // namespace curbstop
