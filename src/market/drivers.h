// Which of the known providers this version can really rent from, and the places that follow.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "project/place.h"

namespace curbstop {

// None yet: rented places are shown as information only.
const std::vector<std::string>& ProvidersWithDriver();

// Errors: kInvalidInput with the list of places that work, if no driver serves `place`.
Status CheckPlaceWorks(const Place& place, std::span<const std::string> drivers);

}  // namespace curbstop
