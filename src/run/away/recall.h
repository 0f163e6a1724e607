// Home hears a machine that is gone: from what its agent left at the named place.
//
// The agent's reports come with the numbers that they would have had by the link, so that none is
// heard twice; the log is carried on where it ended, the record's calls likewise.
#pragma once

#include <functional>
#include <stop_token>

#include "run/away/agent_link.h"
#include "run/away/run_place.h"
#include "run/supervisor/event.h"
#include "sys/file_store.h"

namespace curbstop {

struct RecallTarget {
  int64_t rental = 0;
  int64_t last_report = 0;   // that is in the journal
  int64_t safe_work_ms = 0;  // progress that is known to be safe
};

// True: the step was done, and its outputs lie in the run's `out`. False: it was not; the newest
// checkpoint, if there is one, is at home and was told of. Reports go to `sink` on the way.
// Errors: those of RunPlace::Fetch and of the record: to be tried again.
Result<bool> RecallFromPlace(const LinkWork& work, const RecallTarget& target, FileStore& files,
                             const AgentLink::Sink& sink, const std::stop_token& stop);

// The newest checkpoint of the machines before `rental`, to the run's checkpoints at home, where it
// holds at least so much work. Empty: there is none. Errors: those of RunPlace.
Result<std::optional<KeptCheckpoint>> BringCheckpointHome(const LinkWork& work, int64_t rental,
                                                          int64_t least_work_ms,
                                                          const std::stop_token& stop);

}  // namespace curbstop
