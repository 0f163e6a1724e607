#include "plan/moves.h"

#include <numeric>

namespace curbstop {

const Link& MoveFacts::LinkTo(const std::string& provider) const {
  static const Link kAssumed;
  const auto found = links.find(provider);
  return found == links.end() ? kAssumed : found->second;
}

Bytes UploadOf(const StepMoves& moves) {
  return std::accumulate(
      moves.inputs.begin(), moves.inputs.end(), moves.code,
      [](Bytes sum, const MovedInput& input) { return Bytes{sum.value + input.size.value}; });
}

std::optional<MicroUsd> TrafficOf(const MoveFacts& facts, const std::string& provider,
                                  const std::string& region, Bytes size) {
  if (size.value == 0) return MicroUsd();
  if (facts.tariffs == nullptr) return std::nullopt;
  const Result<MicroUsd> cost = CostOfEgress(*facts.tariffs, provider, region, size);
  if (!cost.ok()) return std::nullopt;
  return *cost;
}

}  // namespace curbstop
