// Between a provider's market and the plan room's rule: live offers as candidates, a decision as
// the facts that the supervisor folds. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cloud/provider.h"
#include "cloud/provider_table.h"
#include "plan/decision.h"
#include "run/away/rent_wish.h"
#include "run/supervisor/event.h"
#include "run/supervisor/supervisor.h"

namespace curbstop {

// A provider and what is known of it on this account.
struct RentalMarket {
  ProviderFacts facts;
  EndFacts end;
  std::string account = {};  // Facts::account
};

// How a run calls an offer: by the machine behind it where the provider names that, so that a bad
// host is known again when it is offered anew. "1x RTX_3060 · host 4711"; of another account than
// the run's own "1x RTX_3060 · vast host 4711".
std::string OfferName(const LiveOffer& offer, const std::string& account = "");

OfferWish OfferWishOf(const RentWish& wish, Millis lasting);

// A live offer, and the price that this run would pay.
struct RentableOffer {
  LiveOffer live;
  std::string account;  // Facts::account
  Candidate candidate;
  std::optional<MicroUsd> bid;  // spot
};

// Those that meet the needs, on demand and (where the wish allows it and the provider takes bids)
// as spot. `work` is what is left of the step.
std::vector<RentableOffer> RentableOffers(const std::vector<LiveOffer>& offers,
                                          const RentWish& wish, const RentalMarket& market,
                                          Millis work);

// kDecided, without its clocks.
Event DecidedEvent(const Decision& decision, const RentableOffer* taken, const RentWish& wish);

// The mark of one rental. Two rentals of a run never share one: the expiry in seconds names the
// rental in its last 4 bits, and is never earlier than the time itself.
Mark MarkOf(const std::string& run, const Rental& rental, int64_t expires_ms);

// Which of the open rentals that mark is for; 0: none.
int64_t RentalOfMark(const Mark& mark, std::span<const Rental> rentals);

}  // namespace curbstop
