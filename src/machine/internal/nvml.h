// NVIDIA's management library, opened at run time and never linked: the driver brings it, and a
// computer without the driver must start all the same.
//
// Source: NVML API Reference (libnvidia-ml.so.1); the names with `_v2` are the ABI since CUDA 6.
#pragma once

#include <string>

#include "base/result.h"

namespace curbstop {

// All GPUs as the CSV that `nvidia-smi --query-gpu` writes, so that one parser serves both and a
// recorded tree can hold it. NVML does not give an answer in time under a hung driver, so this
// runs in a child process for at most 2 s.
// Errors: kNotFound without the library, kUnavailable with NVML's own words.
Result<std::string> ReadNvml();

}  // namespace curbstop
