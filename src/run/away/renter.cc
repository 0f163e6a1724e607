#include "run/away/renter.h"

#include <algorithm>
#include <cmath>
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

Renter::Renter(std::string run, RentWish wish, std::vector<RentAccount> accounts,
               std::string public_key, Clock& clock)
    : run_(std::move(run)),
      wish_(std::move(wish)),
      accounts_(std::move(accounts)),
      public_key_(std::move(public_key)),
      clock_(clock) {}

// A key that was not to be had at first is asked for again.
Result<const RentAccount*> Renter::Open(const std::string& account) {
  const auto named = [&](const RentAccount& one) { return one.market.account == account; };
  const auto found = std::ranges::find_if(accounts_, named);
  if (found == accounts_.end())
    return Denied(fmt::format("this run may rent nothing at `{}`", account));
  const std::scoped_lock lock(mutex_);
  if (found->provider == nullptr) {
    TRY_ASSIGN(found->provider, found->open());
  }
  return &*found;
}

Event Renter::MakeEvent(EventKind kind) const {
  Event event;
  event.kind = kind;
  event.facts.boot_ms = std::chrono::duration_cast<Millis>(clock_.Boot()).count();
  return event;
}

// ---- deciding ---------------------------------------------------------------------------------

// Without the provider's clock no rental may begin (Timeline), and only a listing tells it: asked
// for where it has not been heard yet. Where money counts it also tells what others hold.
MarketView Renter::View(const std::string& name, const RunState& state, const RentMoney& money) {
  const Result<const RentAccount*> opened = Open(name);
  if (!opened.ok()) return {opened.error()};
  const RentAccount& account = **opened;
  const bool lists = !state.timeline.trusted || !state.terms.practice;
  const Result<Listing> listing = lists ? account.provider->List() : Result<Listing>(Listing());
  if (!listing.ok()) return {listing.error()};
  if (!state.terms.practice) {
    NoteOthers(name, HeldByOtherMarks(listing->machines, money.known, listing->date_ms));
  }
  const OfferWish wish = OfferWishOf(wish_, Millis(state.terms.lease_asked_ms));
  const Result<std::vector<LiveOffer>> offers = account.provider->FindOffers(wish);
  if (!offers.ok()) return {offers.error(), listing->date_ms};
  return {RentableOffers(*offers, wish_, account.market, SituationOf(state).work_left),
          listing->date_ms};
}

// The plan chose the own place, so that is where one is asked for first. Whatever else comes after
// that: a machine that was lost, or one that was refused.
Event Renter::Decide(const RunState& state, const RentMoney& money) {
  const int64_t boot_ms = MakeEvent(EventKind::kDecided).facts.boot_ms;
  std::vector<MarketView> views;
  Event decided;
  for (const RentAccount& account : accounts_) {
    const AccountView* known = FindAccountView(state, account.market.account);
    if (known != nullptr && !known->refuses.empty()) continue;
    views.push_back(View(account.market.account, state, money));
    if (state.rentals_made != 0) continue;
    decided = Judge(state, money, views);
    if (static_cast<DecisionKind>(decided.facts.decision) != DecisionKind::kStop) break;
  }
  if (state.rentals_made != 0 || views.empty()) decided = Judge(state, money, views);
  decided.facts.boot_ms = boot_ms;
  return decided;
}

Event Renter::Judge(const RunState& state, const RentMoney& money,
                    const std::vector<MarketView>& views) {
  Situation situation = SituationOf(state);
  situation.left = std::max(money.left - HeldByOthers(), MicroUsd());
  if (money.may_go_home) situation.home = HomeFor(state, situation);
  std::vector<RentableOffer> rentable;
  int64_t date_ms = 0;
  bool is_answered = false;
  for (const MarketView& view : views) {
    is_answered = is_answered || view.offers.ok();
    if (view.offers.ok()) std::ranges::copy(*view.offers, std::back_inserter(rentable));
    date_ms = std::max(date_ms, view.date_ms);
  }
  std::vector<Candidate> candidates;
  for (const RentableOffer& offer : rentable) candidates.push_back(offer.candidate);
  situation.candidates = candidates;
  const Decision decision = curbstop::Decide(situation);
  const bool rents = decision.kind == DecisionKind::kRent;
  Remember(rentable);
  Event decided = DecidedEvent(decision, rents ? &rentable[decision.candidate] : nullptr, wish_);
  decided.facts.date_ms = date_ms;
  if (rents && !state.reason.empty()) decided.data.Set("because", state.reason);
  if (decision.reason == DecisionReason::kNoMoney) {
    decided.data.Set("short_micro_usd", (decision.reserve - situation.left).value());
  }
  return is_answered || views.empty() ? decided
                                      : WithError(std::move(decided), views.front().offers.error());
}

