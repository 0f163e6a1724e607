// Base 64 of RFC 4648 §4: the standard alphabet, with padding.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace curbstop {

std::string ToBase64(std::string_view bytes);

// Padding may be missing. Errors: kInvalidInput: a letter that is none, or something after the
// padding.
Result<std::string> FromBase64(std::string_view text);

}  // namespace curbstop
