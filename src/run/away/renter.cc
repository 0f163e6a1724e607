#include "run/away/renter.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "run/away/other_marks.h"

namespace curbstop {
namespace {

// A name for each way to rent a machine: one host sells both.
std::string KeyOf(const std::string& offer, bool spot) { return offer + (spot ? " spot" : ""); }

const Rental& RentalOf(const RunState& state, int64_t number) {
  static const Rental kNone;
  const Rental* rental = FindRental(state, number);
  return rental == nullptr ? kNone : *rental;
}

Event WithError(Event event, const Error& error) {
  event.data = Json::MakeObject({{"error", error.OneLine()}});
  return event;
}

bool IsListed(const Listing& listing, const std::string& machine) {
  return std::ranges::find(listing.machines, machine, &CloudMachine::id) != listing.machines.end();
}

}  // namespace

Renter::Renter(std::string run, RentWish wish, RentalMarket market,
               std::unique_ptr<Provider> provider, std::string public_key, Clock& clock)
    : run_(std::move(run)),
      wish_(std::move(wish)),
      market_(std::move(market)),
      provider_(std::move(provider)),
      public_key_(std::move(public_key)),
      clock_(clock) {}

Event Renter::MakeEvent(EventKind kind) const {
  Event event;
  event.kind = kind;
  event.facts.boot_ms = std::chrono::duration_cast<Millis>(clock_.Boot()).count();
  return event;
}

// ---- deciding ---------------------------------------------------------------------------------

// Without the provider's clock no rental may begin (Timeline), and only a listing tells it: asked
// for where it has not been heard yet. Where money counts it also tells what others hold.
Event Renter::Decide(const RunState& state, const RentMoney& money) {
  const Event asked = MakeEvent(EventKind::kDecided);
  const bool lists = !state.timeline.trusted || !state.terms.practice;
  const Result<Listing> listing = lists ? provider_->List() : Result<Listing>(Listing());
  if (!state.terms.practice && listing.ok()) NoteOthers(*listing, money.known);
  Situation situation = SituationOf(state);
  situation.left = std::max(money.left - HeldByOthers(), MicroUsd());
  std::vector<RentableOffer> rentable;
  const Result<std::vector<LiveOffer>> offers =
      listing.ok() ? provider_->FindOffers(OfferWishOf(wish_, situation.lease_asked))
                   : listing.error();
  if (offers.ok()) rentable = RentableOffers(*offers, wish_, market_, situation.work_left);
  std::vector<Candidate> candidates;
  for (const RentableOffer& offer : rentable) candidates.push_back(offer.candidate);
  situation.candidates = candidates;
  const Decision decision = curbstop::Decide(situation);
  const bool rents = decision.kind == DecisionKind::kRent;
  Remember(rentable);
  Event decided = DecidedEvent(decision, rents ? &rentable[decision.candidate] : nullptr, wish_);
  decided.facts.boot_ms = asked.facts.boot_ms;
  if (listing.ok()) decided.facts.date_ms = listing->date_ms;
  if (rents && !state.reason.empty()) decided.data.Set("because", state.reason);
  if (decision.reason == DecisionReason::kNoMoney) {
    decided.data.Set("short_micro_usd", (decision.reserve - situation.left).value());
  }
  return offers.ok() ? decided : WithError(std::move(decided), offers.error());
}

void Renter::NoteOthers(const Listing& listing, const std::set<std::string>& known) {
  const MicroUsd held = HeldByOtherMarks(listing.machines, known, listing.date_ms);
  const std::scoped_lock lock(mutex_);
  held_by_others_ = held;
}

MicroUsd Renter::HeldByOthers() const {
  const std::scoped_lock lock(mutex_);
  return held_by_others_;
}

void Renter::Remember(const std::vector<RentableOffer>& offers) {
  const std::scoped_lock lock(mutex_);
  offers_.clear();
  for (const RentableOffer& offer : offers)
    offers_.emplace(KeyOf(offer.candidate.offer, offer.candidate.spot), offer);
}

// ---- renting ----------------------------------------------------------------------------------

// The offer that was decided on; after a restart the market is asked for it again, and it may not
// cost more by now. Errors: kNotFound (it is gone), kConflict (its price rose).
Result<RentableOffer> Renter::OfferFor(const RunState& state, const Rental& rental) {
  const std::string key = KeyOf(rental.offer, rental.spot);
  for (const bool again : {false, true}) {
    if (again) {
      const Millis lasting(rental.lease_ms);
      TRY_ASSIGN(const std::vector<LiveOffer> offers,
                 provider_->FindOffers(OfferWishOf(wish_, lasting)));
      Remember(RentableOffers(offers, wish_, market_, Millis(state.terms.work_ms)));
    }
    const std::scoped_lock lock(mutex_);
    const auto found = offers_.find(key);
    if (found == offers_.end()) continue;
    const BillingRule& now = found->second.candidate.terms.billing;
    if (now.per_hour <= rental.terms.billing.per_hour) return found->second;
    return Conflict("its price rose since it was decided on");
  }
  return NotFound("it is not on offer any more");
}

Event Renter::Refused(const Error& why) const {
  return WithError(MakeEvent(EventKind::kCreateRefused), why);
}

Event Renter::Create(const RunState& state, int64_t number) {
  const Rental& rental = RentalOf(state, number);
  const Result<RentableOffer> offer = OfferFor(state, rental);
  if (!offer.ok()) return Refused(offer.error());
  const BirthOrder birth = BirthOrderOf(state.terms, rental);
  CreateOrder order;
  order.offer = offer->live;
  order.mark = MarkOf(run_, rental, birth.mark_expires_ms);
  order.image = wish_.image.empty() ? std::string(market_.facts.image) : wish_.image;
  order.disk = wish_.disk;
  order.lease = Millis(birth.lease_ms);
  order.public_key = public_key_;
  if (rental.spot) order.bid_per_hour = rental.terms.billing.per_hour;
  Event answered = MakeEvent(EventKind::kCreateAnswered);
  const CreateOutcome outcome = provider_->Create(order);
  if (outcome.result == CreateResult::kRefused) answered.kind = EventKind::kCreateRefused;
  if (outcome.result == CreateResult::kUnknown) answered.kind = EventKind::kCreateUnknown;
  answered.facts.machine = outcome.machine;
  answered.facts.date_ms = outcome.date_ms;
  answered.facts.micro_usd_per_hour = rental.terms.billing.per_hour.value();
  if (!outcome.why.empty()) {
    answered.data = Json::MakeObject({{"error", outcome.why},
                                      {"refusal", NameOf(outcome.refusal)},
                                      {"retry_after_ms", int64_t{outcome.retry_after.count()}}});
  }
  return answered;
}

// ---- looking ----------------------------------------------------------------------------------

// A listing names all that a machine bills; a rental's rate is agreed without its disk.
SeenMachine Renter::Seen(const CloudMachine& machine, const RunState& state) const {
  SeenMachine seen;
  seen.machine = machine.id;
  seen.rental = machine.mark ? RentalOfMark(*machine.mark, state.rentals) : 0;
  seen.paused = machine.state == MachineState::kPaused;
  seen.made_at_ms = machine.made_at_ms;
  const auto known = std::ranges::find(state.rentals, machine.id, &Rental::machine);
  const Rental* rental = known != state.rentals.end() ? &*known : FindRental(state, seen.rental);
  const MicroUsd disk = rental == nullptr ? MicroUsd() : rental->terms.billing.disk_per_hour;
  seen.micro_usd_per_hour = std::max(machine.per_hour - disk, MicroUsd()).value();
  return seen;
}

// This run's machines by the list, and each that the list misses by its id.
Result<Listing> Renter::ListOwn(const RunState& state) {
  TRY_ASSIGN(Listing listing, provider_->List());
  std::erase_if(listing.machines, [&](const CloudMachine& machine) {
    const bool known =
        std::ranges::find(state.rentals, machine.id, &Rental::machine) != state.rentals.end();
    return !known && (!machine.mark || machine.mark->run != run_);
  });
  for (const Rental& rental : state.rentals) {
    if (rental.machine.empty() || IsListed(listing, rental.machine)) continue;
    TRY_ASSIGN(Listing found, provider_->Find(rental.machine));
    listing.date_ms = std::min(listing.date_ms, found.date_ms);
    std::ranges::move(found.machines, std::back_inserter(listing.machines));
  }
  return listing;
}

Event Renter::Look(const RunState& state) {
  Event looked = MakeEvent(EventKind::kLooked);
  const Result<Listing> listing = ListOwn(state);
  if (!listing.ok()) return WithError(MakeEvent(EventKind::kLookFailed), listing.error());
  looked.facts.date_ms = listing->date_ms;
  for (const CloudMachine& machine : listing->machines)
    looked.facts.seen.push_back(Seen(machine, state));
  return looked;
}

Result<std::optional<SshAddress>> Renter::FindAddress(const std::string& machine) {
  TRY_ASSIGN(const Listing found, provider_->Find(machine));
  for (const CloudMachine& one : found.machines) {
    if (one.id == machine && one.state == MachineState::kRunning) return one.ssh;
  }
  return std::optional<SshAddress>();
}

// ---- changing ---------------------------------------------------------------------------------

Event Renter::Destroy(const RunState& state, int64_t rental) {
  const Status done = provider_->Destroy(RentalOf(state, rental).machine);
  return done.ok() ? MakeEvent(EventKind::kDestroyAccepted)
                   : WithError(MakeEvent(EventKind::kDestroyFailed), done.error());
}

Event Renter::Relabel(const RunState& state, int64_t number) {
  Rental longer = RentalOf(state, number);
  longer.lease_ms = state.proposal.lease_ms;
  const BirthOrder birth = BirthOrderOf(state.terms, longer);
  const Status done =
      provider_->Relabel(longer.machine, MarkOf(run_, longer, birth.mark_expires_ms));
  return done.ok() ? MakeEvent(EventKind::kMarked)
                   : WithError(MakeEvent(EventKind::kMarkFailed), done.error());
}

Event Renter::Pause(const RunState& state, int64_t rental) {
  const Status done = provider_->Pause(RentalOf(state, rental).machine);
  return done.ok() ? MakeEvent(EventKind::kPaused)
                   : WithError(MakeEvent(EventKind::kPauseFailed), done.error());
}

}  // namespace curbstop
