// The `curbstop.yaml` that `curbstop init` writes: commented, and good as it is.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace curbstop {

// The file's text with that command; an empty one says hello.
// Errors: kInvalidInput if no project file can hold it (not UTF-8, unknown references).
Result<std::string> ProjectTemplate(std::string_view command);

}  // namespace curbstop
