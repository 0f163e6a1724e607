// The size of a practice machine's disk, kept without any right of root.
//
// Its first process looks how much its folders hold, seldom enough that looking costs a twentieth
// of one processor at most, and while they hold more than the disk no file of any of its processes
// may grow: a write fails with EFBIG ("File too large"), where a real full disk says ENOSPC.
// Removing files makes room again. Between two looks more can be written than fits; one file alone
// never gets larger than the disk. A process that lifts its own limit again is not stopped: it is a
// place to practise in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/units.h"
#include "sys/clock.h"

namespace curbstop {

// Bytes that files below take on their disk; a file with several names counts once for each part.
// Links are not followed, what vanishes meanwhile counts nothing.
int64_t BytesBelow(const std::filesystem::path& folder);

class MachineDisk {
 public:
  // Limits this process, and with it all that it starts from now on, to files of `bytes`.
  MachineDisk(std::vector<std::filesystem::path> folders, int64_t bytes, Clock& clock);

  // Looks if it is time to, and limits this process and all that descend from it. How long until
  // the next look.
  Millis Look();

  bool is_full() const { return is_full_; }

 private:
  void LimitAll() const;

  std::vector<std::filesystem::path> folders_;
  int64_t bytes_;
  Clock& clock_;
  Ticks next_{0};
  bool is_full_ = false;
};

}  // namespace curbstop
