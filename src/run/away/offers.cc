#include "run/away/offers.h"

#include <algorithm>

#include <fmt/format.h>

#include "market/drivers.h"
#include "market/match.h"
#include "plan/interval.h"

namespace curbstop {
namespace {

constexpr int64_t kMarkSlots = 16;

Candidate CandidateOf(const LiveOffer& live, const RentWish& wish, const RentalMarket& market,
                      Millis work, const std::optional<MicroUsd>& bid) {
  Candidate candidate;
  candidate.offer = OfferName(live, market.account);
  candidate.terms = TermsFor(market.facts, live, wish.disk, bid, wish.transfer);
  GradeTerms(candidate.terms, market.end);
  candidate.spot = bid.has_value();
  if (bid) candidate.mtbf = wish.bid.life;
  candidate.work = work;
  return candidate;
}

// Region and type are those of the own place: what stands in for it may be anywhere.
bool Meets(const LiveOffer& live, const RentWish& wish, const RentalMarket& market, SpotUse spot) {
  const bool is_there = !market.account.empty() || IsSoldAt(wish.place, live.offer);
  return is_there && FindMismatch(wish.needs, spot, live.offer) == Mismatch::kNone;
}

}  // namespace

std::string OfferName(const LiveOffer& offer, const std::string& account) {
  return fmt::format("{:.4g}x {} · {}{} {}", offer.offer.gpu_count, offer.offer.gpu_name,
                     account.empty() ? "" : account + " ", offer.host.empty() ? "offer" : "host",
                     offer.host.empty() ? offer.id : offer.host);
}

OfferWish OfferWishOf(const RentWish& wish, Millis lasting) {
  OfferWish asked;
  asked.gpus = wish.needs.gpu ? static_cast<double>(wish.needs.gpu->count) : 1;
  if (wish.needs.gpu && wish.needs.gpu->memory) asked.gpu_memory = *wish.needs.gpu->memory;
  asked.disk = wish.disk;
  asked.lasting = lasting;
  return asked;
}

std::vector<RentableOffer> RentableOffers(const std::vector<LiveOffer>& offers,
                                          const RentWish& wish, const RentalMarket& market,
                                          Millis work) {
  std::vector<RentableOffer> rentable;
  for (const LiveOffer& live : offers) {
    const bool on_demand =
        wish.spot != SpotUse::kOnly && Meets(live, wish, market, SpotUse::kNever);
    if (on_demand)
      rentable.push_back({live, market.account, CandidateOf(live, wish, market, work, std::nullopt),
                          std::nullopt});
    const bool may_bid = market.account.empty() || wish.bids_elsewhere;
    const bool bids = may_bid && market.facts.takes_bids && wish.spot != SpotUse::kNever &&
                      live.offer.spot_per_hour && Meets(live, wish, market, SpotUse::kOnly);
    if (!bids) continue;
    const MicroUsd minimum = *live.offer.spot_per_hour;
    // No bid goes above the price on demand: this one would be refused.
    if (live.offer.per_hour && minimum > *live.offer.per_hour) continue;
    const MicroUsd bid =
        BidAt(minimum, live.offer.per_hour.value_or(minimum), wish.bid.above_percent);
    rentable.push_back({live, market.account, CandidateOf(live, wish, market, work, bid), bid});
  }
  return rentable;
}

Event DecidedEvent(const Decision& decision, const RentableOffer* taken, const RentWish& wish) {
  Event event;
  event.kind = EventKind::kDecided;
  event.data = Json::MakeObject();
  Facts& facts = event.facts;
  facts.decision = static_cast<int64_t>(decision.kind);
  facts.reason = static_cast<int64_t>(decision.reason);
  facts.lease_ms = decision.lease.count();
  facts.reserve_micro_usd = decision.reserve.value();
  if (taken == nullptr) return event;
  facts.account = taken->account;
  facts.offer = taken->candidate.offer;
  facts.spot = taken->candidate.spot ? 1 : 0;
  FillTerms(facts, taken->candidate.terms);
  facts.interval_ms =
      wish.every.value_or(CheckpointInterval(wish.write, taken->candidate.mtbf)).count();
  if (taken->candidate.spot && taken->live.offer.per_hour)
    event.data.Set("on_demand_micro_usd_per_hour", taken->live.offer.per_hour->value());
  return event;
}

Mark MarkOf(const std::string& run, const Rental& rental, int64_t expires_ms) {
  const int64_t slots = (MarkSeconds(expires_ms) + kMarkSlots - 1) / kMarkSlots;
  return {run, slots * kMarkSlots + rental.number % kMarkSlots,
          rental.terms.billing.per_hour + rental.terms.billing.disk_per_hour};
}

int64_t RentalOfMark(const Mark& mark, std::span<const Rental> rentals) {
  for (const Rental& rental : rentals) {
    if (rental.number % kMarkSlots == mark.expires_s % kMarkSlots) return rental.number;
  }
  return 0;
}

}  // namespace curbstop
