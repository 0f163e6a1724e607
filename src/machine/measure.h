// Small measurements of this computer, bounded in bytes and time: memory bandwidth, disk rates.
//
// Memory: the triad a[i] = b[i] + s * c[i] on all usable CPUs, best of several passes, counted as
// 24 bytes per element, as STREAM counts it (J. McCalpin, "Memory Bandwidth and Machine Balance in
// Current High Performance Computers", 1995). What the hardware moves is a third more where stores
// first read their cache line.
// Disk: one file without a name, written and then read in blocks of 4 MiB past the page cache where
// the file system allows it. It is gone when the process ends, however it ends.
#pragma once

#include <filesystem>
#include <optional>

#include "base/result.h"
#include "base/units.h"
#include "machine/machine.h"
#include "sys/clock.h"

namespace curbstop {

struct MemorySize {
  Bytes array = MiB(128);  // of each of the three
  int threads = 1;
  Millis time{1000};  // passes begin until then; at least three are made
};

// 10^9 bytes per second. Errors: kExhausted if the memory cannot be had.
Result<double> MeasureMemory(const MemorySize& size, Clock& clock);

struct DiskRates {
  double write_mbps = 0;  // 10^6 bytes per second, flush included
  double read_mbps = 0;
  bool direct = false;  // false: through the page cache, so the read may be too fast
};

struct DiskSize {
  Bytes file = MiB(256);
  Millis time{4000};  // for writing, and again for reading; a slow disk is measured on less
};

// Errors: kExhausted if the folder's disk has not twice the file's size free, or fills up
// meanwhile; kDenied.
Result<DiskRates> MeasureDisk(const std::filesystem::path& folder, const DiskSize& size,
                              Clock& clock);

// Both, sized by what the machine has free; the rates of the disk that `folder` lies on.
// Errors: those of the two above.
Result<Calibration> MeasureMachine(const Machine& machine, const std::filesystem::path& folder,
                                   Clock& clock);

}  // namespace curbstop
