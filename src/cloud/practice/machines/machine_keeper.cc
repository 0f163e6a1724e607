#include "cloud/practice/machines/machine_keeper.h"

#include <algorithm>
#include <csignal>
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/text.h"
#include "cloud/practice/machines/internal/machine_folder.h"
#include "cloud/practice/machines/internal/process_tree.h"
#include "cloud/practice/machines/machine_order.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/process_identity.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kLook{5};
constexpr Ticks kEndLimit = std::chrono::seconds(5);
constexpr Ticks kFirstPause = milliseconds(500);
constexpr Ticks kLongestPause = std::chrono::seconds(30);
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// What a boot that failed costs: longer and longer waits.
struct Attempts {
  int64_t boot = -1;
  Ticks next{0};
  Ticks pause = kFirstPause;
};

class MachineKeeper final : public MachinePlaces {
 public:
  explicit MachineKeeper(const KeeperOutside& outside) : outside_(outside) {}

  void Keep(const std::vector<WantedMachine>& machines) override {
    for (const WantedMachine& machine : machines) Say(machine.id, KeepOne(machine));
    RemoveOthers(machines);
  }

 private:
  MachineFolder FolderOf(const std::string& id) const {
    return MachineFolder(outside_.folder / id);
  }

  void Say(const std::string& id, const Status& status) {
    if (status.ok()) return;
    const fs::path log = outside_.folder / "log";
    [[maybe_unused]] const Status said =
        AppendQuickly(log, fmt::format("machine.failed id={} {}\n", id, status.error().OneLine()));
  }

  Status KeepOne(const WantedMachine& machine) {
    const MachineFolder folder = FolderOf(machine.id);
    const std::optional<MachineProcess> kept = folder.Process();
    const bool lives = kept && kept->boot == machine.boot && IsAlive(kept->process);
    if (machine.want == MachineWant::kHalted) return Halt(folder, kept);
    if (!lives && machine.want == MachineWant::kRuns) return Boot(machine, folder);
    return lives ? Reach(machine, folder, *kept) : Status();
  }

  Status Halt(const MachineFolder& folder, const std::optional<MachineProcess>& kept) {
    if (!kept) return {};
    TRY(EndProcesses(folder));
    return outside_.files.Remove(folder.path() / "process.json");
  }

  // Tells its first process whether it can be reached. A word that is lost on the way to "hidden"
  // leaves it in reach; the one back is noted only when it was said.
  Status Reach(const WantedMachine& machine, const MachineFolder& folder, MachineProcess kept) {
    const bool hide = machine.want == MachineWant::kOutOfReach;
    const int first = FirstProcess(kept);
    if (hide == kept.is_hidden || first <= 0) return {};
    if (!hide) kill(first, SIGUSR2);
    kept.is_hidden = hide;
    TRY(folder.KeepProcess(outside_.files, kept));
    if (hide) kill(first, SIGUSR1);
    return {};
  }

  // In a place of its own it is the child of the one that was started.
  static int FirstProcess(const MachineProcess& kept) {
    if (kept.place == MachinePlaceKind::kPlain) return kept.process.pid;
    const std::vector<int> tree = ProcessTree(kept.process.pid);
    return tree.size() < 2 ? -1 : tree[1];
  }

  Status Boot(const WantedMachine& machine, const MachineFolder& folder) {
    Attempts& attempts = attempts_[machine.id];
    if (attempts.boot != machine.boot) attempts = {.boot = machine.boot};
    const Ticks now = outside_.clock.Boot();
    if (now < attempts.next) return {};
    attempts.pause = now - attempts.next > attempts.pause ? kFirstPause : attempts.pause * 2;
    attempts.pause = std::min(attempts.pause, kLongestPause);
    attempts.next = now + attempts.pause;
    TRY_ASSIGN(const MachineBirth birth, folder.Birth(outside_.files, outside_.random));
    TRY(EndProcesses(folder));
    TRY(MakePlaceFolders(folder.Place()));
    TRY_ASSIGN(const int pid, StartDetached(RequestFor(machine, folder, birth)));
    const std::optional<ProcessIdentity> process = IdentifyProcess(pid);
    if (!process) return Unavailable("it ended at once");
    return folder.KeepProcess(outside_.files,
                              {.process = *process, .boot = machine.boot, .place = outside_.place});
  }

