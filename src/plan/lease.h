// A lease: until when a rented machine may live, who ends it, and what that costs at worst.
//
// A machine is on the books from the create call to the read that shows it gone. At worst that is
//
//   grade A   the provider ends it          call + lease + D
//   grade B   it ends itself, proven        call + boot + lease + D
//   grade B*  it should, not yet proven     as C
//   grade C   a process of ours must live   call + boot + lease + guard's reach + D, or 72 h + D
//                                           where there is no guard
//
// A machine that its provider may pause cannot end itself then: its disk counts as long as in C.
//
// and then L + k x T until that is seen: a listing lags at most L, and gone means k reads that miss
// it, at least T apart. Source: docs/contracts.md §3-4, ARCHITECTURE.md §5.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/money.h"
#include "base/units.h"
#include "market/billing.h"

namespace curbstop {

enum class LeaseGrade { kA, kB, kBStar, kC };

std::string_view NameOf(LeaseGrade grade);  // "A", "B", "B*", "C"

// What a provider's listings and answers can be trusted for.
struct ProviderTiming {
  Millis create_limit{60'000};   // after the call at most until the machine exists, or never will
  Millis list_lag{30'000};       // L
  Millis destroy_delay{60'000};  // D, from an accepted destroy
  int64_t reads = 3;             // k
  Millis read_spacing{10'000};   // T
};

// What is agreed on before a machine is rented.
struct LeaseTerms {
  BillingRule billing;
  LeaseGrade grade = LeaseGrade::kC;
  bool has_guard = false;      // grade B* and C: somebody else looks at the marks
  bool may_pause = false;      // spot: interrupted, it runs no more, but its disk bills on
  Millis boot_limit{600'000};  // from the machine's existence to the agent's first word
  ProviderTiming timing;
};

inline constexpr Millis kGuardReach = std::chrono::minutes(30);  // between two looks of a guard
inline constexpr Millis kUnsureKeep = std::chrono::minutes(15);
inline constexpr Millis kUnguarded = std::chrono::hours(72);  // until a person is back

// From the create call to the read that shows it gone, at worst.
Millis LongestLife(const LeaseTerms& terms, Millis lease);

// What a machine with this lease costs at worst; nothing starts without so much in reserve.
MicroUsd ReserveFor(const LeaseTerms& terms, Millis lease);

// The lease is the cap in seconds: the longest of at most `asked` whose reserve is at most `left`,
// in whole seconds. Empty: not even the shortest lease (a second) fits.
std::optional<Millis> LongestLease(const LeaseTerms& terms, Millis asked, MicroUsd left);

// How long a machine whose work is done may be kept at most: where nobody but a process at home is
// sure to end it, not for long.
Millis LongestKeep(const LeaseTerms& terms, Millis asked);

// Further reserve for a lease that grows while the machine lives.
MicroUsd ReserveToExtend(const LeaseTerms& terms, Millis lease, Millis longer);

}  // namespace curbstop
