// Keeps the processes and folders of practice machines as the practice cloud's state wants them.
//
// A machine's processes outlive whoever started them: the next keeper finds them by pid, start time
// and boot id, and all that belong to a machine by a sign in their environment. Of what a machine
// wrote nothing is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cloud/practice/machines/machine_place.h"
#include "sys/clock.h"
#include "sys/environment.h"
#include "sys/file_store.h"
#include "sys/random_bytes.h"

namespace curbstop {

enum class MachineWant {
  kRuns,
  kOutOfReach,  // as before, but nobody can log in, and who is logged in hears nothing
  kHalted,      // no process; its folder stays
};

struct WantedMachine {
  std::string id;  // names its folder
  MachineWant want = MachineWant::kHalted;
  int64_t boot = 0;  // another number: it was switched off in between
  int64_t port = 0;
  EnvironmentList environment;  // of its first process
  std::string start;            // what it runs at each boot
  int64_t disk_bytes = 10'000'000'000;
};

class MachinePlaces {
 public:
  virtual ~MachinePlaces() = default;
  // Machines that are not named are gone: their processes are ended, their folders removed.
  // What fails is said in the log and tried again at the next call.
  virtual void Keep(const std::vector<WantedMachine>& machines) = 0;
};

struct KeeperOutside {
  std::filesystem::path folder;   // below it one folder for each machine
  std::filesystem::path program;  // this program's own file, started as `practice machine`
  MachinePlaceKind place = MachinePlaceKind::kPlain;
  Clock& clock;
  FileStore& files;
  Random& random;
};

// Threads: one at a time.
std::unique_ptr<MachinePlaces> MakeMachineKeeper(const KeeperOutside& outside);

}  // namespace curbstop