  ChildRequest RequestFor(const WantedMachine& machine, const MachineFolder& folder,
                          const MachineBirth& birth) const {
    const bool plain = outside_.place == MachinePlaceKind::kPlain;
    const fs::path disk = folder.Place().disk;
    const MachineOrder order{.port = machine.port,
                             .host_key = birth.host_key,
                             .start = machine.start,
                             .home = plain ? (disk / "root").string() : "/root",
                             .log = (plain ? disk / "var/log" : "/var/log") / fs::path("start.log"),
                             .is_plain = plain,
                             .disk_bytes = machine.disk_bytes};
    const std::vector<std::string> words = {"practice", "machine"};
    ChildRequest request{
        .argv = plain ? std::vector<std::string>{outside_.program.string(), words[0], words[1]}
                      : BubblewrapCommand(folder.Place(), outside_.program, words),
        .folder = "/",
        .environment = machine.environment,
        .out = folder.Log(),
        .err = folder.Log(),
        .input = MachineOrderText(order)};
    EnvironmentList& environment = request.environment;
    for (const auto& [name, value] : EnvironmentList{{"PATH", kPath},
                                                     {"HOME", order.home},
                                                     {"USER", "root"},
                                                     {"LOGNAME", "root"},
                                                     {"SHELL", "/bin/sh"}})
      environment.emplace_back(name, value);
    if (plain) environment.emplace_back("CURBSTOP_HOME", (disk / "var/lib/curbstop").string());
    const size_t equals = birth.sign.find('=');
    environment.emplace_back(birth.sign.substr(0, equals), birth.sign.substr(equals + 1));
    return request;
  }

  // All that belongs to it, until there is none. Errors: kUnavailable (some do not end).
  Status EndProcesses(const MachineFolder& folder) {
    const std::optional<MachineBirth> birth = folder.KnownBirth();
    const std::optional<MachineProcess> kept = folder.Process();
    const Ticks until = outside_.clock.Boot() + kEndLimit;
    // The first process holds the others together until they are gone.
    const int first = kept && IsAlive(kept->process) ? kept->process.pid : -1;
    if (first > 0) kill(first, SIGSTOP);
    while (true) {
      std::vector<int> living;
      if (birth) living = FindByEnvironment(birth->sign);
      if (kept && IsAlive(kept->process)) {
        const std::vector<int> tree = ProcessTree(first);
        living.insert(living.end(), tree.begin(), tree.end());
      }
      std::erase_if(living, [](int pid) { return !IdentifyProcess(pid); });
      if (living.empty()) return {};
      const bool alone =
          std::count(living.begin(), living.end(), first) == static_cast<ptrdiff_t>(living.size());
      for (const int pid : living) {
        if (pid != first || alone) kill(pid, SIGKILL);
      }
      if (outside_.clock.Boot() > until)
        return Unavailable(fmt::format("{} of its processes do not end", living.size()));
      outside_.clock.Wait(kLook);
    }
  }

  void RemoveOthers(const std::vector<WantedMachine>& machines) {
    const auto there = ListFolder(outside_.folder);
    if (!there.ok()) return;
    for (const FolderEntry& entry : *there) {
      const bool wanted = std::any_of(machines.begin(), machines.end(),
                                      [&](const auto& known) { return known.id == entry.name; });
      if (entry.kind == EntryKind::kFolder && !wanted) Say(entry.name, Remove(entry.name));
    }
  }

  Status Remove(const std::string& id) {
    const MachineFolder folder = FolderOf(id);
    TRY(EndProcesses(folder));
    attempts_.erase(id);
    if (RemoveTree(folder.path()).ok()) return {};
    MakeOpen(folder.path());
    return RemoveTree(folder.path());
  }

  // Folders that the machine closed to everybody are opened to be removed. Links are not followed.
  static void MakeOpen(const fs::path& folder) {
    chmod(folder.c_str(), 0700);
    const auto entries = ListFolder(folder);
    if (!entries.ok()) return;
    for (const FolderEntry& entry : *entries) {
      if (entry.kind == EntryKind::kFolder) MakeOpen(folder / entry.name);
    }
  }

  KeeperOutside outside_;
  std::map<std::string, Attempts> attempts_;
};

}  // namespace

std::unique_ptr<MachinePlaces> MakeMachineKeeper(const KeeperOutside& outside) {
  return std::make_unique<MachineKeeper>(outside);
}

}  // namespace curbstop
