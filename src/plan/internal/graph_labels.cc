#include "plan/internal/graph_labels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace curbstop {
namespace {

struct Label {
  int64_t cost = 0;
  int64_t reserve = 0;
  uint32_t state = 0;
  uint32_t parent = 0;
  uint32_t arc = 0;
};

// How a label came to be, for the way back.
struct Trace {
  uint32_t parent = 0;
  uint32_t arc = 0;
};

// Labels at one boundary; their finish times lie together, `slots` for each.
struct Front {
  std::vector<Label> labels;
  std::vector<int64_t> times;
  size_t slots = 0;

  const int64_t* TimesOf(size_t label) const { return times.data() + label * slots; }
};

// Sums of doubles are off by a little; nothing is dropped for so little.
double Slack(double a, double b) { return 1 + 1e-12 * (std::abs(a) + std::abs(b)); }

class Search {
 public:
  explicit Search(const LabelTask& task) : task_(task) {}

  LabelAnswer Run() {
    Front front{.labels = {Label()}};
    for (size_t v = 0; v < task_.layers.size(); ++v) {
      front = Reduced(Extended(front, v), v + 1);
      if (front.labels.empty()) return {std::nullopt, is_complete_};
      std::vector<Trace>& traces = traces_.emplace_back();
      traces.reserve(front.labels.size());
      for (const Label& label : front.labels) traces.push_back({label.parent, label.arc});
    }
    return {PathTo(Best(front)), is_complete_};
  }

 private:
  // Bounds hold against the limits as they are; one over a limit that there is not says nothing.
  // `left`: which of a bound's figures holds for the label.
  template <typename Left>
  bool MayStillWin(const Label& label, const int64_t* times, size_t boundary, Left left) const {
    return std::all_of(task_.bounds.begin(), task_.bounds.end(), [&](const GraphBound& bound) {
      return Admits(bound, left(bound), label, times, boundary);
    });
  }

  bool Admits(const GraphBound& bound, double left, const Label& label, const int64_t* times,
              size_t boundary) const {
    const SearchLimits& limits = task_.limits;
    const double flow = bound.flow_left[boundary];
    if ((bound.cost_weight != 0 && limits.cost == kNoLimit) ||
        (bound.reserve_weight != 0 && limits.reserve == kNoLimit) ||
        (flow != 0 && limits.time == kNoLimit)) {
      return true;
    }
    double least = left + bound.cost_weight * static_cast<double>(label.cost) +
                   bound.reserve_weight * static_cast<double>(label.reserve);
    if (boundary < task_.layers.size()) {
      const std::vector<double>& slot_flow = bound.slot_flow[boundary];
      for (size_t i = 0; i < slot_flow.size(); ++i)
        least += slot_flow[i] * static_cast<double>(times[i]);
    }
    const double most = bound.cost_weight * static_cast<double>(limits.cost) +
                        bound.reserve_weight * static_cast<double>(limits.reserve) +
                        flow * static_cast<double>(limits.time);
    return least <= most + Slack(least, most);
  }

  bool KeepsLimits(const Label& label, const std::vector<int64_t>& times) const {
    return label.cost <= task_.limits.cost && label.reserve <= task_.limits.reserve &&
           std::all_of(times.begin(), times.end(),
                       [&](int64_t time) { return time <= task_.limits.time; });
  }

  Front Extended(const Front& front, size_t v) const {
    const GraphLayer& layer = task_.layers[v];
    Front next{.slots = layer.clock.slots};
    std::vector<std::vector<uint32_t>> of_group(layer.groups());
    for (uint32_t i = 0; i < front.labels.size(); ++i) {
      const uint32_t state = front.labels[i].state;
      Extend(front, i, v, layer.Warm(state), next);
      const uint32_t group = layer.group_of[state];
      const bool may = MayStillWin(front.labels[i], front.TimesOf(i), v,
                                   [&](const auto& bound) { return bound.cold_left[v][group]; });
      if (may) of_group[group].push_back(i);
    }
    for (uint32_t group = 0; group < layer.groups(); ++group) {
      if (of_group[group].empty()) continue;
      for (const uint32_t i : Unbeaten(front, std::move(of_group[group])))
        Extend(front, i, v, layer.Cold(group), next);
    }
    return next;
  }

  void Extend(const Front& front, uint32_t parent, size_t v, std::span<const GraphArc> arcs,
              Front& next) const {
    const GraphLayer& layer = task_.layers[v];
    const Label& label = front.labels[parent];
    const int64_t* before = front.TimesOf(parent);
    int64_t start = 0;
    for (const size_t slot : layer.clock.start_from) start = std::max(start, before[slot]);
    std::vector<int64_t> times(layer.clock.slots);
    for (const GraphArc& arc : arcs) {
      Label after{label.cost + arc.cost, label.reserve + arc.reserve, arc.to, parent,
                  static_cast<uint32_t>(&arc - layer.arcs.data())};
      PassTimes(layer.clock, before, start + arc.time, times);
      if (!KeepsLimits(after, times)) continue;
      const bool may = MayStillWin(after, times.data(), v + 1,
                                   [&](const auto& bound) { return bound.left[v + 1][arc.to]; });
      if (!may) continue;
      if (!task_.counts_cost) after.cost = 0;
      if (!task_.counts_reserve) after.reserve = 0;
      next.labels.push_back(after);
      next.times.insert(next.times.end(), times.begin(), times.end());
    }
  }

