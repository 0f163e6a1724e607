// Secrets by name: where they lie, and which names they may have.
#pragma once

#include <string_view>

#include "base/result.h"

namespace curbstop {

// [A-Z_][A-Z0-9_]*, at most 128, and no variable that curbstop itself sets for a step.
// Errors: kInvalidInput.
Status CheckSecretName(std::string_view name);

}  // namespace curbstop
