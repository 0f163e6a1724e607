#include "cloud/practice/practice_control.h"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "base/text.h"
#include "cloud/practice/machines/machine_keeper.h"
#include "sys/environment.h"
#include "sys/file_lock.h"
#include "sys/files.h"
#include "sys/process.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Ticks kStartLimit = seconds(15);
constexpr Ticks kStopLimit = seconds(15);
constexpr milliseconds kLook{20};
constexpr int64_t kLogTail = 2000;

bool AnyExists(const PracticeState& state) {
  return std::any_of(state.machines.begin(), state.machines.end(),
                     [](const auto& machine) { return machine.Exists(); });
}

// The state that the server shall start from: kept, changed or new.
Result<PracticeState> Prepare(const PracticeStart& start, const PracticeOutside& outside) {
  Result<PracticeState> kept = LoadPractice(outside.home);
  if (!kept.ok() && kept.error().kind() != ErrorKind::kNotFound && !start.fresh)
    return std::move(kept).error();
  const bool is_new = !kept.ok() || start.fresh;
  if (start.fresh && kept.ok() && AnyExists(*kept)) {
    return Conflict("the practice cloud has machines that still exist")
        .WithHint("`curbstop practice stop` ends them first");
  }
  PracticeState state = is_new ? PracticeState{} : *std::move(kept);
  const int64_t now_ms = outside.clock.WallMs();
  if (is_new) {
    state.key = NewToken(outside.random);
    state.now_ms = state.script_from_ms = state.market_from_ms = now_ms;
  }
  if (start.settings && start.settings->trace != state.settings.trace)
    state.market_from_ms = now_ms;
  if (start.settings) state.settings = *start.settings;
  if (start.script) {
    state.faults = start.script->faults;
    state.script_from_ms = now_ms;
  }
  return state;
}

Error DidNotStart(const PracticeHome& home) {
  const Result<std::string> log = ReadTail(home.Log(), kLogTail);
  return Unavailable(fmt::format("the practice cloud did not start: {}",
                                 log.ok() && !log->empty() ? Printable(Trim(*log)) : "no word"))
      .WithHint(fmt::format("its log is `{}`", Printable(home.Log().string())));
}

// Until the server has its lock, port and process in the files.
Status WaitUntilItServes(const PracticeOutside& outside) {
  const Ticks until = outside.clock.Boot() + kStartLimit;
  while (outside.clock.Boot() < until) {
    if (RunningPractice(outside.home)) return {};
    outside.clock.Wait(kLook);
  }
  return DidNotStart(outside.home);
}

Result<PracticeAddress> AddressOf(const PracticeHome& home, bool was_running) {
  TRY_ASSIGN(const PracticeState state, LoadPractice(home));
  return PracticeAddress{.port = state.port, .key = state.key, .was_running = was_running};
}

// Of all machines, whoever started them.
Status EndPlaces(const PracticeOutside& outside) {
  const std::filesystem::path machines = outside.home.Machines();
  if (!IsFolder(machines)) return {};
  MakeMachineKeeper({.folder = machines,
                     .program = outside.program,
                     .clock = outside.clock,
                     .files = outside.files,
                     .random = outside.random})
      ->Keep({});
  TRY_ASSIGN(const std::vector<FolderEntry> left, ListFolder(machines));
  for (const FolderEntry& entry : left) {
    if (entry.kind == EntryKind::kFolder)
      return Unavailable(fmt::format("machine `{}` could not be removed", Printable(entry.name)))
          .WithHint(fmt::format("`{}` says why", Printable((machines / "log").string())));
  }
  return {};
}

}  // namespace

std::string PracticeAddress::VastUrl() const { return fmt::format("http://127.0.0.1:{}", port); }
std::string PracticeAddress::RunpodUrl() const {
  return fmt::format("http://127.0.0.1:{}/v2", port);
}

Result<PracticeAddress> StartPractice(const PracticeStart& start, const PracticeOutside& outside) {
  TRY(MakeFolders(outside.home.folder, true));
  TRY_ASSIGN(const FileLock starting,
             FileLock::Take(outside.home.folder / "starting",
                            std::chrono::duration_cast<milliseconds>(kStartLimit)));
  if (RunningPractice(outside.home)) {
    if (!start.settings && !start.script && !start.fresh) return AddressOf(outside.home, true);
    return Conflict("the practice cloud is running").WithHint("`curbstop practice stop` ends it");
  }
  TRY_ASSIGN(const PracticeState state, Prepare(start, outside));
  TRY(SavePractice(outside.home, outside.files, state));
  TRY(outside.files.Remove(outside.home.Server()));
  TRY_ASSIGN([[maybe_unused]] const int pid,
             StartDetached({.argv = {outside.program.string(), "practice", "serve"},
                            .folder = outside.home.folder,
                            .environment = ReadEnvironment(),
                            .out = outside.home.Log(),
                            .err = outside.home.Log()}));
  TRY(WaitUntilItServes(outside));
  return AddressOf(outside.home, false);
}

Status KeepPracticeKey(SecretStore& secrets, const PracticeAddress& address) {
  const Secret key(address.key);
  const Result<Secret> kept = secrets.Get(kPracticeKeyName);
  if (kept.ok() && *kept == key) return {};
  const Result<SecretHome> set = secrets.Set(kPracticeKeyName, key);
  return set.ok() ? Status() : set.error();
}

Result<PracticeWorld> LookAtPractice(const PracticeHome& home, const Clock& clock) {
  TRY_ASSIGN(PracticeState state, LoadPractice(home));
  TRY_ASSIGN(PracticeWorld world, WorldOf(std::move(state)));
  AdvancePractice(world, clock.WallMs());
  return world;
}

Result<bool> StopPractice(const PracticeOutside& outside) {
  std::optional<FileLock> starting;  // nobody starts it meanwhile
  if (IsFolder(outside.home.folder)) {
    TRY_ASSIGN(starting, FileLock::Take(outside.home.folder / "starting",
                                        std::chrono::duration_cast<milliseconds>(kStartLimit)));
  }
  const std::optional<ProcessIdentity> process = RunningPractice(outside.home);
  if (process) {
    kill(process->pid, SIGTERM);
    const Ticks until = outside.clock.Boot() + kStopLimit;
    while (IsAlive(*process)) {
      if (outside.clock.Boot() > until)
        return Unavailable(
            fmt::format("the practice cloud (process {}) does not end", process->pid));
      outside.clock.Wait(kLook);
    }
  }
  TRY_ASSIGN(PracticeWorld world, LookAtPractice(outside.home, outside.clock));
  EndAllMachines(world);
  AdvancePractice(world, outside.clock.WallMs() + world.state.settings.end_ms);
  TRY(SavePractice(outside.home, outside.files, world.state));
  TRY(EndPlaces(outside));
  return process.has_value();
}

}  // namespace curbstop
