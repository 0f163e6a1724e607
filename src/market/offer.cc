#include "market/offer.h"

#include <algorithm>
#include <limits>

namespace curbstop {

std::string DriverNameOf(std::string_view provider) {
  if (provider == "vastai") return "vast";
  if (provider == "thundercompute") return "thunder";
  return std::string(provider);
}

void SortByPrice(std::vector<Offer>& offers) {
  std::vector<std::pair<int64_t, size_t>> order;
  order.reserve(offers.size());
  for (size_t i = 0; i < offers.size(); ++i) {
    const std::optional<MicroUsd> price = offers[i].per_hour;
    order.emplace_back(price ? price->value() : std::numeric_limits<int64_t>::max(), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<Offer> sorted;
  sorted.reserve(offers.size());
  for (const auto& [price, index] : order) sorted.push_back(std::move(offers[index]));
  offers = std::move(sorted);
}

}  // namespace curbstop
