// How much longer a machine is kept for a higher bid: catalog/bids.csv. Pure.
//
//   losses(x) / losses(usual) = (1 - avoidable) + avoidable 2^((usual - x) / halving)
//
// x: how far the bid is above the list's minimum, in percent. What is not avoidable are losses to
// those who pay on demand, whom no bid keeps out, and hosts that go away. Only the shape is told
// here, not how long a machine at the usual bid lasts. `grade` says how much of it is known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

struct BidLaw {
  std::string provider;
  int64_t usual_percent = 10;
  int64_t avoidable_percent = 0;  // of the losses at the usual bid
  int64_t halving_percent = 1;    // so much more on the minimum halves those
  std::string grade;              // "assumed", "measured"
  std::string notes;
  std::string source;
  std::string as_of;
};

// Losses at a bid so far above the minimum, those at the usual bid being 1. Never rises with it.
double LossesBeside(const BidLaw& law, double above_percent);

// Errors: kInvalidInput with the line.
Result<std::vector<BidLaw>> ReadBidLaws(std::string_view csv);

// Of a provider that takes bids; null: nothing is known or assumed of it.
const BidLaw* BundledBidLaw(std::string_view provider);

}  // namespace curbstop
