#include "run/away/end_supervisors.h"

#include <charconv>
#include <map>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "sys/file_lock.h"
#include "sys/files.h"
#include "sys/process_identity.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kMostCommandLine = 64 << 10;
constexpr milliseconds kPatience{1000};

// The run that this process supervises; empty: none.
std::string SupervisedBy(const std::string& pid) {
  const Result<std::string> line = ReadFile("/proc/" + pid + "/cmdline", kMostCommandLine);
  if (!line.ok()) return "";
  const std::vector<std::string> words = Split(*line, '\0');
  const bool is_supervisor = words.size() >= 3 && words[1] == "supervise" && IsRunId(words[2]);
  return is_supervisor ? words[2] : "";
}

bool IsOurs(const std::string& pid) {
  struct stat status{};
  return stat(("/proc/" + pid).c_str(), &status) == 0 && status.st_uid == geteuid();
}

// Processes of this user that supervise a run of this state folder, whose lock shows that one does.
std::vector<ProcessIdentity> FindSupervisors(const Directories& directories) {
  std::vector<ProcessIdentity> found;
  const Result<std::vector<FolderEntry>> entries = ListFolder("/proc");
  for (const FolderEntry& entry : entries.ok() ? *entries : std::vector<FolderEntry>()) {
    if (entry.name.empty() || !IsDigit(entry.name[0]) || !IsOurs(entry.name)) continue;
    const std::string run = SupervisedBy(entry.name);
    if (run.empty() || !IsLocked(directories.RunFolder(run) / "supervisor.lock")) continue;
    int pid = 0;
    std::from_chars(entry.name.data(), entry.name.data() + entry.name.size(), pid);
    if (const auto identity = IdentifyProcess(pid)) found.push_back(*identity);
  }
  return found;
}

}  // namespace

// A lock that is still held after that would belong to a process in the middle of starting.
int EndSupervisors(const Directories& directories, Clock& clock) {
  const std::vector<ProcessIdentity> found = FindSupervisors(directories);
  for (const ProcessIdentity& one : found) kill(one.pid, SIGTERM);
  const Ticks end = clock.Awake() + kPatience;
  for (const ProcessIdentity& one : found) {
    while (IsAlive(one) && clock.Awake() < end) clock.Wait(milliseconds(20));
    if (IsAlive(one)) kill(one.pid, SIGKILL);
  }
  return static_cast<int>(found.size());
}

// A supervisor that is started again for such a run ends it (Shell::ReadRequests).
void LeavePanicMarks(const Directories& directories, FileStore& files) {
  const Result<std::vector<FolderEntry>> entries = ListFolder(directories.Runs());
  for (const FolderEntry& entry : entries.ok() ? *entries : std::vector<FolderEntry>()) {
    const std::filesystem::path folder = directories.Runs() / entry.name;
    if (!IsRunId(entry.name) || !Exists(folder / "rent.json")) continue;
    static_cast<void>(files.Write(folder / kPanicMark, "", 0600));
  }
}

}  // namespace curbstop
