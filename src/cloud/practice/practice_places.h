// What the practice cloud's state means for the machines of this computer.
#pragma once

#include <vector>

#include "cloud/practice/machines/machine_keeper.h"
#include "cloud/practice/practice_world.h"

namespace curbstop {

// Machines that exist, as MachinePlaces::Keep wants them.
std::vector<WantedMachine> WantedMachines(const PracticeWorld& world);

// What the provider sets in a machine's environment, its own key among it, then what was asked for.
EnvironmentList EnvironmentOf(const PracticeMachine& machine, const PracticeHost& host);

// What its disk holds: as asked for, and no more than the settings let any machine have.
int64_t DiskBytes(const PracticeSettings& settings, const PracticeMachine& machine);

// Gives each machine a port of loopback that is free now, and another one to those that have not
// come up yet where somebody took theirs. Below the range from which the system gives ports away.
void GivePorts(PracticeWorld& world);

}  // namespace curbstop
