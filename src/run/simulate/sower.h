// The only way to a Plants that is not empty.
#pragma once

#include <string_view>

#include "base/result.h"
#include "run/supervisor/plants.h"

namespace curbstop {

class Sower {
 public:
  static Plants Sow(Plant plant) { return Plants(plant); }
};

std::string_view NameOf(Plant plant);  // "no_intent_before_create"
// Errors: kInvalidInput with "did you mean".
Result<Plant> PlantOf(std::string_view name);

}  // namespace curbstop
