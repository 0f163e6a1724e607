#include "plan/internal/graph_layers.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

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

struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t hash = 0;
    for (const int32_t part : key)
      hash = (hash ^ static_cast<uint32_t>(part)) * 0x9E37'79B9'7F4A'7C15u;
    return hash ^ (hash >> 32);
  }
};

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
      const std::vector<Key> groups = GroupsOf(v, keys, layer);
      if (arcs + groups.size() * modes_[v].size() > most_arcs) return std::nullopt;
      for (const Key& key : keys) AddWarmArcs(v, key, layer);
      for (const Key& key : groups) AddColdArcs(v, key, layer);
      layer.first_arc.push_back(static_cast<uint32_t>(layer.arcs.size()));
      arcs += layer.arcs.size();
      keys = std::move(next_keys_);
      owners = PassTime(v, owners, layer.clock);
    }
    return layers;
  }

 private:
  // States without the machine that nobody can take over after this step any more.
  std::vector<Key> GroupsOf(size_t v, const std::vector<Key>& keys, GraphLayer& layer) const {
    std::map<Key, uint32_t> known;
    std::vector<Key> groups;
    for (Key key : keys) {
      if (shape_.giver[v] && last_.machine[*shape_.giver[v]] == v) MachineOf(key, v) = -1;
      const auto [found, is_new] = known.emplace(key, static_cast<uint32_t>(groups.size()));
      if (is_new) groups.push_back(std::move(key));
      layer.group_of.push_back(found->second);
    }
    return groups;
  }

  int32_t& MachineOf(Key& key, size_t taker) const { return key[2 * *shape_.giver[taker] + 1]; }

  void AddWarmArcs(size_t v, Key key, GraphLayer& layer) {
    layer.first_arc.push_back(static_cast<uint32_t>(layer.arcs.size()));
    if (!shape_.giver[v]) return;
    const int32_t given = std::exchange(MachineOf(key, v), -1);
    const Key after = After(v, key);
    for (const size_t m : modes_[v]) {
      const GraphMode& mode = graph_.steps[v].modes[m];
      if (mode.machine < 0 || mode.machine != given) continue;
      AddArc(v, m, key, after, layer).took_over = true;
      layer.arcs.back().cost += (mode.warm_cost - mode.cost).value();
      layer.arcs.back().time += (mode.warm_time - mode.time).count();
    }
  }

  void AddColdArcs(size_t v, const Key& key, GraphLayer& layer) {
    layer.first_arc.push_back(static_cast<uint32_t>(layer.arcs.size()));
    const Key after = After(v, key);
    for (const size_t m : modes_[v]) AddArc(v, m, key, after, layer);
  }

  GraphArc& AddArc(size_t v, size_t m, const Key& key, const Key& after, GraphLayer& layer) {
    const GraphMode& mode = graph_.steps[v].modes[m];
    GraphArc arc{.mode = static_cast<uint32_t>(m),
                 .cost = mode.cost.value(),
                 .time = mode.time.count(),
                 .reserve = mode.reserve.value()};
    for (const GraphInput& input : graph_.steps[v].inputs) {
      if (input.tolls.empty()) continue;
      const Toll toll = TollFor(graph_, input, static_cast<uint32_t>(key[2 * input.from]), mode);
      arc.cost += toll.cost.value();
      arc.time += toll.time.count();
    }
    arc.to = StateAfter(v, after, mode);
    return layer.arcs.emplace_back(arc);
  }

  // What is still asked about after step v, apart from v itself.
  Key After(size_t v, Key key) const {
    for (size_t u = 0; u < v; ++u) {
      if (last_.data[u] <= v) key[2 * u] = -1;
      if (last_.machine[u] <= v) key[2 * u + 1] = -1;
    }
    return key;
  }

  uint32_t StateAfter(size_t v, const Key& after, const GraphMode& mode) {
    Key& key = scratch_;
    key = after;
    key.push_back(last_.data[v] > v ? static_cast<int32_t>(mode.place) : -1);
    key.push_back(last_.machine[v] > v ? mode.machine : -1);
    const auto [found, is_new] = next_.emplace(key, static_cast<uint32_t>(next_keys_.size()));
    if (is_new) next_keys_.push_back(key);
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
  std::unordered_map<Key, uint32_t, KeyHash> next_;
  Key scratch_;
  std::vector<Key> next_keys_;
};

}  // namespace

std::optional<std::vector<GraphLayer>> LayersOf(const StepGraph& graph, const GraphShape& shape,
                                                const std::vector<std::vector<size_t>>& modes,
                                                size_t most_arcs) {
  return Builder(graph, shape, modes).Build(most_arcs);
}

}  // namespace curbstop
