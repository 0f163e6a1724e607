// Whether this computer meets a step's needs, and if not, why.
#pragma once

#include <filesystem>
#include <string>

#include "machine/machine.h"
#include "project/project.h"

namespace curbstop {

struct LocalFit {
  std::string reason;  // empty: it fits
  std::string note;    // what the reader should know although it fits; may be empty
};

// GPUs count by their whole memory, since a run waits for a GPU that is busy; memory and disk by
// what is free now. A fact that could not be read counts as met, with a note. `folder` is the
// project's: the disk under it counts.
LocalFit FitHere(const Need& need, const Machine& machine, const std::filesystem::path& folder);

}  // namespace curbstop
