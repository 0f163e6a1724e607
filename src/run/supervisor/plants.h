// Bugs that the simulator plants in the supervisor, to prove that its net would catch them.
//
// Every real run has none: only the simulator's Sower can make a Plants that is not empty.
#pragma once

#include <array>
#include <string_view>

namespace curbstop {

enum class Plant {
  kNone,
  // Before and while a machine is made.
  kNoIntentBeforeCreate,
  kCreateRepeatedBlindly,
  kLateAnswerDropped,
  kMachineInRefusalIgnored,
  kPriceRiseAccepted,
  kCapCheckedAfterCreate,
  kLeaseArmedAfterSsh,
  kRehearsalIgnored,
  kUnprovenEndTrusted,  // B* priced like B
  kGuardAssumed,        // C without a guard priced as with one
  kBootWaitedForEver,
  // Gone means seen gone.
  kSingle404IsGone,
  kListLagIgnored,
  kDestroyTriedOnce,
  kDestroyAcceptedIsGone,  // reserve refunded before the read back
  kSweepByDatabaseOnly,
  kPausedIsGone,
  kPanicTrustsJournal,
  kSilentAccountIsEmpty,  // one of several did not answer a look
  // Money.
  kLedgerRoundsDown,
  kMinimumForgotten,
  kGrainForgotten,
  kPausedDiskForgotten,
  kFixedForgotten,
  kMeterStartsAtAnswer,
  kWallClockForBootTime,
  kExtendBeforeReserve,
  kParkWithoutReserve,
  kKeptWithoutReserve,    // a machine that stays gets a lease that nobody paid for
  kKeptIsOffTheBooks,     // what stays is no longer metered
  kTakenMeterStartsLate,  // nobody pays between the run before and this one's first word
  kHandedOverEnded,       // ends what is another run's by now
  kLoweredCapIgnored,
  // Work.
  kIncompleteCheckpointCounted,
  kHomeCountedWithLidClosed,
  kHangBlindToLog,
  kAtEndSkippedAfterCrash,
  kDestroyedBeforeFetch,
  kCheckpointIntervalForgotten,
  kNamedPlaceNotRead,  // what a machine left there before it ended alone
  // One owner.
  kTwoSupervisors,
  kTornRecordTaken,
  kEffectBeforeSync,
};
inline constexpr int kPlants = static_cast<int>(Plant::kEffectBeforeSync) + 1;

class Plants {
 public:
  constexpr Plants() = default;
  constexpr bool Has(Plant plant) const { return plant_ == plant; }

 private:
  friend class Sower;
  constexpr explicit Plants(Plant plant) : plant_(plant) {}
  Plant plant_ = Plant::kNone;
};

}  // namespace curbstop
