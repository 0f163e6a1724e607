// The effects of the supervisor that a provider performs: each asks it and says as an event what
// came of it. Blocks on the network; any thread.
//
// Events carry what the provider's clock showed (`date_ms`) and, in `boot_ms`, when it was asked,
// in boot time: whoever appends them makes an age of that.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cloud/provider.h"
#include "run/away/offers.h"
#include "run/away/rent_accounts.h"
#include "run/away/rent_wish.h"
#include "run/supervisor/supervisor.h"
#include "sys/clock.h"

namespace curbstop {

// What may be spent on another machine.
struct RentMoney {
  MicroUsd left;                // of the caps and of what the plan printed, by the own journal
  std::set<std::string> known;  // runs of that journal: other marks on the account hold money too
  bool may_go_home = false;     // somebody waits who would go on there
};

// What one account has to offer.
struct MarketView {
  Result<std::vector<RentableOffer>> offers;
  int64_t date_ms = 0;  // Facts::date_ms; 0: not asked
};

class Renter {
 public:
  // The first account is that of the run's own place.
  Renter(std::string run, RentWish wish, std::vector<RentAccount> accounts, std::string public_key,
         Clock& clock);

  Event Decide(const RunState& state, const RentMoney& money);  // kDecided; no answer: no offer
  Event Create(const RunState& state, int64_t rental);
  Event Look(const RunState& state);
  Event Destroy(const RunState& state, int64_t rental);
  Event Relabel(const RunState& state, int64_t rental);
  Event Pause(const RunState& state, int64_t rental);

  // What machines of other journals hold, by each account's listing at the latest decision.
  MicroUsd HeldByOthers() const;

  // Where the machine can be reached; empty: not yet, or it is gone.
  // Errors: those of Provider::Find; kDenied (that account is not open any more).
  Result<std::optional<SshAddress>> FindAddress(const std::string& account,
                                                const std::string& machine);

 private:
  Event MakeEvent(EventKind kind) const;
  Result<const RentAccount*> Open(const std::string& account);
  MarketView View(const std::string& name, const RunState& state, const RentMoney& money);
  Event Judge(const RunState& state, const RentMoney& money, const std::vector<MarketView>& views);
  std::optional<HomeMachine> HomeFor(const RunState& state, const Situation& situation) const;
  void NoteOthers(const std::string& account, MicroUsd held);
  void Remember(const std::vector<RentableOffer>& offers);
  Result<RentableOffer> OfferFor(const RunState& state, const Rental& rental);
  Event Refused(const Error& why) const;
  SeenMachine Seen(const CloudMachine& machine, const std::string& account,
                   const RunState& state) const;
  Result<Listing> ListOwn(const std::string& name, const RunState& state);
  void AddListing(const Listing& listing, const std::string& account, const RunState& state,
                  Facts& facts) const;
  Event Change(const Rental& rental, EventKind done, EventKind failed,
               const std::function<Status(Provider&, const Rental&)>& ask);

  std::string run_;
  RentWish wish_;
  std::vector<RentAccount> accounts_;  // the providers in them guarded by mutex_
  std::string public_key_;
  Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, MicroUsd> held_by_others_;  // by account; guarded by mutex_
  std::map<std::string, RentableOffer> offers_;     // of the latest decision; guarded by mutex_
};

}  // namespace curbstop