// Of its time for the whole step the share that is left.
std::optional<HomeMachine> Renter::HomeFor(const RunState& state,
                                           const Situation& situation) const {
  if (!wish_.home || state.terms.work_ms <= 0) return std::nullopt;
  HomeMachine home = *wish_.home;
  const double left =
      static_cast<double>(situation.work_left.count()) / static_cast<double>(state.terms.work_ms);
  home.work =
      std::max(Millis(std::llround(static_cast<double>(home.work.count()) * left)), Millis(1));
  return home;
}

void Renter::NoteOthers(const std::string& account, MicroUsd held) {
  const std::scoped_lock lock(mutex_);
  held_by_others_[account] = held;
}

MicroUsd Renter::HeldByOthers() const {
  const std::scoped_lock lock(mutex_);
  MicroUsd sum;
  for (const auto& [account, held] : held_by_others_) sum += held;
  return sum;
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
  TRY_ASSIGN(const RentAccount* account, Open(rental.account));
  for (const bool again : {false, true}) {
    if (again) {
      const Millis lasting(rental.lease_ms);
      TRY_ASSIGN(const std::vector<LiveOffer> offers,
                 account->provider->FindOffers(OfferWishOf(wish_, lasting)));
      Remember(RentableOffers(offers, wish_, account->market, Millis(state.terms.work_ms)));
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
  const RentAccount& account = **Open(rental.account);
  const BirthOrder birth = BirthOrderOf(state.terms, rental);
  CreateOrder order;
  order.offer = offer->live;
  order.mark = MarkOf(run_, rental, birth.mark_expires_ms);
  order.image = wish_.image.empty() ? std::string(account.market.facts.image) : wish_.image;
  order.disk = wish_.disk;
  order.lease = Millis(birth.lease_ms);
  order.public_key = public_key_;
  if (rental.spot) order.bid_per_hour = rental.terms.billing.per_hour;
  Event answered = MakeEvent(EventKind::kCreateAnswered);
  const CreateOutcome outcome = account.provider->Create(order);
  if (outcome.result == CreateResult::kRefused) answered.kind = EventKind::kCreateRefused;
  if (outcome.result == CreateResult::kUnknown) answered.kind = EventKind::kCreateUnknown;
  answered.facts.machine = outcome.machine;
  answered.facts.account = rental.account;
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
SeenMachine Renter::Seen(const CloudMachine& machine, const std::string& account,
                         const RunState& state) const {
  SeenMachine seen;
  seen.machine = machine.id;
  seen.account = account;
  seen.rental = machine.mark ? RentalOfMark(*machine.mark, state.rentals) : 0;
  seen.paused = machine.state == MachineState::kPaused;
  seen.made_at_ms = machine.made_at_ms;
  const auto is_it = [&](const Rental& rental) {
    return rental.machine == machine.id && rental.account == account;
  };
  const auto known = std::ranges::find_if(state.rentals, is_it);
  const Rental* rental = known != state.rentals.end() ? &*known : FindRental(state, seen.rental);
  const MicroUsd disk = rental == nullptr ? MicroUsd() : rental->terms.billing.disk_per_hour;
  seen.micro_usd_per_hour = std::max(machine.per_hour - disk, MicroUsd()).value();
  return seen;
}

// This run's machines by the list, and each that the list misses by its id.
Result<Listing> Renter::ListOwn(const std::string& name, const RunState& state) {
  TRY_ASSIGN(const RentAccount* opened, Open(name));
  const RentAccount& account = *opened;
  std::vector<std::string> known;
  for (const Rental& rental : state.rentals) {
    if (rental.account == name && !rental.machine.empty()) known.push_back(rental.machine);
  }
  TRY_ASSIGN(Listing listing, account.provider->List());
  std::erase_if(listing.machines, [&](const CloudMachine& machine) {
    const bool is_known = std::ranges::find(known, machine.id) != known.end();
    return !is_known && (!machine.mark || machine.mark->run != run_);
  });
  for (const std::string& machine : known) {
    if (IsListed(listing, machine)) continue;
    TRY_ASSIGN(Listing found, account.provider->Find(machine));
    listing.date_ms = std::min(listing.date_ms, found.date_ms);
    std::ranges::move(found.machines, std::back_inserter(listing.machines));
  }
  return listing;
}

// What one account answers counts although another is silent.
Event Renter::Look(const RunState& state) {
  Event looked = MakeEvent(EventKind::kLooked);
  std::optional<Error> why;
  bool is_heard = false;
  for (const AccountView& view : state.accounts) {
    if (!IsLookedAt(state, view)) continue;
    Result<Listing> listing = ListOwn(view.name, state);
    looked.facts.listed.push_back({view.name, listing.ok() ? listing->date_ms : 0});
    is_heard = is_heard || listing.ok();
    if (listing.ok()) AddListing(*listing, view.name, state, looked.facts);
    else if (!why) why = std::move(listing).error();
  }
  if (why && !is_heard) {
    Event failed = WithError(MakeEvent(EventKind::kLookFailed), *why);
    if (why->kind() == ErrorKind::kExhausted) failed.data.Set("busy", true);
    return failed;
  }
  if (state.accounts.size() < 2) looked.facts.listed.clear();
  return why ? WithError(std::move(looked), *why) : looked;
}

// The clock that is furthest ahead is the one that no bill is before.
void Renter::AddListing(const Listing& listing, const std::string& account, const RunState& state,
                        Facts& facts) const {
  facts.date_ms = std::max(facts.date_ms, listing.date_ms);
  for (const CloudMachine& machine : listing.machines)
    facts.seen.push_back(Seen(machine, account, state));
}

Result<std::optional<SshAddress>> Renter::FindAddress(const std::string& account,
                                                      const std::string& machine) {
  TRY_ASSIGN(const RentAccount* opened, Open(account));
  TRY_ASSIGN(const Listing found, opened->provider->Find(machine));
  for (const CloudMachine& one : found.machines) {
    if (one.id == machine && one.state == MachineState::kRunning) return one.ssh;
  }
  return std::optional<SshAddress>();
}

// ---- changing ---------------------------------------------------------------------------------

Event Renter::Destroy(const RunState& state, int64_t number) {
  return Change(
      RentalOf(state, number), EventKind::kDestroyAccepted, EventKind::kDestroyFailed,
      [](Provider& provider, const Rental& rental) { return provider.Destroy(rental.machine); });
}

Event Renter::Relabel(const RunState& state, int64_t number) {
  return Change(RentalOf(state, number), EventKind::kMarked, EventKind::kMarkFailed,
                [&](Provider& provider, Rental longer) {
                  longer.lease_ms = state.proposal.lease_ms;
                  const BirthOrder birth = BirthOrderOf(state.terms, longer);
                  return provider.Relabel(longer.machine,
                                          MarkOf(run_, longer, birth.mark_expires_ms));
                });
}

Event Renter::Pause(const RunState& state, int64_t number) {
  return Change(
      RentalOf(state, number), EventKind::kPaused, EventKind::kPauseFailed,
      [](Provider& provider, const Rental& rental) { return provider.Pause(rental.machine); });
}

Event Renter::Change(const Rental& rental, EventKind done, EventKind failed,
                     const std::function<Status(Provider&, const Rental&)>& ask) {
  const Result<const RentAccount*> account = Open(rental.account);
  const Status asked = account.ok() ? ask(*(*account)->provider, rental) : account.error();
  return asked.ok() ? MakeEvent(done) : WithError(MakeEvent(failed), asked.error());
}

}  // namespace curbstop
