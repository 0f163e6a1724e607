// What somebody wrote for a GPU, under the names of the accelerator catalogue.
#pragma once

#include <string>

#include "project/project.h"

namespace curbstop {

// A provider's or driver's spelling becomes the catalogue's. A name that the catalogue itself has,
// whole or as a family (`H100`), stays: an alias would narrow it to one member.
std::string CatalogueName(const GpuNeed& need);

// " (did you mean `RTX-3080`?)" where the need names a GPU that the catalogue does not have.
std::string UnknownGpu(const Need& need);

}  // namespace curbstop
