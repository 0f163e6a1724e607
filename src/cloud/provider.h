// One cloud's machines, behind one contract for all clouds.
//
// A driver does what it is told and says what it saw; what follows from a refusal, a lost answer or
// a machine in a listing is decided by its caller. Money is in the provider's own prices, rounded
// up. Every call that the provider answered says what its clock showed (`date_ms`).
//
// Calls block on the network, within the driver's own limits, and may come from any thread. Reads,
// Destroy, Pause and Relabel are tried again where that may help; Create is sent once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/units.h"
#include "cloud/mark.h"
#include "market/offer.h"

namespace curbstop {

// What to ask the market for. Providers take filters as hints: what comes back was tested again.
struct OfferWish {
  double gpus = 1;   // exactly
  Bytes gpu_memory;  // of one, at least
  Bytes disk{10'000'000'000};
  Millis lasting{0};  // the offer stays at least so long
};

struct LiveOffer {
  Offer offer;       // as in every other table; prices are of the machine without its disk
  std::string id;    // what Create takes; valid for moments
  std::string host;  // the durable name of the machine behind it; empty: not told
  MicroUsd disk_per_gb_month;       // while it runs
  MicroUsd idle_disk_per_gb_month;  // while it is paused
  MicroUsd per_gb_up;               // transfer
  MicroUsd per_gb_down;
  std::optional<Millis> lasts;  // until its owner takes it off the market
  std::string stock;            // the provider's word for how many there are; empty: not told
};

// What goes into one create request. Nothing in it is secret.
struct CreateOrder {
  LiveOffer offer;
  Mark mark;
  std::string image;
  Bytes disk;
  Millis lease{0};                       // from birth; the machine ends itself by then
  std::string public_key;                // "ssh-ed25519 …" of this run alone
  std::optional<MicroUsd> bid_per_hour;  // interruptible, for at most so much; empty: on demand
};

// What the refusal of a create asks for (docs/reference/providers.md).
enum class RefusalClass {
  kNextOffer,    // gone, or not for us: try another
  kFixRequest,   // the request is wrong: another offer changes nothing
  kNextRegion,   // a quota is reached here
  kProviderOff,  // key or money: this provider is out until a person acts
  kRetryAfter,   // the same call later
};
std::string_view NameOf(RefusalClass refusal);  // "next_offer"

enum class CreateResult {
  kMade,
  kRefused,  // none was made; unless `machine` names one all the same, which exists and bills
  kUnknown,  // it may exist, now or later: list by the mark
};

struct CreateOutcome {
  CreateResult result = CreateResult::kUnknown;
  std::string machine;  // the provider's id; empty: none is known
  RefusalClass refusal = RefusalClass::kNextOffer;
  Millis retry_after{0};
  std::string why;  // for people, empty where it was made
  int64_t date_ms = 0;
};

enum class MachineState {
  kStarting,  // it may come up
  kRunning,
  kPaused,  // not by us where it was on a bid; its disk bills
  kBroken,  // it will not come up by itself
};
std::string_view NameOf(MachineState state);

struct SshAddress {
  std::string host;
  int64_t port = 22;
  std::string user;
  bool operator==(const SshAddress&) const = default;
};

struct CloudMachine {
  std::string id;
  std::string name;          // as it stands at the provider
  std::optional<Mark> mark;  // what that name says; empty: not one of curbstop's
  MachineState state = MachineState::kStarting;
  std::string status;  // the provider's own word for it
  MicroUsd per_hour;   // all that it bills now
  int64_t made_at_ms = 0;
  std::string host;
  std::string gpu;
  int64_t gpus = 0;
  std::optional<SshAddress> ssh;  // once it can be reached
};

struct Listing {
  std::vector<CloudMachine> machines;
  int64_t date_ms = 0;
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual std::string_view Name() const = 0;

  // Offers that meet the wish now, cheapest on demand first; none is an answer, not an error.
  // Errors (here and below): kDenied (the key), kExhausted (money, or too many calls),
  // kUnavailable, kCorrupt (an answer that is not as published, naming the field), kInvalidInput.
  virtual Result<std::vector<LiveOffer>> FindOffers(const OfferWish& wish) = 0;

  // Sent once, never again by itself.
  virtual CreateOutcome Create(const CreateOrder& order) = 0;

  // Everything on the account that bills by the hour, ours or not.
  virtual Result<Listing> List() = 0;

  // By its id; no machine in the listing: there is none.
  virtual Result<Listing> Find(const std::string& id) = 0;

  // Accepted, or it was gone already. Gone is what List and Find say, not this.
  virtual Status Destroy(const std::string& id) = 0;

  // It runs no more; its disk is kept and bills. Errors: also kNotFound, kConflict (not now).
  virtual Status Pause(const std::string& id) = 0;

  // Errors: also kNotFound.
  virtual Status Relabel(const std::string& id, const Mark& mark) = 0;
};

}  // namespace curbstop
