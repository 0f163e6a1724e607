// The lease that the birth script keeps on a rented machine (cloud/birth_script.h): the file
// `lease` says when the machine ends, in seconds of /proc/uptime. Whoever extends it renames a
// later one into place; what cannot be read changes nothing, here as there.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "sys/clock.h"

namespace curbstop {

// Digits only, at most 13 of them, as the birth script takes it.
std::optional<int64_t> ParseLease(std::string_view text);

class LeaseWatch {
 public:
  explicit LeaseWatch(std::filesystem::path lease, std::filesystem::path uptime = "/proc/uptime")
      : lease_(std::move(lease)), uptime_(std::move(uptime)) {}

  // Until the machine ends; negative when it should be gone. Empty: no lease was ever read.
  std::optional<Ticks> Left();
  std::optional<int64_t> end_s() const { return end_s_; }

 private:
  std::filesystem::path lease_;
  std::filesystem::path uptime_;
  std::optional<int64_t> end_s_;
};

// Time since this machine's boot, as the lease counts it. Empty where it cannot be read.
std::optional<Ticks> ReadUptime(const std::filesystem::path& uptime = "/proc/uptime");

}  // namespace curbstop
