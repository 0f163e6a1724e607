// How old a price may be before it is marked: by what it is a price of. A live market moves by the
// hour, a vendor's list by the season.
//
//   spot, and whatever Vast sells     7 days
//   RunPod, Thunder, Lambda and the
//   other single-price vendors       30 days
//   AWS, GCP, Azure on demand        90 days
//
// Source: how often each source changes, docs/guides/offers.md; in 2026 RunPod's A100 rose by 29 %
// and an Azure H100's spot price fell by 41 % within five months.
#pragma once

#include <cstdint>

#include "market/offer.h"

namespace curbstop {

enum class PriceKind { kOnDemand, kSpot };

int64_t FreshDays(const Offer& offer, PriceKind kind);

// Whole days since the price's date; 0 if that is to come. `now_ms` since 1970, UTC.
int64_t AgeDays(const Offer& offer, int64_t now_ms);

inline bool IsStale(const Offer& offer, PriceKind kind, int64_t now_ms) {
  return AgeDays(offer, now_ms) > FreshDays(offer, kind);
}

}  // namespace curbstop
