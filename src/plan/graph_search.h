// Which mode each step of a graph runs in so that the whole is done at least cost within a time, or
// soonest within a sum. Pure, exact, in integer micro-dollars and milliseconds.
//
// A mode is a way to run a step: this computer, or one offer. What it costs depends on the modes of
// other steps in two ways: data that lies where another step ran has to come over (a toll), and a
// machine of the same number can be taken over warm from the step before.
//
//   start(v)  = max over what v comes after of their finish       (0 for a first step)
//   finish(v) = start(v) + time(v) + sum of the tolls' times
//   cost(v)   = cost(v) + sum over tolls of (cost + per_hour(v) x time, rounded up)
//   total     = sum of cost(v), max of finish(v), sum of reserve(v)
//
// where cost(v) and time(v) are `warm` where v took over. A machine is handed on once, and to a
// step that begins in the moment the giver is done: everything else that it comes after comes
// before the giver. So no machine waits, and nothing is billed between two steps.
//
// How: modes that another beats whatever the other steps do are left out. The rest is a graph in
// layers, one per step, whose states hold only what later steps can tell apart. Labels of (cost,
// finish times of what is still waited for, reserve) go through it; one that another of its state
// beats is dropped, and one whose bound is above the best known too. The bounds are Lagrangian: the
// multiplier of the deadline flows along the precedences (all of it along the chain where steps run
// one at a time), so that they are near the optimum. Sources: M. Held, R. Karp, Math. Programming 1
// (1971); G. Handler, I. Zang, "A dual algorithm for the constrained shortest path problem",
// Networks 10 (1980).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/money.h"
#include "base/units.h"

namespace curbstop {

// No figure of a graph may be above these; a step can cost 10^9 USD and take ten years.
inline constexpr MicroUsd kDearestMode{1'000'000'000'000'000};
inline constexpr Millis kLongestMode{316'224'000'000};

struct GraphMode {
  MicroUsd cost;  // of the whole step, on a machine of its own
  Millis time{0};
  MicroUsd per_hour;     // what the machine bills while data comes in
  MicroUsd reserve;      // that the caps must leave for it
  uint32_t place = 0;    // where its outputs lie then; below StepGraph::places
  int32_t machine = -1;  // modes of one number can hand their machine on; below 0: none
  MicroUsd warm_cost;    // on a machine that was taken over
  Millis warm_time{0};
};

struct Toll {
  MicroUsd cost;
  Millis time{0};
};

struct GraphInput {
  size_t from = 0;          // a step before this one
  std::vector<Toll> tolls;  // [place it comes from x places + place it goes to]; empty: no data
};

struct GraphStep {
  std::vector<GraphMode> modes;
  std::vector<GraphInput> inputs;  // each step at most once
};

struct StepGraph {
  std::vector<GraphStep> steps;  // each after those it depends on
  uint32_t places = 1;
  bool one_at_a_time = true;  // each step begins when the one before it in this order is done
};

enum class Least { kCost, kTime };

struct GraphLimits {
  std::optional<Millis> deadline;
  std::optional<MicroUsd> cap;      // of the total cost
  std::optional<MicroUsd> reserve;  // of the reserves together
};

struct Pick {
  size_t mode = 0;
  bool took_over = false;
};

struct GraphAnswer {
  std::vector<Pick> picks;  // one per step
  MicroUsd cost;
  Millis time{0};
  MicroUsd reserve;
  bool is_proven = true;  // false: the graph is too wide; the best that was found
};

// Of several equal ones the one that is better in the other measure too. Empty: nothing keeps the
// limits.
std::optional<GraphAnswer> FindBest(const StepGraph& graph, Least least, const GraphLimits& limits);

// Answers that no other beats in both cost and time, cheapest first: all, or where there are more
// than `most`, that many with evenly spaced times, first and last included.
std::vector<GraphAnswer> FindFront(const StepGraph& graph, const GraphLimits& limits, size_t most);

// What picks come to. They must be allowed: CHECKs that.
GraphAnswer AnswerOf(const StepGraph& graph, std::vector<Pick> picks);

}  // namespace curbstop
