// Rows that are well written and cannot be true, or not of this machine: public price lists have
// them, and such a row looks like the bargain of the day.
//
//   spot above on demand     the on-demand price is a commitment's, or the rows are mixed up
//   spot below 5 % of it     a part of the machine is missing in the price (the lowest real one in
//                            98,082 spot prices of November 2026 is 8 %)
//   out of its family        price / median of the type over regions, against the median of that
//                            ratio over the types of its family in the region: outside 0.6 to 1.7
//                            (in 4,500 prices of November 2026 one row is: a twice too dear one
//                            that a single source has)
//
// Types sold in fewer than three places are not judged by their family, nor is spot.
// Source: curbstop's catalogue checks; SkyPilot's GCP and coroot's AWS tables, whose errors of
// these kinds are known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "market/offer.h"

namespace curbstop {

struct SetAsideOffer {
  Offer offer;
  std::string why;  // "spot 2.10 is above on demand, 2.00"
};

// Takes them out of `offers`, whose order stays.
std::vector<SetAsideOffer> SetAsideDoubtful(std::vector<Offer>& offers);

}  // namespace curbstop
