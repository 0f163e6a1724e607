// Reads this computer, or a recorded tree of one (layout: docs/formats/machine-tree.md).
#pragma once

#include <filesystem>

#include "base/result.h"
#include "machine/machine.h"
#include "sys/process.h"

namespace curbstop {

// What planning and running need takes milliseconds; the rest starts slow programs (PowerShell in
// WSL, `python3 -V`), which only `assess` waits for.
enum class ReadDepth { kForPlanning, kEverything };

// `root` is "/" for the live machine, else a folder made by `assess --record`; from a folder no
// program is started. Facts that cannot be read go to Machine::unreadable; only a `root` that is
// no folder is an error. The calibration is not read here: machine/calibration.h.
Result<Machine> ReadMachine(const std::filesystem::path& root, ProcessRunner& processes,
                            ReadDepth depth = ReadDepth::kForPlanning);

}  // namespace curbstop
