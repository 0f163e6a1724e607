// The disasters that a simulated life can meet. Which of them a seed holds is drawn in fault.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "run/simulate/dice.h"

namespace curbstop {

enum class Fault {
  kCreateLost,    // made, but the answer is lost
  kCreateLate,    // the call times out; the machine is made later
  kCreateTwice,   // one call, two machines
  kListLag,       // listings lag as long as the provider's contract allows
  kRead404,       // one read misses what is there
  kTerminate500,  // destroys answer 500, up to an hour
  kSlowDestroy,   // accepted, and takes all of D
  kPreemptedNoticed,
  kPreemptedSilent,
  kPreemptedPaused,  // the disk bills on
  kZombie,           // a paused machine comes back by itself
  kPriceRise,        // between plan and create
  kStockOut,
  kRefusedButMade,  // an error that names a machine
  kBadHost,         // never comes up
  kWrongGpu,
  kClockSkew,  // the computer's wall clock is off by hours
  kClockJump,  // the computer's wall clock jumps
  kSleep,      // the lid is closed
  kPowerCut,   // the computer reboots, hours later
  kNetworkOut,
  kSupervisorKilled,  // at any journal write or effect
  kAgentKilled,
  kTwoSupervisors,
  kTwoComputers,  // another journal spends on the same account
  kDiskFull,
  kJournalTorn,  // the last page is garbage after a crash
  kFsyncLost,    // the last writes are gone after a power cut
  kCapLowered,
  kExtensionLost,
  kSelfEndFails,  // on an account where it is not proven
  kRehearsalFails,
  kGuardAbsent,
  kGuardLate,
  kCheckpointTorn,
  kPlaceUnreachable,
  kRecordUnwritable,
  kCommitFails,
  kMarkFails,
  kStepCrashes,
  kStepHangs,
  kUserCancels,
  kUserKills,
  kUserParks,
  kUserPanics,
  kAccountSilent,  // one of two accounts answers nothing; drawn with the second account
};
inline constexpr int kFaults = static_cast<int>(Fault::kAccountSilent) + 1;

std::string_view NameOf(Fault fault);  // "create_lost"

class FaultSet {
 public:
  bool Has(Fault fault) const { return (bits_ >> static_cast<int>(fault)) & 1; }
  void Add(Fault fault) { bits_ |= uint64_t{1} << static_cast<int>(fault); }

 private:
  uint64_t bits_ = 0;
};
static_assert(kFaults <= 64);

// One to five of them, on a bad day six to twelve, each as likely as the others; not
// kAccountSilent.
FaultSet DrawFaults(Dice& dice);

}  // namespace curbstop
