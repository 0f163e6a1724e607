#include "sys/failpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "sys/environment.h"

namespace curbstop {
namespace {

void LogPassage(const std::string& file, const char* name) {
  const int fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const std::string line = std::string(name) + "\n";
  [[maybe_unused]] const ssize_t written = write(fd, line.data(), line.size());
  close(fd);
}

}  // namespace

void PassFailpoint(const char* name) {
  static const std::string log = ReadVariable("CURBSTOP_FAILPOINT_LOG");
  static const std::vector<std::string> wanted = Split(ReadVariable("CURBSTOP_FAILPOINT"), ':');
  static std::atomic<int> passages{0};
  if (!log.empty()) LogPassage(log, name);
  if (wanted.size() != 3 || wanted[0] != name) return;
  if (++passages == std::atoi(wanted[1].c_str())) kill(getpid(), SIGKILL);
}

}  // namespace curbstop
