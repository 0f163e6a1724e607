#include "plan/rental.h"

#include <algorithm>

#include <fmt/format.h>

#include "market/match.h"
#include "plan/decision.h"

namespace curbstop {
namespace {

constexpr Bytes kLeastDisk{10'000'000'000};

}  // namespace

Bytes RentedDisk(const Need& needs) {
  return needs.disk ? std::max(kLeastDisk, *needs.disk) : kLeastDisk;
}

LeaseTerms ListedTerms(const RentalRules& rules, const Step& step, const Offer& offer) {
  const MicroUsd price = PriceFor(step.spot, offer).value_or(MicroUsd());
  const bool spot = step.spot == SpotUse::kOnly;
  LeaseTerms terms = rules.terms;
  terms.billing.per_hour = spot ? BidFor(price, offer.per_hour.value_or(price)) : price;
  terms.billing.disk_per_hour = DiskPerHour(rules.disk_per_gb_month, RentedDisk(step.needs));
  terms.may_pause = spot;
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
