#include "run/simulate/simulate.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "run/simulate/life.h"
#include "run/simulate/pairs.h"
#include "run/simulate/sower.h"

namespace curbstop {
namespace {

constexpr size_t kMostShown = 20;

void Count(DisasterReport& report, uint64_t seed, const Life& life) {
  ++report.runs;
  report.events += life.events();
  report.worst_excess = std::max(report.worst_excess, life.worst_excess());
  ++report.broken[static_cast<size_t>(life.breach().invariant)];
  if (life.breach().invariant != Invariant::kNone) report.first.push_back({seed, life.breach()});
  for (int i = 0; i < kFaults; ++i) {
    if (life.faults().Has(static_cast<Fault>(i))) ++report.faults[static_cast<size_t>(i)];
  }
  for (const auto& [phase, kind] : life.pairs()) {
    ++report.pairs[static_cast<size_t>(phase)][static_cast<size_t>(kind)];
  }
}

void AddTo(DisasterReport& sum, const DisasterReport& part) {
  sum.runs += part.runs;
  sum.events += part.events;
  sum.worst_excess = std::max(sum.worst_excess, part.worst_excess);
  for (size_t i = 0; i < sum.broken.size(); ++i) sum.broken[i] += part.broken[i];
  for (size_t i = 0; i < sum.faults.size(); ++i) sum.faults[i] += part.faults[i];
  for (size_t i = 0; i < sum.pairs.size(); ++i) {
    for (size_t j = 0; j < sum.pairs[i].size(); ++j) sum.pairs[i][j] += part.pairs[i][j];
  }
  sum.first.insert(sum.first.end(), part.first.begin(), part.first.end());
  std::ranges::sort(sum.first, {}, &BrokenLife::seed);
  if (sum.first.size() > kMostShown) sum.first.resize(kMostShown);
}

}  // namespace

DisasterReport SimulateDisasters(int64_t runs, uint64_t seed, int threads,
                                 const std::function<void(int64_t)>& progress) {
  constexpr int64_t kBlock = 256;
  std::atomic<int64_t> next{0};
  std::mutex guard;
  DisasterReport sum;
  const auto work = [&] {
    LifeSpace space;
    for (int64_t from = next.fetch_add(kBlock); from < runs; from = next.fetch_add(kBlock)) {
      DisasterReport part;
      for (int64_t n = from; n < std::min(from + kBlock, runs); ++n) {
        Life life(space, seed + static_cast<uint64_t>(n), {});
        life.Live();
        Count(part, seed + static_cast<uint64_t>(n), life);
      }
      const std::lock_guard lock(guard);
      AddTo(sum, part);
      if (progress) progress(sum.runs);
    }
  };
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  others.clear();
  return sum;
}

Coverage CoverageOf(const DisasterReport& report) {
  Coverage coverage;
  for (int p = 0; p < kPhases; ++p) {
    for (int k = 0; k < kEventKinds; ++k) {
      const std::pair pair{static_cast<Phase>(p), static_cast<EventKind>(k)};
      const bool is_met = report.pairs[static_cast<size_t>(p)][static_cast<size_t>(k)] != 0;
      const bool can_be = WhyNever(pair.first, pair.second).empty();
      coverage.reached += is_met ? 1 : 0;
      coverage.possible += can_be || is_met ? 1 : 0;
      if (can_be && !is_met) coverage.missed.push_back(pair);
      if (!can_be && is_met) coverage.surprises.push_back(pair);
    }
  }
  return coverage;
}

namespace {

Breach BreachOf(LifeSpace& space, uint64_t seed, Plants plants) {
  Life life(space, seed, plants);
  life.Live();
  return life.breach();
}

}  // namespace

// A seed that breaks without the plant too proves nothing.
PlantReport FindPlant(Plant plant, uint64_t seed, int64_t most) {
  PlantReport report{.plant = plant};
  LifeSpace space;
  for (uint64_t one = seed; one < seed + static_cast<uint64_t>(most); ++one) {
    const Breach breach = BreachOf(space, one, Sower::Sow(plant));
    if (breach.invariant == Invariant::kNone || breach.invariant == Invariant::kUnfinished)
      continue;
    if (BreachOf(space, one, {}).invariant != Invariant::kNone) continue;
    return {.plant = plant, .caught = true, .seed = one, .breach = breach};
  }
  return report;
}

TracedLife TraceLife(uint64_t seed, Plant plant) {
  Trace trace(1'800'000'000'000);
  LifeSpace space;
  Life life(space, seed, Sower::Sow(plant), &trace);
  life.Live();
  return {trace.lines(), life.breach()};
}

}  // namespace curbstop
