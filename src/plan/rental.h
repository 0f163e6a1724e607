// How a provider rents, as far as that is known before anything of it is asked for: what a row of
// the price list could cost there at worst. Pure.
//
// A price list is of a day, and says nothing about disks. So that a run can still rent when prices
// have moved a little, its worst case is reckoned with a dear disk and with room on top. That sum
// is printed, held against the caps, and is the most that the run may ever reserve.
#pragma once

#include <optional>
#include <string>

#include "base/money.h"
#include "base/units.h"
#include "market/bid_law.h"
#include "market/offer.h"
#include "plan/bid.h"
#include "plan/finish.h"
#include "plan/lease.h"
#include "project/project.h"

namespace curbstop {

struct RentalRules {
  LeaseTerms terms;  // prices apart
  BootTime boot;
  MicroUsd disk_per_gb_month;    // a dear one there
  int64_t room_percent = 0;      // that live prices may be above those of the list
  bool takes_bids = true;        // false: nothing is rented there as spot
  const BidLaw* bids = nullptr;  // how much longer a higher one lasts; null: the usual one is made
  std::string not_modelled;      // charges there that no figure holds, for people
  bool logged_in = true;         // a key of an account there was found
};

// The disk that a machine for this step gets, at least.
Bytes RentedDisk(const Need& needs);

// What renting that offer agrees to, as far as the list says, by a bid or (without one) on demand.
// The offer must have a price of that kind.
LeaseTerms ListedTerms(const RentalRules& rules, const std::optional<BidTerms>& bid,
                       const Need& needs, const Offer& offer);

// What it costs at worst, and what a run there may reserve at most.
MicroUsd WorstOfListed(const RentalRules& rules, const LeaseTerms& terms, Millis lease);

// "held for 72 h: not proven yet that machines there end themselves"; empty for who ends itself.
std::string HeldText(const LeaseTerms& terms, Millis lease);

}  // namespace curbstop
