// The effects of the supervisor that a provider performs: each asks it and says as an event what
// came of it. Blocks on the network; any thread.
//
// Events carry what the provider's clock showed (`date_ms`) and, in `boot_ms`, when it was asked,
// in boot time: whoever appends them makes an age of that.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cloud/provider.h"
#include "run/away/offers.h"
#include "run/away/rent_wish.h"
#include "run/supervisor/supervisor.h"
#include "sys/clock.h"

namespace curbstop {

// What may be spent on another machine.
struct RentMoney {
  MicroUsd left;                // of the caps and of what the plan printed, by the own journal
  std::set<std::string> known;  // runs of that journal: other marks on the account hold money too
};

class Renter {
 public:
  Renter(std::string run, RentWish wish, RentalMarket market, std::unique_ptr<Provider> provider,
         std::string public_key, Clock& clock);

  Event Decide(const RunState& state, const RentMoney& money);  // kDecided; no answer: no offer
  Event Create(const RunState& state, int64_t rental);
  Event Look(const RunState& state);
  Event Destroy(const RunState& state, int64_t rental);
  Event Relabel(const RunState& state, int64_t rental);
  Event Pause(const RunState& state, int64_t rental);

  // What machines of other journals hold, by the account's listing at the latest decision.
  MicroUsd HeldByOthers() const;

  // Where the machine can be reached; empty: not yet, or it is gone.
  // Errors: those of Provider::Find.
  Result<std::optional<SshAddress>> FindAddress(const std::string& machine);

 private:
  Event MakeEvent(EventKind kind) const;
  void NoteOthers(const Listing& listing, const std::set<std::string>& known);
  void Remember(const std::vector<RentableOffer>& offers);
  Result<RentableOffer> OfferFor(const RunState& state, const Rental& rental);
  Event Refused(const Error& why) const;
  SeenMachine Seen(const CloudMachine& machine, const RunState& state) const;
  Result<Listing> ListOwn(const RunState& state);

  std::string run_;
  RentWish wish_;
  RentalMarket market_;
  std::unique_ptr<Provider> provider_;
  std::string public_key_;
  Clock& clock_;
  mutable std::mutex mutex_;
  MicroUsd held_by_others_;                      // guarded by mutex_
  std::map<std::string, RentableOffer> offers_;  // of the latest decision; guarded by mutex_
};

}  // namespace curbstop
