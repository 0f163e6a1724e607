// In a JSON answer "there is none" or "not known" is null, never an empty string.
#pragma once

#include <string>

#include "base/json.h"

namespace curbstop {

inline Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace curbstop
