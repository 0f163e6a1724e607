#include "market/sanity.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr double kLeastOfFamily = 0.6;
constexpr double kMostOfFamily = 1.7;
constexpr int64_t kLeastSpotShare = 20;  // on demand may be that many times the spot price
constexpr size_t kEnough = 3;            // prices that make a median

std::string Doubt(const Offer& offer) {
  if (!offer.per_hour || !offer.spot_per_hour) return "";
  const MicroUsd price = *offer.per_hour;
  const MicroUsd spot = *offer.spot_per_hour;
  if (spot > price)
    return fmt::format("spot {} is above on demand, {}", ExactUsdText(spot), ExactUsdText(price));
  if (spot.value() < price.value() / kLeastSpotShare) {
    return fmt::format("spot {} is below a twentieth of on demand, {}", ExactUsdText(spot),
                       ExactUsdText(price));
  }
  return "";
}

// "g5" of "g5.xlarge"; of other spellings the name without its numbers.
std::string FamilyOf(std::string_view type) {
  const size_t point = type.find('.');
  if (point != type.npos) return std::string(type.substr(0, point));
  std::string family(type);
  std::erase_if(family, IsDigit);
  return family;
}

double MedianOf(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

using Groups = std::unordered_map<std::string, std::vector<double>>;

// Medians over the regions of each type, and over the types of each family in a region.
class Families {
 public:
  explicit Families(const std::vector<Offer>& offers) {
    Groups prices;
    for (const Offer& offer : offers) {
      if (offer.per_hour) prices[TypeKey(offer)].push_back(Dollars(offer));
    }
    for (auto& [key, values] : prices) {
      if (values.size() >= kEnough) type_medians_[key] = MedianOf(values);
    }
    Groups ratios;
    for (const Offer& offer : offers) {
      const double ratio = RatioOf(offer);
      if (ratio > 0) ratios[FamilyKey(offer)].push_back(ratio);
    }
    for (auto& [key, values] : ratios) {
      if (values.size() >= kEnough) family_ratios_[key] = MedianOf(values);
    }
  }

  // What its price is of what the family says, where that says something; else 1.
  double ShareOf(const Offer& offer) const {
    const double ratio = RatioOf(offer);
    if (ratio == 0) return 1;
    const auto family = family_ratios_.find(FamilyKey(offer));
    return family == family_ratios_.end() ? ratio : ratio / family->second;
  }

 private:
  static double Dollars(const Offer& offer) {
    return static_cast<double>(offer.per_hour->value()) / 1e6;
  }
  static std::string TypeKey(const Offer& offer) { return offer.provider + '/' + offer.type; }
  static std::string FamilyKey(const Offer& offer) {
    return offer.provider + '/' + offer.region + '/' + FamilyOf(offer.type);
  }
  // 0: it has no price, or its type too few.
  double RatioOf(const Offer& offer) const {
    if (!offer.per_hour) return 0;
    const auto median = type_medians_.find(TypeKey(offer));
    return median == type_medians_.end() ? 0 : Dollars(offer) / median->second;
  }

  std::unordered_map<std::string, double> type_medians_;
  std::unordered_map<std::string, double> family_ratios_;
};

std::string FamilyDoubt(const Families& families, const Offer& offer) {
  const double share = families.ShareOf(offer);
  if (share >= kLeastOfFamily && share <= kMostOfFamily) return "";
  return fmt::format("{} is {:.2f} times what its family costs in that region",
                     UsdText(*offer.per_hour), share);
}

}  // namespace

std::vector<SetAsideOffer> SetAsideDoubtful(std::vector<Offer>& offers) {
  std::vector<SetAsideOffer> doubtful;
  const auto take_out = [&](auto doubt_of) {
    size_t kept = 0;
    for (Offer& offer : offers) {
      std::string why = doubt_of(offer);
      if (!why.empty()) doubtful.push_back({std::move(offer), std::move(why)});
      else if (&offer != &offers[kept]) offers[kept++] = std::move(offer);
      else ++kept;
    }
    offers.resize(kept);
  };
  take_out(Doubt);  // before what they say could move a median
  const Families families(offers);
  take_out([&](const Offer& offer) { return FamilyDoubt(families, offer); });
  return doubtful;
}

}  // namespace curbstop
