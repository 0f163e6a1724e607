// CPU facts from the kernel's text files.
//
// Source: proc(5) for /proc/cpuinfo and /proc/self/status; Arm's MIDR part numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "machine/machine.h"

namespace curbstop {

struct CpuInfo {
  Cpu cpu;
  bool under_hypervisor = false;
};

// Fields that the text does not give stay empty or 0; garbage gives an empty CpuInfo.
CpuInfo ParseCpuInfo(std::string_view text);

// "11th Gen Intel(R) Core(TM) i7-11700KF @ 3.60GHz" → "11th Gen Intel Core i7-11700KF".
std::string CleanCpuModel(std::string_view model);

// Number of CPUs in a list like "0-3,8"; empty if it is no such list.
std::optional<int64_t> CountCpuList(std::string_view list);

// The value after "KEY:" at a line's start, without spaces around it; empty if there is none.
std::string_view ColonField(std::string_view text, std::string_view key);

// The smallest whole number from 1 to `most` among all fields "KEY: 2667 MT/s" (or "KEY=2667") of
// the text; empty if there is none.
std::optional<int64_t> SmallestField(std::string_view text, std::string_view key, int64_t most);

// From a small table of common CPUs (see cpu_power.cc for its sources); empty if it is not there.
std::optional<int64_t> LookUpCpuTdp(std::string_view model);

}  // namespace curbstop
