// What this machine is, as `curbstop-agent probe` tells it: the acceptance test of a rented
// machine, and the rehearsal of its end.
//
// {"version":…,"arch":"x86_64","cpus":…,"memory_bytes":…,"disk_free_bytes":…,
//  "gpus":[{"name":…,"memory_bytes":…,"uuid":…}],"boot_id":…,"uptime_s":…,
//  "tools":{"curl":…,"wget":…,"python3":…},"self_end":{"ok":…,"error":…}}
//
// Processors and memory are what this container may use: the least of the affinity mask, the cgroup
// quota and what the kernel has.
// Source: cgroup-v2.rst (cpu.max, memory.max), cgroup-v1/memory.rst (memory.limit_in_bytes).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "sys/process.h"

namespace curbstop {

// `root` holds proc/ and sys/: `/`, or a recorded tree. Runs `home/end-machine check` and
// nvidia-smi.
Json Probe(const std::filesystem::path& home, const std::filesystem::path& root,
           ProcessRunner& processes);

// By the path and the key that will end the machine. Empty: it can end itself; else why not.
std::string RehearseEnd(const std::filesystem::path& home, ProcessRunner& processes);

// What the offer promised and the machine does not hold, each in words; `promise` has members of
// the probe: arch, cpus, memory_bytes, disk_free_bytes, gpus[{name, memory_bytes}]. Sizes may fall
// short by a tenth: providers sell decimal units and keep some for themselves.
std::vector<std::string> BrokenPromises(const Json& probe, const Json& promise);

}  // namespace curbstop
