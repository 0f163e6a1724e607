// Offers by what a step can ask of them: those of one class differ in region, zone and price alone.
//
// A price list of 100,000 rows has a few thousand classes, so needs are compared once per class.
#pragma once

#include <cstdint>
#include <vector>

#include "market/offer.h"

namespace curbstop {

struct OfferClass {
  const Offer* example = nullptr;
  uint32_t provider = 0;  // numbers of its provider and of its (provider, type)
  uint32_t type = 0;
};

struct OfferClasses {
  std::vector<uint32_t> of;  // per offer: its class
  std::vector<OfferClass> all;
  uint32_t providers = 0;
  uint32_t types = 0;
};

// The offers must live as long.
OfferClasses ClassesOf(const std::vector<Offer>& offers);

}  // namespace curbstop
