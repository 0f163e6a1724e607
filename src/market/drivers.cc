#include "market/drivers.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

bool HasDriver(const std::string& name, std::span<const std::string> drivers) {
  return std::find(drivers.begin(), drivers.end(), name) != drivers.end();
}

// Case, spaces and `_` differ between a price list, a provider's answer and what people type.
std::string Folded(std::string_view text) {
  std::string folded = Lower(Trim(text));
  std::replace(folded.begin(), folded.end(), ' ', '-');
  std::replace(folded.begin(), folded.end(), '_', '-');
  return folded;
}

// "-32-65536": CPUs and memory, which a price list puts after a machine's name.
bool SaysSizes(std::string_view rest) {
  if (rest.empty()) return true;
  return rest[0] == '-' &&
         std::all_of(rest.begin(), rest.end(), [](char c) { return c == '-' || IsDigit(c); });
}

bool IsType(std::string_view wanted, std::string_view type) {
  const std::string a = Folded(wanted);
  const std::string b = Folded(type);
  const size_t common = std::min(a.size(), b.size());
  return a.compare(0, common, b, 0, common) == 0 && SaysSizes(a.substr(common)) &&
         SaysSizes(b.substr(common));
}

// `CA` of "Alberta, CA, NA". A list may say "any" or "global": then what is wanted is found at the
// provider.
bool IsRegion(std::string_view wanted, std::string_view region) {
  const std::string sold = Folded(region);
  if (Folded(wanted) == "any" || sold == "any" || sold == "global") return true;
  if (Folded(wanted) == sold) return true;
  const std::vector<std::string> parts = Split(region, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return Folded(part) == Folded(wanted); });
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
  static const std::vector<std::string> kDrivers = {"runpod", "vast"};
  return kDrivers;
}

bool IsSoldAt(const Place& place, const Offer& offer) {
  return (place.region.empty() || IsRegion(place.region, offer.region)) &&
         (place.type.empty() || IsType(place.type, offer.type));
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
