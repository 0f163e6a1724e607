#include "plan/bid.h"

#include <algorithm>
#include <cmath>

namespace curbstop {
namespace {

// Close together where a little more keeps many rivals away.
constexpr int64_t kPercents[] = {0, 2, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300};

Millis LifeAt(const BidLaw& law, double above_percent) {
  const auto usual = static_cast<double>(kAssumedSpotLife.count());
  const double life = std::round(usual / LossesBeside(law, above_percent));
  return Millis(static_cast<int64_t>(std::clamp(life, 1000.0, 1000 * usual)));
}

}  // namespace

MicroUsd BidAt(MicroUsd minimum, MicroUsd on_demand, int64_t above_percent) {
  const int64_t more = (minimum.value() * above_percent + 99) / 100;
  return std::min(minimum + MicroUsd(more), on_demand);
}

int64_t PercentAbove(MicroUsd minimum, MicroUsd bid) {
  if (minimum <= MicroUsd() || bid <= minimum) return 0;
  return 100 * (bid - minimum).value() / minimum.value();
}

std::vector<BidTerms> BidsToTry(MicroUsd minimum, MicroUsd on_demand, const BidLaw* law) {
  if (law == nullptr || minimum <= MicroUsd()) return {BidTerms{}};
  const double most = 100.0 * static_cast<double>((on_demand - minimum).value()) /
                      static_cast<double>(minimum.value());
  std::vector<BidTerms> bids;
  for (const int64_t percent : kPercents) {
    const double above = std::min(static_cast<double>(percent), most);
    bids.push_back({percent, LifeAt(*law, above)});
    if (static_cast<double>(percent) >= most) break;
  }
  return bids;
}

}  // namespace curbstop
