// Reads this computer, or a recorded tree of one.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "machine/machine.h"
#include "sys/process.h"

namespace curbstop {

// `root` is "/" for the live machine, else a folder made by `assess --record`.
// Facts that cannot be read go to Machine::unreadable; only a `root` that is no folder is an error.
Result<Machine> ReadMachine(const std::filesystem::path& root, ProcessRunner& processes);

}  // namespace curbstop
