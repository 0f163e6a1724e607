#include "plan/internal/graph_layers.h"

#include <algorithm>
#include <map>

namespace curbstop {
namespace {

// Up to which step something of a step is asked about; 0: not at all (nothing comes before step 0).
struct LastUse {
  std::vector<size_t> data;
  std::vector<size_t> machine;
  std::vector<size_t> finish;
};

bool CanGive(const StepGraph& graph, size_t giver, size_t taker) {
  const auto has = [&](int32_t machine) {
    const std::vector<GraphMode>& modes = graph.steps[giver].modes;
    return std::any_of(modes.begin(), modes.end(),
                       [&](const GraphMode& mode) { return mode.machine == machine; });
  };
  return std::any_of(graph.steps[taker].modes.begin(), graph.steps[taker].modes.end(),
                     [&](const GraphMode& mode) { return mode.machine >= 0 && has(mode.machine); });
}

LastUse LastUseOf(const StepGraph& graph, const GraphShape& shape) {
  const size_t steps = graph.steps.size();
  LastUse last{std::vector<size_t>(steps), std::vector<size_t>(steps), std::vector<size_t>(steps)};
  for (size_t v = 0; v < steps; ++v) {
    for (const GraphInput& input : graph.steps[v].inputs) {
      if (!input.tolls.empty()) last.data[input.from] = v;
    }
    for (const size_t u : shape.waits_for[v]) last.finish[u] = v;
    if (shape.giver[v] && CanGive(graph, *shape.giver[v], v)) last.machine[*shape.giver[v]] = v;
  }
  return last;
}

// What is known of the steps before a boundary: two numbers each, place and machine, -1 where
// nobody asks any more. Steps that nobody asks about at all stand there as (-1, -1).
using Key = std::vector<int32_t>;

class Builder {
 public:
  Builder(const StepGraph& graph, const GraphShape& shape,
          const std::vector<std::vector<size_t>>& modes)
      : graph_(graph), shape_(shape), modes_(modes), last_(LastUseOf(graph, shape)) {}

  std::optional<std::vector<GraphLayer>> Build(size_t most_arcs) {
    std::vector<GraphLayer> layers;
    std::vector<Key> keys = {Key()};
    std::vector<size_t> owners;
    size_t arcs = 0;
    for (size_t v = 0; v < graph_.steps.size(); ++v) {
      GraphLayer& layer = layers.emplace_back();
      layer.owners = owners;
      next_.clear();
      next_keys_.clear();
      for (const Key& key : keys) {
        layer.first_arc.push_back(static_cast<uint32_t>(layer.arcs.size()));
        AddArcs(v, key, layer);
        if (arcs + layer.arcs.size() > most_arcs) return std::nullopt;
      }
      layer.first_arc.push_back(static_cast<uint32_t>(layer.arcs.size()));
      arcs += layer.arcs.size();
      keys = std::move(next_keys_);
      owners = PassTime(v, owners, layer.clock);
    }
    return layers;
  }

 private:
  void AddArcs(size_t v, const Key& key, GraphLayer& layer) {
    for (const size_t m : modes_[v]) {
      const GraphMode& mode = graph_.steps[v].modes[m];
      Toll toll;
      for (const GraphInput& input : graph_.steps[v].inputs) {
        if (input.tolls.empty()) continue;
        const auto place = static_cast<uint32_t>(key[2 * input.from]);
        const Toll one = TollFor(graph_, input, place, mode);
        toll = {toll.cost + one.cost, toll.time + one.time};
      }
      GraphArc arc{.mode = static_cast<uint32_t>(m), .reserve = mode.reserve.value()};
      arc.cost = (mode.cost + toll.cost).value();
      arc.time = (mode.time + toll.time).count();
      arc.to = StateAfter(v, key, mode, std::nullopt);
      layer.arcs.push_back(arc);
      const std::optional<size_t> giver = shape_.giver[v];
      if (!giver || mode.machine < 0 || key[2 * *giver + 1] != mode.machine) continue;
      arc.took_over = true;
      arc.cost = (mode.warm_cost + toll.cost).value();
      arc.time = (mode.warm_time + toll.time).count();
      arc.to = StateAfter(v, key, mode, giver);
      layer.arcs.push_back(arc);
    }
  }

  uint32_t StateAfter(size_t v, const Key& key, const GraphMode& mode,
                      std::optional<size_t> taken) {
    Key after = key;
    after.push_back(static_cast<int32_t>(mode.place));
    after.push_back(mode.machine);
    if (taken) after[2 * *taken + 1] = -1;
    for (size_t u = 0; u <= v; ++u) {
      if (last_.data[u] <= v) after[2 * u] = -1;
      if (last_.machine[u] <= v) after[2 * u + 1] = -1;
    }
    const auto [found, is_new] = next_.emplace(after, static_cast<uint32_t>(next_keys_.size()));
    if (is_new) next_keys_.push_back(std::move(after));
    return found->second;
  }

  std::vector<size_t> PassTime(size_t v, const std::vector<size_t>& owners,
                               GraphClock& clock) const {
    const size_t done = graph_.steps.size();
    std::vector<size_t> after;
    for (size_t slot = 0; slot < owners.size(); ++slot) {
      const size_t u = owners[slot];
      if (u == done) {
        clock.done_before = slot;
        continue;
      }
      const std::vector<size_t>& waits = shape_.waits_for[v];
      if (std::find(waits.begin(), waits.end(), u) != waits.end()) clock.start_from.push_back(slot);
      if (last_.finish[u] <= v) continue;
      clock.kept.push_back(slot);
      after.push_back(u);
    }
    clock.adds_finish = !shape_.is_last[v];
    if (clock.adds_finish) after.push_back(v);
    clock.adds_done = shape_.is_last[v];
    if (clock.adds_done || clock.done_before) after.push_back(done);
    clock.slots = after.size();
    return after;
  }

  const StepGraph& graph_;
  const GraphShape& shape_;
  const std::vector<std::vector<size_t>>& modes_;
  LastUse last_;
  std::map<Key, uint32_t> next_;
  std::vector<Key> next_keys_;
};

}  // namespace

std::optional<std::vector<GraphLayer>> LayersOf(const StepGraph& graph, const GraphShape& shape,
                                                const std::vector<std::vector<size_t>>& modes,
                                                size_t most_arcs) {
  return Builder(graph, shape, modes).Build(most_arcs);
}

}  // namespace curbstop
