#include "market/sanity.h"

#include <algorithm>
#include <tuple>

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

// FNV-1a. A list of a million rows has two keys of one hash with a chance of one in 10^7, and then
// two medians are one.
class KeyHash {
 public:
  KeyHash& Add(std::string_view part) {
    for (const char c : part) Add(c);
    return Add('\0');
  }
  KeyHash& Add(char c) {
    value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return *this;
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325;
};

uint64_t TypeKey(const Offer& offer) {
  return KeyHash().Add(offer.provider).Add(offer.type).value();
}

// The types of one family in a region: "g5" of "g5.xlarge"; of other spellings what is left
// without the numbers.
uint64_t FamilyKey(const Offer& offer) {
  KeyHash key;
  key.Add(offer.provider).Add(offer.region);
  const std::string_view type = offer.type;
  const size_t point = type.find('.');
  if (point != type.npos) return key.Add(type.substr(0, point)).value();
  for (const char c : type) {
    if (!IsDigit(c)) key.Add(c);
  }
  return key.value();
}

// A figure of an offer, among those of one key.
struct Keyed {
  uint64_t key = 0;
  double value = 0;
  size_t offer = 0;
};

// Calls `take(one, median)` for each of a key that has enough of them, `take(one, 0)` for the rest.
template <typename Take>
void AgainstMedians(std::vector<Keyed> all, Take take) {
  std::sort(all.begin(), all.end(), [](const Keyed& a, const Keyed& b) {
    return std::tie(a.key, a.value, a.offer) < std::tie(b.key, b.value, b.offer);
  });
  for (size_t first = 0; first < all.size();) {
    size_t last = first;
    while (last < all.size() && all[last].key == all[first].key) ++last;
    const bool enough = last - first >= kEnough;
    const double median = enough ? all[first + (last - first) / 2].value : 0;
    for (; first < last; ++first) take(all[first], median);
  }
}

// Of each offer what its price is of what its family says; 1 where that says nothing.
std::vector<double> SharesOfFamily(const std::vector<Offer>& offers) {
  std::vector<Keyed> prices;
  std::vector<uint64_t> families(offers.size());  // now, while the offers are read in their order
  for (size_t i = 0; i < offers.size(); ++i) {
    if (!offers[i].per_hour) continue;
    families[i] = FamilyKey(offers[i]);
    prices.push_back({TypeKey(offers[i]), static_cast<double>(offers[i].per_hour->value()), i});
  }
  std::vector<Keyed> ratios;
  AgainstMedians(std::move(prices), [&](const Keyed& price, double median) {
    if (median > 0) ratios.push_back({families[price.offer], price.value / median, price.offer});
  });
  std::vector<double> shares(offers.size(), 1);
  AgainstMedians(std::move(ratios), [&](const Keyed& ratio, double median) {
    shares[ratio.offer] = median > 0 ? ratio.value / median : ratio.value;
  });
  return shares;
}

std::string FamilyDoubt(double share, const Offer& offer) {
  if (share >= kLeastOfFamily && share <= kMostOfFamily) return "";
  return fmt::format("{} is {:.2f} times what its family costs in that region",
                     UsdText(*offer.per_hour), share);
}

}  // namespace

std::vector<SetAsideOffer> SetAsideDoubtful(std::vector<Offer>& offers) {
  std::vector<SetAsideOffer> doubtful;
  const auto take_out = [&](auto doubt_of) {
    size_t kept = 0;
    for (size_t i = 0; i < offers.size(); ++i) {
      std::string why = doubt_of(i);
      if (!why.empty()) doubtful.push_back({std::move(offers[i]), std::move(why)});
      else if (kept++ != i) offers[kept - 1] = std::move(offers[i]);
    }
    offers.resize(kept);
  };
  take_out([&](size_t i) { return Doubt(offers[i]); });  // before it could move a median
  const std::vector<double> shares = SharesOfFamily(offers);
  take_out([&](size_t i) { return FamilyDoubt(shares[i], offers[i]); });
  return doubtful;
}

}  // namespace curbstop
