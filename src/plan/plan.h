// Where a step could run, what each place costs and takes, which one is chosen, and why. Pure:
// facts in, decision out; no clock, no files.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "base/units.h"
#include "machine/machine.h"
#include "market/offer.h"
#include "plan/bid.h"
#include "plan/caps.h"
#include "plan/energy.h"
#include "plan/finish.h"
#include "plan/goal.h"
#include "plan/gpu_queue.h"
#include "plan/lease.h"
#include "plan/moves.h"
#include "plan/rental.h"
#include "plan/step_time.h"
#include "project/project.h"

namespace curbstop {

namespace fit {
struct FitAnswer;
}  // namespace fit

// How long a step takes on one kind of machine, where that is known of it in particular.
struct TimeOnHardware {
  std::string step;
  std::string gpu_name;  // of the accelerator catalogue
  double gpu_count = 1;
  StepTime time;
};

// That place or none, paid for that way.
struct PinnedPlace {
  std::string place;  // as PlanRow has it
  bool on_bid = false;
  bool operator==(const PinnedPlace&) const = default;
};

struct PlanFacts {
  const Project* project = nullptr;
  const Machine* machine = nullptr;
  std::vector<StepHistory> history;  // one for each step of the project, same order
  std::vector<std::string> steps;    // names of those to plan; empty: all
  const std::vector<Offer>* offers = nullptr;
  int64_t offers_set_aside = 0;                // rows that cannot be true
  std::vector<std::string> drivers;            // providers that this version can rent from
  std::map<std::string, RentalRules> rentals;  // how they rent; those that are known
  ElectricityPrice electricity;
  std::vector<StepMoves> moves;  // one for each step of the project, same order; empty: unknown
  MoveFacts moving;
  std::vector<GpuHolder> gpu_holders;  // of this computer's GPUs
  int64_t now_ms = 0;                  // since 1970, UTC, to mark old prices; 0: none is marked
  bool may_share = true;               // a machine may go on with the step after its own
  // Giver and taker of each machine that is handed on, these and no others; empty: where it pays.
  std::optional<std::map<std::string, std::string>> hand_overs;
  bool nobody_holds_work = false;        // --detach and no named place: `spot: auto` is on demand
  Place on;                              // kAuto: each step's own `where`
  std::optional<Millis> lease;           // --lease: ends every step
  Millis keep{0};                        // rented machines stay so long after their step
  Spending spending;                     // under the project's name, of no run in particular
  std::vector<TimeOnHardware> times_on;  // machines without one: as the step takes here
  std::map<std::string, PinnedPlace> pinned;  // by step
  PlanGoal goal;
  size_t front = 0;  // at most so many points of cost against time
};

// One of the bids that were looked at, and what the step usually costs then.
struct TriedBid {
  BidTerms terms;
  MicroUsd per_hour;
  std::optional<MicroUsd> p50;
};

// The best bid that could be made for a machine.
struct PlannedBid {
  MicroUsd minimum;  // the list's
  BidTerms terms;
  std::vector<TriedBid> tried;  // ascending
  const BidLaw* law = nullptr;  // null: nothing was chosen, it is the usual one
};

struct PlanRow {
  std::string step;
  std::string place;     // "local", "vast/us/1x-RTX_4090"
  std::string hardware;  // "RTX-4090", "2x A10", "8 CPU, 32 GiB"
  bool chosen = false;
  bool has_driver = false;        // false: shown as information only
  std::optional<MicroUsd> worst;  // empty: the time is unknown
  std::optional<MicroUsd> p50;    // to finish; so are p10 and p90
  std::optional<MicroUsd> p10;
  std::optional<MicroUsd> p90;
  std::optional<MicroUsd> per_hour;
  std::optional<Millis> finish_p50;
  std::optional<Millis> finish_p90;
  std::optional<Millis> finish_worst;
  std::vector<FinishPart> parts;            // of p50, of what is rented
  std::optional<PlannedBid> bid;            // that the step could make there
  bool on_bid = false;                      // it is made: its price is `per_hour`
  double interruptions = 0;                 // to expect then
  std::optional<int64_t> listed_saving;     // percent below the price on demand, by the list
  std::optional<int64_t> effective_saving;  // of the usual cost until it is done; may be below 0
  Bytes upload;                             // of rented machines: what goes there
  Bytes code;                               // of it, the project's own files
  BootTime boot;                            // of them
  std::optional<Bytes> download;            // what comes home; empty: unknown
  std::vector<std::string> unknown_inputs;  // what goes there too, but nobody made yet
  Link link;                                // over which it travels
  Need rented_for;                          // what a rented machine is asked for
  Bytes disk;                               // that it gets
  std::optional<Finish> warm;             // on the machine of the step before it, of the same kind
  Bytes warm_upload;                      // what that one lacks
  Millis waits{0};                        // a machine waits so long at most to be handed on
  std::optional<MicroUsd> worst_waiting;  // `worst` then; empty: it cannot wait
  std::string hands_to;                   // the step that goes on with its machine
  std::string takes_from;                 // the step whose machine it goes on with
  std::string time_source;  // "3 earlier runs", "needs.time", "deadline", "unknown"; lost: none
  std::optional<PowerFigure> power;  // local only
  std::string lease_grade;           // "home" for local, "none" without a driver
  std::optional<Millis> lease;       // of a machine that can be rented
  Millis kept{0};                    // it stays so long after the step, within `worst`
  MicroUsd kept_worst;               // what that costs at most
  std::optional<Millis> interval;    // between checkpoints on it, at most; empty: it writes none
  std::optional<MicroUsd> disk_per_hour;  // of a machine that can be rented; in `p50` and `worst`
  std::string not_modelled;               // charges there that no figure holds
  std::string held;                       // why it is held for longer than its lease
  bool login_needed = false;              // no key of an account there was found
  std::string source;                     // of the price
  std::string as_of;                      // of the price: "2026-10-10", "assumed", "setting"
  bool is_old = false;                    // older than its source's prices stay true
  std::string why;                        // chosen: the reason
  std::string why_not;                    // lost: the reason
  std::shared_ptr<const fit::FitAnswer> model;  // of a step with `model`: what it comes to there
  std::optional<StepTime> model_time;           // estimated for this machine, and used
  std::string compared;  // meets the needs but lost: "+0.42 USD, memory not listed"
};

struct LeftOut {
  std::string step;
  std::string reason;
  int64_t count = 0;
};

// A step for which no place can be chosen.
struct Blocked {
  std::string step;
  ErrorKind kind = ErrorKind::kNo;  // kOverBudget: only a cap stands in the way
  std::string reason;
  std::string hint;  // of a cap
};

struct Plan {
  std::vector<PlanRow> rows;  // per step: the chosen row first, then by price
  std::vector<LeftOut> left_out;
  Budget budget;
  Spending spending;  // before any of the steps
  std::vector<Blocked> blocked;
  std::optional<GoalAnswer> together;  // empty: no step has a place, or a time is unknown
  PlanGoal goal;
  std::vector<StepTime> times;  // one per planned step, in the order of the rows
  ElectricityPrice electricity;
};

// Every place with its cost, whether or not one could be chosen.
// `every_row`: all rows that lost (--why-not), else at most 10 runners-up per step, the rest
// counted per reason in `left_out`.
// Errors: kInvalidInput for an unknown step, and for a place without a driver (with the list of
// places).
Result<Plan> ComparePlaces(const PlanFacts& facts, bool every_row);

// Errors: kNo if a step fits nowhere that has a driver, or the goal's limits cannot be kept;
// kOverBudget if only the cap forbids it.
Status CheckEveryStepHasAPlace(const Plan& plan);

// Both: a plan in which every step has its place. Errors: those of both.
Result<Plan> MakePlan(const PlanFacts& facts, bool every_row);

// Sum of the chosen worst cases, and no more than all the steps together may take of the caps;
// empty if a step has no place, or one may cost anything.
std::optional<MicroUsd> WorstOf(const Plan& plan);

Json PlanRowJson(const PlanRow& row);
Json PlanJson(const Plan& plan);         // contracts §1
std::string PlanText(const Plan& plan);  // at most 100 columns

// Formula, inputs, source and date of the numbers of the chosen rows and of the electricity.
Json ExplanationJson(const Plan& plan);
std::string ExplanationText(const Plan& plan);

}  // namespace curbstop
