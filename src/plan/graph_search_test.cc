#include "plan/graph_search.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curbstop {
namespace {

struct Outcome {
  int64_t cost = 0;
  int64_t time = 0;
  int64_t reserve = 0;
};

// Every allowed choice of modes and hand-overs, by the words of the header alone.
class BruteForce {
 public:
  explicit BruteForce(const StepGraph& graph) : graph_(graph), picked_(graph.steps.size()) {
    finish_.resize(graph.steps.size());
    given_.resize(graph.steps.size());
    Choose(0, {});
  }

  const std::vector<Outcome>& outcomes() const { return outcomes_; }

 private:
  bool IsBefore(size_t u, size_t v) const {  // u is done when v begins, by precedence alone
    if (u >= v) return false;
    if (graph_.one_at_a_time) return true;
    return std::any_of(graph_.steps[v].inputs.begin(), graph_.steps[v].inputs.end(),
                       [&](const GraphInput& in) { return in.from == u || IsBefore(u, in.from); });
  }

  bool MayTakeFrom(size_t giver, size_t v) const {
    if (!IsBefore(giver, v) || given_[giver]) return false;
    for (size_t u = 0; u < v; ++u) {
      if (u != giver && IsBefore(u, v) && !IsBefore(u, giver)) return false;
    }
    const int32_t machine = picked_[v]->machine;
    return machine >= 0 && picked_[giver]->machine == machine;
  }

  void Choose(size_t v, Outcome sum) {
    if (v == picked_.size()) {
      outcomes_.push_back(sum);
      return;
    }
    for (const GraphMode& mode : graph_.steps[v].modes) {
      picked_[v] = &mode;
      Outcome next = sum;
      int64_t start = 0, longer = 0;
      for (size_t u = 0; u < v; ++u)
        if (IsBefore(u, v)) start = std::max(start, finish_[u]);
      for (const GraphInput& input : graph_.steps[v].inputs) {
        if (input.tolls.empty()) continue;
        const Toll toll = input.tolls[picked_[input.from]->place * graph_.places + mode.place];
        next.cost += toll.cost.value();
        next.cost += (mode.per_hour.value() * toll.time.count() + 3'599'999) / 3'600'000;
        longer += toll.time.count();
      }
      next.reserve += mode.reserve.value();
      Go(v, next, start + longer, mode.cost, mode.time);
      for (size_t giver = 0; giver < v; ++giver) {
        picked_[v] = &mode;
        if (!MayTakeFrom(giver, v)) continue;
        given_[giver] = true;
        Go(v, next, start + longer, mode.warm_cost, mode.warm_time);
        given_[giver] = false;
      }
    }
  }

  void Go(size_t v, Outcome next, int64_t start, MicroUsd cost, Millis time) {
    next.cost += cost.value();
    finish_[v] = start + time.count();
    next.time = std::max(next.time, finish_[v]);
    Choose(v + 1, next);
  }

  const StepGraph& graph_;
  std::vector<const GraphMode*> picked_;
  std::vector<int64_t> finish_;
  std::vector<bool> given_;
  std::vector<Outcome> outcomes_;
};

class RandomGraphs {
 public:
  explicit RandomGraphs(uint64_t seed) : draw_(seed) {}

  int64_t Below(int64_t limit) {
    return static_cast<int64_t>(draw_() % static_cast<uint64_t>(limit));
  }

  // Chains, trees or any graph; with figures small enough that ties are common, or as real ones.
  StepGraph Next(size_t most_choices, size_t steps, size_t most_modes) {
    StepGraph graph;
    graph.places = static_cast<uint32_t>(1 + Below(3));
    graph.one_at_a_time = Below(2) == 0;
    largest_ = Below(2) == 0 ? 12 : 5'000'000;
    const int64_t kind = Below(3);
    const bool has_data = Below(4) != 0;
    size_t choices = 1;
    for (size_t v = 0; v < steps; ++v) {
      GraphStep step;
      auto modes = static_cast<size_t>(1 + Below(static_cast<int64_t>(most_modes)));
      if (most_modes == 8 && most_choices > 1'000'000) modes = 8;
      while (modes > 1 && choices * modes > most_choices) --modes;
      choices *= modes;
      for (size_t m = 0; m < modes; ++m) step.modes.push_back(NextMode(graph.places));
      for (size_t u = 0; u < v; ++u) {
        const bool linked = kind == 0 ? u + 1 == v : kind == 1 ? u == parent_ : Below(5) < 2;
        if (linked)
          step.inputs.push_back({u, has_data ? NextTolls(graph.places) : std::vector<Toll>()});
      }
      graph.steps.push_back(std::move(step));
      parent_ = static_cast<size_t>(Below(static_cast<int64_t>(v + 1)));
    }
    return graph;
  }

