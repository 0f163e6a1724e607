// What outlives a supervisor of how far home has heard one machine: small numbers in the run's
// folder, one file each, `machine-RENTAL.WHAT`.
//
//   born       when it was made, in seconds of its own uptime
//   log-base   bytes of step.log before the first that it wrote
//   calls      number of its last record call that the record holds
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/file_store.h"

namespace curbstop {

class MachineNotes {
 public:
  MachineNotes(std::filesystem::path run_folder, int64_t rental)
      : folder_(std::move(run_folder)), rental_(rental) {}

  // Empty: never written.
  std::optional<int64_t> Read(std::string_view what) const;
  Status Write(std::string_view what, int64_t value, FileStore& files) const;

  // A file or folder of that machine's: "machine-2.artifacts".
  std::filesystem::path PathOf(std::string_view what) const;

 private:
  std::filesystem::path folder_;
  int64_t rental_;
};

}  // namespace curbstop
