#include "market/sanity.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/numbering.h"
#include "base/text.h"

namespace curbstop {
namespace {

constexpr double kLeastOfFamily = 0.6;
constexpr double kMostOfFamily = 1.7;
constexpr int64_t kLeastSpotShare = 20;  // on demand may be that many times the spot price
constexpr size_t kEnough = 3;            // prices that make a median

std::string SpotDoubt(const Offer& offer) {
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

// "g5" of "g5.xlarge"; of other spellings what is left without the numbers.
std::string FamilyName(std::string_view type) {
  const size_t point = type.find('.');
  if (point != type.npos) return std::string(type.substr(0, point + 1));
  std::string name;
  std::copy_if(type.begin(), type.end(), std::back_inserter(name),
               [](char c) { return !IsDigit(c); });
  return name;
}

// Values in numbered groups, each of which has a median once it has enough of them.
class Groups {
 public:
  void Add(uint32_t group, double value) {
    if (group >= values_.size()) values_.resize(group + 1);
    values_[group].push_back(value);
  }

  // Of each group; 0: too few.
  std::vector<double> Medians() && {
    std::vector<double> medians;
    for (std::vector<double>& values : values_) {
      const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
      std::nth_element(values.begin(), middle, values.end());
      medians.push_back(values.size() >= kEnough ? *middle : 0);
    }
    return medians;
  }

 private:
  std::vector<std::vector<double>> values_;
};

// A price on demand, and what it is measured against: what its type costs everywhere, and what the
// types of its family cost in its region.
struct Priced {
  uint32_t offer = 0;
  uint32_t type = 0;
  uint32_t family = 0;  // in the region
  double value = 0;     // the price, then what it is of those
};

// Those that are not doubtful already, which would move a median.
std::vector<Priced> PricesOf(const std::vector<Offer>& offers, const std::vector<bool>& doubtful) {
  Numbering<TextPair, TextPairHash> types;
  Numbering<std::string> families;
  Numbering<std::string_view> regions;
  Numbering<uint64_t> families_in_regions;
  std::vector<uint32_t> family_of_type;
  std::vector<Priced> prices;
  prices.reserve(offers.size());
  for (uint32_t i = 0; i < offers.size(); ++i) {
    const Offer& offer = offers[i];
    if (doubtful[i] || !offer.per_hour) continue;
    const auto [type, is_new] = types.Of({offer.provider, offer.type});
    if (is_new)
      family_of_type.push_back(families.Of(offer.provider + '\0' + FamilyName(offer.type)).number);
    const uint64_t region = regions.Of(offer.region).number;
    const uint32_t family = families_in_regions.Of(region << 32 | family_of_type[type]).number;
    prices.push_back({i, type, family, static_cast<double>(offer.per_hour->value())});
  }
  return prices;
}

std::vector<double> MediansOfTypes(const std::vector<Priced>& prices) {
  Groups groups;
  for (const Priced& one : prices) groups.Add(one.type, one.value);
  return std::move(groups).Medians();
}

// Turns each price into what it is of the median of its type, and of what the family is of theirs
// in the region, where that is known. Types without a median are left out.
std::vector<Priced> SharesOfFamily(std::vector<Priced> prices) {
  const std::vector<double> of_type = MediansOfTypes(prices);
  std::erase_if(prices, [&](const Priced& one) { return of_type[one.type] == 0; });
  Groups ratios;
  for (Priced& one : prices) {
    one.value /= of_type[one.type];
    ratios.Add(one.family, one.value);
  }
  const std::vector<double> of_family = std::move(ratios).Medians();
  for (Priced& one : prices) {
    if (of_family[one.family] > 0) one.value /= of_family[one.family];
  }
  return prices;
}

std::string FamilyDoubt(double share, const Offer& offer) {
  if (share >= kLeastOfFamily && share <= kMostOfFamily) return "";
  return fmt::format("{} is {:.2f} times what its family costs in that region",
                     UsdText(*offer.per_hour), share);
}

// Takes doubtful offers out of a list, all at once at the end: a list is long.
class SettingAside {
 public:
  explicit SettingAside(std::vector<Offer>& offers)
      : offers_(offers), is_doubtful_(offers.size()) {}

  const std::vector<bool>& is_doubtful() const { return is_doubtful_; }

  // Nothing where `why` is empty.
  void Doubt(size_t offer, std::string why) {
    if (why.empty()) return;
    is_doubtful_[offer] = true;
    set_aside_.push_back({std::move(offers_[offer]), std::move(why)});
  }

  std::vector<SetAsideOffer> Finish() && {
    size_t kept = 0;
    for (size_t i = 0; i < offers_.size(); ++i) {
      if (!is_doubtful_[i] && kept++ != i) offers_[kept - 1] = std::move(offers_[i]);
    }
    offers_.resize(kept);
    return std::move(set_aside_);
  }

 private:
  std::vector<Offer>& offers_;
  std::vector<bool> is_doubtful_;
  std::vector<SetAsideOffer> set_aside_;
};

}  // namespace

std::vector<SetAsideOffer> SetAsideDoubtful(std::vector<Offer>& offers) {
  SettingAside setting_aside(offers);
  for (size_t i = 0; i < offers.size(); ++i) setting_aside.Doubt(i, SpotDoubt(offers[i]));
  for (const Priced& one : SharesOfFamily(PricesOf(offers, setting_aside.is_doubtful())))
    setting_aside.Doubt(one.offer, FamilyDoubt(one.value, offers[one.offer]));
  return std::move(setting_aside).Finish();
}

}  // namespace curbstop
