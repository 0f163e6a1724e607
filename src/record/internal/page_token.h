// A page token: base64 of {"offset": n}, as stock MLflow makes and reads it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace curbstop {

std::string MakePageToken(int64_t offset);
// Empty is 0. Errors: kInvalidInput.
Result<int64_t> ReadPageToken(const std::string& token);

}  // namespace curbstop
