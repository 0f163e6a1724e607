// How long the search over a step graph takes, apart from reading prices: 20 steps in a chain, each
// with modes of which none beats another (a faster machine costs more), shared machines and tolls
// between three places. Prints the median of 9 in ms, beside the plain dynamic programme over pairs
// of modes, which knows no time and no machine that is taken over (what SkyPilot does for chains).
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>

#include <fmt/format.h>

#include "plan/graph_search.h"

namespace curbstop {
namespace {

constexpr size_t kSteps = 20;
constexpr double kBootHours = 0.04;

std::vector<Toll> RandomTolls(std::mt19937_64& draw) {
  std::vector<Toll> tolls(9);
  for (size_t i = 0; i < tolls.size(); ++i) {
    if (i % 4 != 0)
      tolls[i] = {MicroUsd(static_cast<int64_t>(draw() % 200'000)),
                  Millis(static_cast<int64_t>(draw() % 600'000))};
  }
  return tolls;
}

// Price grows faster than speed, with noise, so that no mode is useless.
StepGraph ChainOf(size_t modes) {
  std::mt19937_64 draw(1);
  const auto unit = [&] { return static_cast<double>(draw() % 10'000) / 10'000; };
  std::vector<std::pair<double, double>> machines;  // USD per hour, speed
  for (size_t m = 0; m < modes; ++m) {
    const double speed = 0.2 + 5 * unit();
    machines.emplace_back(0.15 * speed * (0.8 + 0.8 * unit()) * (1 + speed / 10), speed);
  }
  StepGraph graph{.places = 3};
  const auto money = [](double usd) { return MicroUsd(static_cast<int64_t>(usd * 1e6)); };
  const auto time = [](double hours) { return Millis(static_cast<int64_t>(hours * 3.6e6)); };
  for (size_t v = 0; v < kSteps; ++v) {
    GraphStep& step = graph.steps.emplace_back();
    const double work = 0.05 + 4 * unit();
    for (size_t m = 0; m < modes; ++m) {
      const auto [price, speed] = machines[m];
      const double hours = work / speed;
      step.modes.push_back({.cost = money(price * (hours + kBootHours)),
                            .time = time(hours + kBootHours),
                            .per_hour = money(price),
                            .place = static_cast<uint32_t>(1 + m % 2),
                            .machine = static_cast<int32_t>(m),
                            .warm_cost = money(price * hours),
                            .warm_time = time(hours)});
    }
    const MicroUsd at_home = money(0.05 * work);
    step.modes.push_back({.cost = at_home, .time = time(2 * work), .warm_cost = at_home});
    if (v > 0) step.inputs.push_back({v - 1, RandomTolls(draw)});
  }
  return graph;
}

double MedianMs(const std::function<void()>& work) {
  std::vector<double> taken;
  for (int i = 0; i < 9; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> ms = std::chrono::steady_clock::now() - start;
    taken.push_back(ms.count());
  }
  std::nth_element(taken.begin(), taken.begin() + 4, taken.end());
  return taken[4];
}

int64_t PlainChain(const StepGraph& graph) {
  std::vector<int64_t> least(graph.steps[0].modes.size());
  for (size_t m = 0; m < least.size(); ++m) least[m] = graph.steps[0].modes[m].cost.value();
  for (size_t v = 1; v < graph.steps.size(); ++v) {
    const GraphStep& step = graph.steps[v];
    std::vector<int64_t> next(step.modes.size(), INT64_MAX);
    for (size_t m = 0; m < next.size(); ++m) {
      for (size_t u = 0; u < least.size(); ++u) {
        const uint32_t from = graph.steps[v - 1].modes[u].place;
        const Toll& toll = step.inputs[0].tolls[from * graph.places + step.modes[m].place];
        next[m] = std::min(next[m], least[u] + step.modes[m].cost.value() + toll.cost.value());
      }
    }
    least = std::move(next);
  }
  return *std::min_element(least.begin(), least.end());
}

void Print(size_t modes) {
  const StepGraph graph = ChainOf(modes);
  const GraphAnswer cheapest = *FindBest(graph, Least::kCost, {});
  const GraphAnswer soonest = *FindBest(graph, Least::kTime, {});
  const GraphLimits deadline{.deadline = soonest.time + (cheapest.time - soonest.time) / 3};
  const GraphLimits cap{.cap = MicroUsd((2 * cheapest.cost.value() + soonest.cost.value()) / 3)};
  int64_t sink = 0;
  const double plain = MedianMs([&] { sink += PlainChain(graph); });
  const double free = MedianMs([&] { sink += FindBest(graph, Least::kCost, {})->cost.value(); });
  const double by_time =
      MedianMs([&] { sink += FindBest(graph, Least::kCost, deadline)->cost.value(); });
  const double by_cost =
      MedianMs([&] { sink += FindBest(graph, Least::kTime, cap)->cost.value(); });
  fmt::print(
      "search, {} steps x {} modes: least cost {:.1f} ms, under a deadline {:.1f} ms, least time "
      "under a sum {:.1f} ms; plain chain of costs alone {:.1f} ms{}\n",
      kSteps, modes + 1, free, by_time, by_cost, plain, sink == 0 ? "!" : "");
}

}  // namespace
}  // namespace curbstop

int main() {
  for (const size_t modes : {10u, 30u, 100u}) curbstop::Print(modes);
  return 0;
}
