// What a run away may still spend on machines: its caps by the ledger as it stands, what its plan
// printed, what machines of other journals hold.
#pragma once

#include <string>

#include "base/result.h"
#include "project/project.h"
#include "run/journal.h"
#include "run/supervisor/state.h"

namespace curbstop {

struct RentAsk {
  std::string project;  // the budget key
  std::string run;
  Budget budget;
  int64_t now_ms = 0;
  MicroUsd elsewhere;  // what marks of other journals hold on the account
};

// What caps allow the run in all, others' reserves left to them. No cap allows nothing. Practice
// money is in no cap: it has a limit of its own.
Result<MicroUsd> AllowedForRent(Journal& journal, const RentAsk& ask, const RunState& state);

// For another machine, all that the run has spent and holds taken off: never below 0.
Result<MicroUsd> LeftForRent(Journal& journal, const RentAsk& ask, const RunState& state);

// How much is missing for the reserve of the state's proposal; 0: it fits. The journal is held from
// then on: the next AppendRecord enters the reserve in the transaction in which it was judged, so
// that two runs at once cannot both take the last of a cap. Errors leave it free.
Result<MicroUsd> HoldForProposal(Journal& journal, const RentAsk& ask, const RunState& state);

}  // namespace curbstop
