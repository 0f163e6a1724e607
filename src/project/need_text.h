// `needs:` as one writes it in a command line: `gpu: 24GB.., memory: 32GB..`.
#pragma once

#include <string_view>

#include "base/result.h"
#include "project/project.h"

namespace curbstop {

// The keys of `needs:` with their values, commas between them, with or without braces around.
// Errors: kInvalidInput, "`option`:LINE:COLUMN: …", as in the project's file. `option` names what
// the text was given to.
Result<Need> ParseNeed(std::string_view text, std::string_view option);

}  // namespace curbstop
