#include "market/drivers.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

bool HasDriver(const std::string& name, std::span<const std::string> drivers) {
  return std::find(drivers.begin(), drivers.end(), name) != drivers.end();
}

bool Works(const Place& place, std::span<const std::string> drivers) {
  switch (place.kind) {
    case PlaceKind::kAuto:
    case PlaceKind::kLocal: return true;
    case PlaceKind::kCloud: return !drivers.empty();
    case PlaceKind::kProvider: return HasDriver(place.provider, drivers);
    case PlaceKind::kPractice: return HasDriver(PlaceText(place), drivers);
    case PlaceKind::kSsh: return false;
  }
  return false;
}

}  // namespace

const std::vector<std::string>& ProvidersWithDriver() {
  static const std::vector<std::string> none;
  return none;
}

Status CheckPlaceWorks(const Place& place, std::span<const std::string> drivers) {
  if (Works(place, drivers)) return {};
  std::vector<std::string> places = {"auto", "local"};
  if (!drivers.empty()) places.emplace_back("cloud");
  places.insert(places.end(), drivers.begin(), drivers.end());
  return InvalidInput(fmt::format("`{}` has no driver yet", PlaceText(place)))
      .WithHint(fmt::format("places that work: {}", Join(places, ", ")));
}

}  // namespace curbstop
