// Mounted file systems. Source: proc(5), /proc/PID/mountinfo.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curbstop {

struct Mount {
  std::string device_number;  // "259:2"
  std::string root;           // of the mount within its file system
  std::string point;
  std::string file_system;
  std::string source;         // "/dev/nvme0n1p2", "C:\\", "server:/export"
  std::string super_options;  // "rw,memory"
};

// Lines that are no mount are left out. Octal escapes (\040) are undone.
std::vector<Mount> ParseMountInfo(std::string_view text);

// Whether a comma list of options holds `option`.
bool HasOption(std::string_view options, std::string_view option);

}  // namespace curbstop
