// What runs left at the user's named place, and the end of it. A note per run, below the state
// folder, stands from before its first machine until its objects are removed, so that whoever comes
// after a supervisor that died in between (`ps`, `run`) finds them: they bill by the month.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "run/journal.h"
#include "run/prepare.h"

namespace curbstop {

Status NoteAtPlace(const std::string& run, const RunOutside& outside);

// Whether something of that run may be there that nobody will ask for again: it succeeded, so its
// outputs are in the store, or a later run of its step did. Of any other run what lies there may be
// the newest that there is.
Result<bool> MayBeCleared(const RunRow& row, Journal& journal, const RunOutside& outside);

// Those runs, without the ones that were tried within the last hour.
Result<std::vector<std::string>> RunsToClear(Journal& journal, const RunOutside& outside);

// Before a run itself is removed: what it left is removed too. Where that fails, `warn` is told
// what stays where, and the note goes with the run.
Status ClearForGood(const std::string& run, Journal& journal, const RunOutside& outside,
                    const std::function<void(const std::string&)>& warn);

// Removes what its machines 1 to `rentals` were given addresses for, then its note. Errors: those
// of the place; the note stays.
Status ClearPlace(const std::string& run, int64_t rentals, const RunOutside& outside);

}  // namespace curbstop
