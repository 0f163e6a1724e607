#include "market/staleness.h"

#include <algorithm>

#include "base/time_text.h"

namespace curbstop {

int64_t FreshDays(const Offer& offer, PriceKind kind) {
  if (kind == PriceKind::kSpot || offer.provider == "vast") return 7;
  const bool large =
      offer.provider == "aws" || offer.provider == "gcp" || offer.provider == "azure";
  return large ? 90 : 30;
}

int64_t AgeDays(const Offer& offer, int64_t now_ms) {
  constexpr int64_t kDayMs = 86'400'000;
  const Result<int64_t> dated = ParseDate(offer.as_of);
  return dated.ok() ? std::max<int64_t>(0, (now_ms - *dated) / kDayMs) : 0;
}

}  // namespace curbstop
