// One job, many places to run it, a deadline: what a spot policy sees (SpotView) and what it may do
// (SpotAction). A policy is a pure function from the one to the other; the future is not in a view.
//
// Time goes in ticks of `tick_s` seconds. At the start of a tick the policy is asked until it
// answers kRun: a try that finds a machine starts it and ends the asking; a try that finds none
// costs nothing; a probe that finds a machine bills a minute of it. A tick is billed whole, at the
// price of its start. A machine brings no progress for the first `overhead_s`; when it starts
// elsewhere than where the last one started, the checkpoint moves there and `move` is billed. An
// on-demand machine is always to be had and is never lost. A policy may also stop for good, with
// the checkpoint of what is done.
//
// Source of the model: Z. Wu et al., "Can't Be Late: Optimizing Spot Instance Savings under
// Deadlines" (NSDI '24), and its discrete form in andylizf/skynomad-artifact at 62b9aaa.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/money.h"

namespace curbstop {

struct SpotJob {
  double work_s = 0;            // on a machine of speed 1, without starts
  double deadline_s = 0;        // from the start of the job
  double overhead_s = 0;        // of each start, before any progress
  MicroUsd move;                // the checkpoint's way to another place
  std::optional<MicroUsd> cap;  // of all that is spent; none: only the deadline is held
};

enum class SpotKind { kIdle, kSpot, kOnDemand };

struct SpotMachine {
  SpotKind kind = SpotKind::kIdle;
  int place = -1;
  bool operator==(const SpotMachine&) const = default;
};

// What was seen of one place's spot machines, as runs of equal sightings.
struct SpotSpell {
  bool up = false;
  int64_t first = 0;  // tick of the first sighting
  int64_t last = 0;
};

// Adds a sighting to `spells`; ticks never go back.
void AddSighting(std::vector<SpotSpell>& spells, int64_t tick, bool up);

struct SpotPlace {
  std::string name;
  std::string region;      // places that share a name of region tend to fail together
  bool sells_spot = true;  // false: this computer, or an offer on demand
  bool sells_on_demand = true;
  MicroUsd spot;            // per hour, in this tick
  MicroUsd on_demand;       // per hour
  MicroUsd held_back;       // of the cap, beyond its price, while an on-demand machine runs
  double speed = 1;         // work done per second
  double overhead_s = 0;    // of a start here
  std::optional<bool> now;  // seen in this tick: a spot machine is there
  std::vector<SpotSpell> spells;
  std::optional<double> life_s;  // assumed of a machine here, where more is known than of any
};

struct SpotView {
  const SpotJob* job = nullptr;
  std::span<const SpotPlace> places;
  int64_t tick = 0;
  double tick_s = 0;
  double done_s = 0;     // of the work
  double pending_s = 0;  // until the machine held begins to work
  SpotMachine held;      // after losses; idle where none is held
  int data_at = -1;      // the place whose machine started last; -1: none yet
  bool was_on_demand = false;
  MicroUsd spent;

  double now_s() const { return static_cast<double>(tick) * tick_s; }
  double left_s() const { return job->work_s - done_s; }
};

inline constexpr double kNoWork = 0.001;  // seconds of work that count as none, as in the artifact

enum class SpotStep { kRun, kTry, kProbe, kStop };

// What whoever set deadline and cap is told beside the action.
enum class SpotSays {
  kNothing,       // both are certain; or a policy that knows no cap
  kCapAtRisk,     // the cap does not pay for a machine that is not lost: both hang on spot
  kCannotBoth,    // stops: no machine that is on sale does the rest within both
  kDeadlineLost,  // no cap; the rest takes longer than the time left
};

struct SpotAction {
  SpotStep step = SpotStep::kRun;
  SpotMachine machine;  // kRun: for this tick; kTry, kProbe: the place that is asked
  SpotSays says = SpotSays::kNothing;
};

inline SpotAction RunIdle() { return {}; }
inline SpotAction RunOn(SpotMachine machine) { return {SpotStep::kRun, machine}; }
inline SpotAction TrySpot(int place) { return {SpotStep::kTry, {SpotKind::kSpot, place}}; }
inline SpotAction RunOnDemand(int place) { return {SpotStep::kRun, {SpotKind::kOnDemand, place}}; }

using SpotPolicy = SpotAction (*)(const SpotView&);

// Whole ticks of an on-demand machine that fit before the deadline, from `tick` on.
int64_t TicksLeft(const SpotView& view, int64_t tick);

// Where the rest of the work is cheapest on demand at full speed (or, where none has it, the
// fastest), the checkpoint's way included:
// what the deadline is held by when nothing else works. -1: nothing is sold on demand.
int CheapestOnDemand(const SpotView& view);

}  // namespace curbstop
