// The parts of ReadMachine, one per kind of fact. Each fills its part of the machine and adds what
// it could not read to `unreadable`.
#pragma once

#include <string>
#include <vector>

#include "machine/internal/fact_source.h"
#include "machine/internal/parse_mounts.h"
#include "machine/read_machine.h"

namespace curbstop {

// All parts in their order.
Machine ReadFrom(FactSource& source, ReadDepth depth);

void ReadSystem(FactSource& source, Machine& machine);  // os, kernel, hypervisor
void ReadCpu(FactSource& source, Machine& machine);
void ReadMemory(FactSource& source, Machine& machine);
void ReadMemorySpeed(FactSource& source, Machine& machine);
void ReadContainer(FactSource& source, Machine& machine);  // its kind
void ReadLimits(FactSource& source, const std::vector<Mount>& mounts, Machine& machine);
void ReadDisks(FactSource& source, const std::vector<Mount>& mounts, Machine& machine);
void ReadGpus(FactSource& source, Machine& machine);
void ReadWsl(FactSource& source, Machine& machine);
void ReadWindows(FactSource& source, Machine& machine);  // after ReadWsl; starts PowerShell
void ReadFound(FactSource& source, Machine& machine);    // starts `python3 -V` and the like
void ReadApple(FactSource& source, Machine& machine);    // instead of all others

// Whether a mount is one that a project or data can lie on, and that a user knows.
bool IsShownMount(const Mount& mount);

void AddUnreadable(Machine& machine, std::string what, std::string why);

}  // namespace curbstop
