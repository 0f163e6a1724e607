#include "plan/rental.h"

#include <algorithm>

#include <fmt/format.h>

namespace curbstop {
namespace {

constexpr Bytes kLeastDisk{10'000'000'000};

}  // namespace

Bytes RentedDisk(const Need& needs) {
  return needs.disk ? std::max(kLeastDisk, *needs.disk) : kLeastDisk;
}

LeaseTerms ListedTerms(const RentalRules& rules, const std::optional<BidTerms>& bid,
                       const Need& needs, const Offer& offer) {
  const MicroUsd price = (bid ? offer.spot_per_hour : offer.per_hour).value_or(MicroUsd());
  LeaseTerms terms = rules.terms;
  terms.billing.per_hour =
      bid ? BidAt(price, offer.per_hour.value_or(price), bid->above_percent) : price;
  terms.billing.disk_per_hour = DiskPerHour(rules.disk_per_gb_month, RentedDisk(needs));
  terms.may_pause = bid.has_value();
  return terms;
}

MicroUsd WorstOfListed(const RentalRules& rules, const LeaseTerms& terms, Millis lease) {
  const MicroUsd reserve = ReserveFor(terms, lease);
  // Divided first: an offer may be so dear that the product would not fit.
  const int64_t hundredth = reserve.value() / 100 + 1;
  return rules.room_percent == 0 ? reserve : reserve + MicroUsd(hundredth * rules.room_percent);
}

std::string HeldText(const LeaseTerms& terms, Millis lease) {
  const bool ends_itself = terms.grade == LeaseGrade::kA || terms.grade == LeaseGrade::kB;
  if (ends_itself || terms.has_guard || lease >= kUnguarded) return "";
  return fmt::format("held for {}: not proven yet that machines there end themselves",
                     DurationText(kUnguarded));
}

}  // namespace curbstop
