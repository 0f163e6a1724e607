// Which of the known providers this version can really rent from, and the places that follow.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "market/offer.h"
#include "project/place.h"

namespace curbstop {

const std::vector<std::string>& ProvidersWithDriver();

// Whether the offer is in the region and of the type that the place names, if it names them. The
// names of a price list and of the provider's own answers are both known again: type and region
// without case, ` ` and `_` as `-`; a region also by one of its parts (`CA` of "Alberta, CA, NA").
bool IsSoldAt(const Place& place, const Offer& offer);

// Errors: kInvalidInput with the list of places that work, if no driver serves `place`.
Status CheckPlaceWorks(const Place& place, std::span<const std::string> drivers);

}  // namespace curbstop
