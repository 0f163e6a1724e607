// The GPUs of a step: which it sees, and whether it uses them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sys/environment.h"
#include "sys/process.h"

namespace curbstop {

// Let the step see these alone, counted as the driver does, in order of the PCI bus; CUDA counts
// the fastest first unless told otherwise.
// Source: CUDA C++ Programming Guide, "CUDA Environment Variables".
EnvironmentList GpuVariables(const std::vector<int64_t>& gpus);

// Whether one of them is busy, by nvidia-smi; empty where it says nothing about any of them.
std::optional<bool> GpusAreBusy(const std::vector<int64_t>& gpus, ProcessRunner& processes);

}  // namespace curbstop
