// A process named so that a reused pid is not mistaken for it.
//
// Source: proc(5): /proc/PID/stat field 22 (start time in clock ticks since boot),
// /proc/sys/kernel/random/boot_id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curbstop {

struct ProcessIdentity {
  int pid = 0;
  int64_t start_ticks = 0;
  std::string boot_id;
  bool operator==(const ProcessIdentity&) const = default;
};

std::string ReadBootId();

// Empty if there is no such process, or it is a zombie.
std::optional<ProcessIdentity> IdentifyProcess(int pid);
ProcessIdentity IdentifySelf();
bool IsAlive(const ProcessIdentity& process);

// Processes of this user whose start environment holds exactly `entry` ("NAME=value"), this one
// excepted: finds a step's children even where they left its process group.
std::vector<int> FindByEnvironment(std::string_view entry);

}  // namespace curbstop
