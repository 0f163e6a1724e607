// A model that is named by a file, a folder or an address, with this program's means to reach it.
#pragma once

#include <string>

#include "face/cli/command.h"
#include "fit/files/model_file.h"

namespace curbstop {

// Whether the word means one of them and not a family.
bool IsModelSource(const std::string& word, const CommandContext& context);

// Errors: those of fit::ReadModelFile and fit::ReadModelAt.
Result<fit::ModelFile> ReadModelSource(const std::string& word, CommandContext& context);

}  // namespace curbstop
