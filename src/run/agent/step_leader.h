// The shell that leads an attempt's session, as an agent's spool names it: where that agent died
// and no cgroup covers the step, its session is how a step is found that cleared its environment
// (`exec env -i ...`).
#pragma once

#include <filesystem>
#include <optional>

#include "base/json.h"
#include "sys/process_identity.h"

namespace curbstop {

// The keys of an `attempt_started` line that name it; a process that is gone already has none.
Json& NoteLeader(Json& said, int pid);

// Of the last attempt in the spool `events` whose end no agent saw; empty where there is none, or
// the spool cannot be read.
std::optional<ProcessIdentity> LostLeader(const std::filesystem::path& events);

}  // namespace curbstop
