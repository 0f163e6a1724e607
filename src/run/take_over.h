// A machine that an earlier run of the project keeps, for the next one: which it is, whether that
// one can take it over, and the hand-over, which is one transaction of the journal.
//
// From then on it is paid for by the taking run: its rental begins at the very moment at which the
// other one's ends, each with ledger entries of its own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "run/journal.h"
#include "run/prepare.h"
#include "run/supervisor/supervisor.h"
#include "sys/file_store.h"

namespace curbstop {

struct KeptMachine {
  std::string run;      // that keeps it
  std::string machine;  // the provider's id
  std::string why_not;  // it cannot be taken over; empty: it can

  bool is_busy() const { return why_not == kStillBusy; }  // for moments
};

// Why a machine that was rented for one wish does not serve another; empty: it does.
std::string WhyNotServing(const RentWish& kept, bool kept_is_spot, const PreparedRun& wanted);

// The one that `prepared` takes over, else one with the reason; empty: none is kept at that place.
Result<std::optional<KeptMachine>> FindKept(const PreparedRun& prepared, Journal& journal,
                                            const RunOutside& outside);

// The keys by which the machine is reached and known, from one run's folder to the other's.
Status CopyMachineKeys(const std::filesystem::path& from, const std::filesystem::path& to,
                       FileStore& files);

// Enters the run as one that begins with that machine. `created` is its first event, and is filled
// in. Errors: kConflict (it can't be taken any more), kOverBudget; those of Journal::Create.
Status CreateTaking(const PreparedRun& prepared, const std::string& from, Event created,
                    Journal& journal, const Clock& clock);

}  // namespace curbstop
