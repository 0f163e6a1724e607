// A file that one process touches and another one watches, to say "it is alive" and nothing else.
//
// The supervisor touches `record.life` when the step has written to its record (metrics,
// parameters, artifacts). A file and not a line of the spool: it comes ten times a second for days,
// costs no sync, and works on a full disk.
#pragma once

#include <filesystem>
#include <optional>

#include "base/result.h"

namespace curbstop {

// Makes the file or sets its time of change to now. Errors: kDenied, kExhausted.
Status TouchFile(const std::filesystem::path& file);

class TouchWatch {
 public:
  // What was there before does not count.
  explicit TouchWatch(std::filesystem::path file);
  // Whether it was touched since the last call. A time that jumps back is a touch as well.
  bool Poll();

 private:
  std::optional<std::filesystem::file_time_type> Read() const;

  std::filesystem::path file_;
  std::optional<std::filesystem::file_time_type> seen_;
};

}  // namespace curbstop
