// Everything that bills on every configured account, whoever made it, and the end of it. Needs no
// journal: keys find the accounts, marks say what is curbstop's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cloud/provider.h"
#include "plan/lease.h"
#include "sys/clock.h"

namespace curbstop {

// An account to look at; what it points to outlives the sweep. Providers take calls from any
// thread.
struct SweptAccount {
  std::string place;  // "vast", "practice:vast"
  Provider* provider = nullptr;
  ProviderTiming timing;
};

struct SweptMachine {
  std::string place;
  CloudMachine machine;
  bool ours() const { return machine.mark.has_value(); }
};

struct Sweep {
  std::vector<SweptMachine> machines;                 // by account, in its order
  std::vector<std::pair<std::string, Error>> unread;  // accounts that could not be listed
  MicroUsd per_hour;                                  // of all of them
};

// How long a sweep waits for an account that has too many calls (429), beyond what its driver waits
// by itself. `busy` is told once for each such account, one call at a time.
struct SweepPatience {
  Millis most{0};
  std::function<void(const std::string& place)> busy = [](const std::string&) {};
};

// All accounts at once. A busy one is asked again until it answers or the patience is over; any
// other error stands at once.
Sweep SweepAccounts(const std::vector<SweptAccount>& accounts, const SweepPatience& patience,
                    Clock& clock);

struct EndedMachine {
  SweptMachine swept;
  bool gone = false;  // by as many reads as its provider needs, by list and by id
  std::string why;    // the last refusal; empty: none
};

// Ends those, all at once, again and again until each is read back gone or `patience` is over.
// `told` is called from several threads, one call at a time.
std::vector<EndedMachine> EndMachines(const std::vector<SweptAccount>& accounts,
                                      const std::vector<SweptMachine>& machines, Millis patience,
                                      Clock& clock,
                                      const std::function<void(const EndedMachine&)>& told);

// As `ps` gives it: {provider, id, mark, ours, micro_usd_per_hour, lease_ends_at_ms, …}.
Json MachineJson(const SweptMachine& swept);

}  // namespace curbstop