  static void PassTimes(const GraphClock& clock, const int64_t* before, int64_t finish,
                        std::vector<int64_t>& after) {
    size_t at = 0;
    for (const size_t slot : clock.kept) after[at++] = before[slot];
    if (clock.adds_finish) after[at++] = finish;
    int64_t done = clock.adds_done ? finish : 0;
    if (clock.done_before) done = std::max(done, before[*clock.done_before]);
    if (at < after.size()) after[at] = done;
  }

  // Without those that another label of the same state is as good as in everything.
  Front Reduced(const Front& all, size_t boundary) {
    std::vector<uint32_t> order(all.labels.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return all.labels[a].state < all.labels[b].state;
    });
    std::vector<uint32_t> kept;
    for (size_t first = 0, end = 0; first < order.size(); first = end) {
      while (end < order.size() && all.labels[order[end]].state == all.labels[order[first]].state)
        ++end;
      const auto at = order.begin() + static_cast<std::ptrdiff_t>(first);
      const auto unbeaten = Unbeaten(all, {at, order.begin() + static_cast<std::ptrdiff_t>(end)});
      kept.insert(kept.end(), unbeaten.begin(), unbeaten.end());
    }
    if (kept.size() > task_.most_labels) ThrowAway(all, kept, boundary);
    Front front{.slots = all.slots};
    for (const uint32_t i : kept) {
      front.labels.push_back(all.labels[i]);
      front.times.insert(front.times.end(), all.TimesOf(i), all.TimesOf(i) + all.slots);
    }
    return front;
  }

  // Of labels between which nothing but their figures differs.
  std::vector<uint32_t> Unbeaten(const Front& all, std::vector<uint32_t> labels) const {
    std::sort(labels.begin(), labels.end(),
              [&](uint32_t a, uint32_t b) { return Less(all, a, b); });
    std::vector<uint32_t> kept;
    const bool is_line = all.slots == 1 && !task_.counts_reserve;
    for (const uint32_t i : labels) {
      // Along a line times only fall: the latest kept one beats whatever any does.
      const bool is_beaten = is_line ? !kept.empty() && Beats(all, kept.back(), i)
                                     : std::any_of(kept.rbegin(), kept.rend(), [&](uint32_t other) {
                                         return Beats(all, other, i);
                                       });
      if (!is_beaten) kept.push_back(i);
    }
    return kept;
  }

  static bool Less(const Front& all, uint32_t a, uint32_t b) {
    const Label& x = all.labels[a];
    const Label& y = all.labels[b];
    if (x.cost != y.cost) return x.cost < y.cost;
    const int64_t* s = all.TimesOf(a);
    const int64_t* t = all.TimesOf(b);
    for (size_t i = 0; i < all.slots; ++i)
      if (s[i] != t[i]) return s[i] < t[i];
    return x.reserve != y.reserve ? x.reserve < y.reserve : a < b;
  }

  static bool Beats(const Front& all, uint32_t a, uint32_t b) {
    const Label& x = all.labels[a];
    const Label& y = all.labels[b];
    if (x.cost > y.cost || x.reserve > y.reserve) return false;
    const int64_t* s = all.TimesOf(a);
    const int64_t* t = all.TimesOf(b);
    return std::equal(s, s + all.slots, t, [](int64_t one, int64_t other) { return one <= other; });
  }

  // Too many to go on with: those that may come to least stay.
  void ThrowAway(const Front& all, std::vector<uint32_t>& kept, size_t boundary) {
    is_complete_ = false;
    const auto value = [&](uint32_t i) {
      const Label& label = all.labels[i];
      double worst = 0;
      for (const GraphBound& bound : task_.bounds) {
        if (bound.flow_left[boundary] != 0 || bound.cost_weight == 0) continue;
        worst =
            std::max(worst, static_cast<double>(label.cost) + bound.left[boundary][label.state]);
      }
      return worst;
    };
    const auto end = kept.begin() + static_cast<std::ptrdiff_t>(task_.most_labels);
    std::nth_element(kept.begin(), end, kept.end(),
                     [&](uint32_t a, uint32_t b) { return value(a) < value(b); });
    kept.erase(end, kept.end());
  }

  // After the last step there is one state and one slot.
  size_t Best(const Front& front) const {
    size_t best = 0;
    const auto key = [&](size_t i) {
      const int64_t cost = front.labels[i].cost;
      const int64_t time = front.TimesOf(i)[0];
      return task_.least == Least::kCost ? std::pair(cost, time) : std::pair(time, cost);
    };
    for (size_t i = 1; i < front.labels.size(); ++i)
      if (key(i) < key(best)) best = i;
    return best;
  }

  GraphPath PathTo(size_t label) const {
    GraphPath path(task_.layers.size());
    for (size_t v = task_.layers.size(); v-- > 0;) {
      const Trace& trace = traces_[v][label];
      path[v] = &task_.layers[v].arcs[trace.arc];
      label = trace.parent;
    }
    return path;
  }

  const LabelTask& task_;
  std::vector<std::vector<Trace>> traces_;
  bool is_complete_ = true;
};

}  // namespace

LabelAnswer SearchLabels(const LabelTask& task) { return Search(task).Run(); }

}  // namespace curbstop
