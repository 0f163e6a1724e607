#include "sys/process_identity.h"

#include <cstdlib>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

// The fields after the program's name, which may itself hold spaces and brackets.
std::vector<std::string> StatFields(int pid) {
  const Result<std::string> stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  if (!stat.ok()) return {};
  const size_t bracket = stat->rfind(')');
  return bracket == stat->npos ? std::vector<std::string>() : Split(stat->substr(bracket + 2), ' ');
}

bool HasEntry(std::string_view environment, std::string_view entry) {
  for (size_t at = environment.find(entry); at != environment.npos;
       at = environment.find(entry, at + 1)) {
    const bool starts = at == 0 || environment[at - 1] == '\0';
    const size_t end = at + entry.size();
    if (starts && (end == environment.size() || environment[end] == '\0')) return true;
  }
  return false;
}

}  // namespace

std::string ReadBootId() {
  const Result<std::string> id = ReadFile("/proc/sys/kernel/random/boot_id");
  return id.ok() ? std::string(Trim(*id)) : "unknown";
}

std::optional<ProcessIdentity> IdentifyProcess(int pid) {
  constexpr size_t kState = 0;       // field 3 of stat
  constexpr size_t kStartTime = 19;  // field 22
  const std::vector<std::string> fields = StatFields(pid);
  if (fields.size() <= kStartTime || fields[kState] == "Z" || fields[kState] == "X")
    return std::nullopt;
  return ProcessIdentity{pid, std::atoll(fields[kStartTime].c_str()), ReadBootId()};
}

ProcessIdentity IdentifySelf() {
  const std::optional<ProcessIdentity> self = IdentifyProcess(getpid());
  CHECK(self.has_value());
  return *self;
}

bool IsAlive(const ProcessIdentity& process) {
  return process.pid > 0 && IdentifyProcess(process.pid) == process;
}

std::vector<int> FindByEnvironment(std::string_view entry) {
  std::vector<int> found;
  const auto processes = ListFolder("/proc");
  if (!processes.ok()) return found;
  for (const FolderEntry& process : *processes) {
    if (!IsDigits(process.name)) continue;
    const int pid = std::atoi(process.name.c_str());
    const Result<std::string> environment = ReadFile("/proc/" + process.name + "/environ");
    if (pid != getpid() && environment.ok() && HasEntry(*environment, entry)) found.push_back(pid);
  }
  return found;
}

}  // namespace curbstop