 private:
  GraphMode NextMode(uint32_t places) {
    GraphMode mode{.cost = MicroUsd(Below(largest_)),
                   .time = Millis(Below(largest_)),
                   .per_hour = MicroUsd(Below(3) * 1'200'000),
                   .reserve = MicroUsd(Below(largest_)),
                   .place = static_cast<uint32_t>(Below(places)),
                   .machine = static_cast<int32_t>(Below(4)) - 1};
    mode.warm_cost = MicroUsd(Below(mode.cost.value() + 1));
    mode.warm_time = Millis(Below(mode.time.count() + 1));
    if (Below(12) == 0) mode.warm_cost += MicroUsd(3);  // need not pay
    return mode;
  }

  std::vector<Toll> NextTolls(uint32_t places) {
    std::vector<Toll> tolls(size_t{places} * places);
    for (size_t i = 0; i < tolls.size(); ++i) {
      if (i % (places + 1) != 0)
        tolls[i] = {MicroUsd(Below(largest_ / 3)), Millis(Below(largest_ / 3))};
    }
    return tolls;
  }

  std::mt19937_64 draw_;
  int64_t largest_ = 0;
  size_t parent_ = 0;
};

std::optional<Outcome> BestOf(const std::vector<Outcome>& all, Least least,
                              const GraphLimits& limits) {
  std::optional<Outcome> best;
  const auto value = [&](const Outcome& o) {
    return least == Least::kCost ? std::pair(o.cost, o.time) : std::pair(o.time, o.cost);
  };
  for (const Outcome& o : all) {
    if (limits.deadline && o.time > limits.deadline->count()) continue;
    if (limits.cap && o.cost > limits.cap->value()) continue;
    if (limits.reserve && o.reserve > limits.reserve->value()) continue;
    if (!best || value(o) < value(*best)) best = o;
  }
  return best;
}

std::vector<std::pair<int64_t, int64_t>> FrontOf(const std::vector<Outcome>& all) {
  std::vector<std::pair<int64_t, int64_t>> points;
  for (const Outcome& o : all) points.emplace_back(o.cost, o.time);
  std::sort(points.begin(), points.end());
  std::vector<std::pair<int64_t, int64_t>> front;
  for (const auto& point : points)
    if (front.empty() || point.second < front.back().second) front.push_back(point);
  return front;
}

// One of the figures that occur, or one beside it: so that limits bind, and sometimes by one.
template <typename Field>
int64_t LimitNear(const std::vector<Outcome>& all, Field field, RandomGraphs& draw) {
  const Outcome& one = all[static_cast<size_t>(draw.Below(static_cast<int64_t>(all.size())))];
  const Outcome& other = all[static_cast<size_t>(draw.Below(static_cast<int64_t>(all.size())))];
  return std::max<int64_t>(0, std::min(one.*field, other.*field) - draw.Below(2));
}

void ExpectSame(const StepGraph& graph, const std::vector<Outcome>& all, Least least,
                const GraphLimits& limits) {
  const std::optional<Outcome> expected = BestOf(all, least, limits);
  const std::optional<GraphAnswer> found = FindBest(graph, least, limits);
  SCOPED_TRACE(testing::Message() << (least == Least::kCost ? "least cost" : "least time")
                                  << " deadline " << limits.deadline.value_or(Millis(-1)).count()
                                  << " cap " << limits.cap.value_or(MicroUsd(-1)).value()
                                  << " reserve " << limits.reserve.value_or(MicroUsd(-1)).value());
  ASSERT_EQ(found.has_value(), expected.has_value());
  if (!found) return;
  EXPECT_TRUE(found->is_proven);
  EXPECT_EQ(found->cost.value(), expected->cost);
  EXPECT_EQ(found->time.count(), expected->time);
  EXPECT_LE(found->reserve, limits.reserve.value_or(MicroUsd(INT64_MAX)));
}

void ExpectExact(const StepGraph& graph, RandomGraphs& draw) {
  const std::vector<Outcome> all = BruteForce(graph).outcomes();
  for (const Least least : {Least::kCost, Least::kTime}) {
    ExpectSame(graph, all, least, {});
    GraphLimits limits;
    limits.deadline = Millis(LimitNear(all, &Outcome::time, draw));
    if (least == Least::kCost) ExpectSame(graph, all, least, limits);
    limits.cap = MicroUsd(LimitNear(all, &Outcome::cost, draw));
    ExpectSame(graph, all, least, {.cap = limits.cap});
    ExpectSame(graph, all, least, limits);
    limits.reserve = MicroUsd(LimitNear(all, &Outcome::reserve, draw));
    ExpectSame(graph, all, least, {.reserve = limits.reserve});
    ExpectSame(graph, all, least, {.deadline = limits.deadline, .reserve = limits.reserve});
    ExpectSame(graph, all, least, limits);
  }
}

// 10,000 graphs, each with every objective under every kind of limit.
TEST(GraphSearch, EqualsBruteForceToTheMicroDollarAndMillisecond) {
  RandomGraphs draw(20'261'130);
  for (int i = 0; i < 10'000 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    const StepGraph graph = draw.Next(400, static_cast<size_t>(1 + draw.Below(7)), 8);
    ExpectExact(graph, draw);
  }
}

TEST(GraphSearch, EqualsBruteForceOnSevenStepsOfManyModes) {
  RandomGraphs draw(7);
  for (int i = 0; i < 30 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    ExpectExact(draw.Next(20'000, 7, 8), draw);
  }
}

// All of 7 steps x 8 modes: two million choices, and the hand-overs.
TEST(GraphSearch, EqualsBruteForceOnSevenStepsOfEightModes) {
  RandomGraphs draw(11);
  ExpectExact(draw.Next(3'000'000, 7, 8), draw);
}

TEST(GraphSearch, NothingToChooseFromHasNoAnswer) {
  EXPECT_FALSE(FindBest({}, Least::kCost, {}));
  StepGraph graph;
  graph.steps.resize(1);
  EXPECT_FALSE(FindBest(graph, Least::kCost, {}));
  EXPECT_TRUE(FindFront(graph, {}, 5).empty());
}

// Two small jobs on one rental: the second machine would cost its boot again, and the dearer of the
// two machines is the only one that both can use.
TEST(GraphSearch, SmallJobsShareOneRental) {
  StepGraph graph;
  const auto mode = [](int64_t cost, int64_t warm, int32_t machine) {
    return GraphMode{.cost = MicroUsd(cost),
                     .time = Millis(cost),
                     .machine = machine,
                     .warm_cost = MicroUsd(warm),
                     .warm_time = Millis(warm)};
  };
  graph.steps.push_back({{mode(100, 10, 1), mode(120, 15, 2)}, {}});
  graph.steps.push_back({{mode(130, 20, 2)}, {}});
  const auto best = FindBest(graph, Least::kCost, {});
  ASSERT_TRUE(best);
  EXPECT_EQ(best->cost, MicroUsd(140));
  EXPECT_EQ(best->picks[0].mode, 1u);
  EXPECT_TRUE(best->picks[1].took_over);
}

// Data stays where the next step runs, though that step alone would be cheaper elsewhere.
TEST(GraphSearch, DataStaysWhereTheNextStepRuns) {
  StepGraph graph{.places = 2};
  const auto mode = [](int64_t cost, uint32_t place) {
    return GraphMode{.cost = MicroUsd(cost), .place = place, .warm_cost = MicroUsd(cost)};
  };
  graph.steps.push_back({{mode(100, 0)}, {}});
  graph.steps.push_back({{mode(50, 0), mode(20, 1)}, {{0, {{}, {MicroUsd(31)}, {}, {}}}}});
  EXPECT_EQ(FindBest(graph, Least::kCost, {})->cost, MicroUsd(150));
  graph.steps[1].inputs[0].tolls[1].cost = MicroUsd(29);
  EXPECT_EQ(FindBest(graph, Least::kCost, {})->cost, MicroUsd(149));
}

TEST(GraphSearch, TheFrontIsWhatNoOtherChoiceBeats) {
  RandomGraphs draw(3);
  for (int i = 0; i < 500 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    const StepGraph graph = draw.Next(300, static_cast<size_t>(1 + draw.Below(7)), 8);
    std::vector<std::pair<int64_t, int64_t>> points;
    for (const GraphAnswer& answer : FindFront(graph, {}, 1'000))
      points.emplace_back(answer.cost.value(), answer.time.count());
    const auto all = FrontOf(BruteForce(graph).outcomes());
    EXPECT_EQ(points, all);
    const std::vector<GraphAnswer> few = FindFront(graph, {}, 3);
    EXPECT_LE(few.size(), 3u);
    for (const GraphAnswer& answer : few)
      EXPECT_THAT(all, testing::Contains(std::pair(answer.cost.value(), answer.time.count())));
  }
}

}  // namespace
}  // namespace curbstop
