#include "plan/lease.h"

#include <algorithm>

namespace curbstop {
namespace {

// What passes beyond the lease before the machine ends.
Millis Overrun(const LeaseTerms& terms, Millis lease) {
  switch (terms.grade) {
    case LeaseGrade::kA: return terms.timing.create_limit;
    case LeaseGrade::kB: return terms.timing.create_limit + terms.boot_limit;
    case LeaseGrade::kBStar:
    case LeaseGrade::kC: break;
  }
  if (!terms.has_guard) return std::max(kUnguarded, lease) - lease;
  return terms.timing.create_limit + terms.boot_limit + kGuardReach;
}

}  // namespace

std::string_view NameOf(LeaseGrade grade) {
  constexpr std::string_view kNames[] = {"A", "B", "B*", "C"};
  return kNames[static_cast<size_t>(grade)];
}

Millis LongestLife(const LeaseTerms& terms, Millis lease) {
  const ProviderTiming& timing = terms.timing;
  return lease + Overrun(terms, lease) + timing.destroy_delay + timing.list_lag +
         timing.reads * timing.read_spacing;
}

MicroUsd ReserveFor(const LeaseTerms& terms, Millis lease) {
  const Millis life = LongestLife(terms, lease);
  return Charge(terms.billing, life, terms.may_pause ? std::max(life, lease + kUnguarded) : life);
}

std::optional<Millis> LongestLease(const LeaseTerms& terms, Millis asked, MicroUsd left) {
  const Millis whole(asked.count() / 1000 * 1000);
  if (whole > Millis(0) && ReserveFor(terms, whole) <= left) return whole;      // mostly
  int64_t fits = 0, too_long = std::max<int64_t>(asked.count() / 1000, 0) + 1;  // seconds
  while (too_long - fits > 1) {
    const int64_t middle = fits + (too_long - fits) / 2;
    (ReserveFor(terms, Millis(middle * 1000)) <= left ? fits : too_long) = middle;
  }
  if (fits == 0) return std::nullopt;
  return Millis(fits * 1000);
}

Millis LongestKeep(const LeaseTerms& terms, Millis asked) {
  const bool is_sure = terms.grade == LeaseGrade::kA || terms.grade == LeaseGrade::kB;
  return is_sure || terms.has_guard ? asked : std::min(asked, kUnsureKeep);
}

MicroUsd ReserveToExtend(const LeaseTerms& terms, Millis lease, Millis longer) {
  return ReserveFor(terms, std::max(lease, longer)) - ReserveFor(terms, lease);
}

}  // namespace curbstop
