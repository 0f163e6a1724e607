#include "run/agent/touch_watch.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace curbstop {

Status TouchFile(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const bool touched = fd >= 0 && futimens(fd, nullptr) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (touched) return {};
  return FromErrno(error, fmt::format("cannot touch `{}`", file.string()));
}

TouchWatch::TouchWatch(std::filesystem::path file) : file_(std::move(file)), seen_(Read()) {}

std::optional<std::filesystem::file_time_type> TouchWatch::Read() const {
  std::error_code missing;
  const auto time = std::filesystem::last_write_time(file_, missing);
  return missing ? std::nullopt : std::optional(time);
}

bool TouchWatch::Poll() {
  const auto now = Read();
  return std::exchange(seen_, now) != now && now.has_value();
}

}  // namespace curbstop
