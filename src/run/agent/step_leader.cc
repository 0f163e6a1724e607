#include "run/agent/step_leader.h"

#include "run/agent/spool.h"

namespace curbstop {
namespace {

std::optional<ProcessIdentity> LeaderIn(const Json& said) {
  const ProcessIdentity leader{static_cast<int>(said.IntOr("pid", 0)), said.IntOr("start_ticks", 0),
                               said.StringOr("boot_id", "")};
  const bool is_named = leader.pid > 0 && leader.start_ticks > 0;
  return is_named ? std::optional(leader) : std::nullopt;
}

}  // namespace

Json& NoteLeader(Json& said, int pid) {
  const std::optional<ProcessIdentity> leader = IdentifyProcess(pid);
  if (!leader) return said;
  return said.Set("start_ticks", leader->start_ticks).Set("boot_id", leader->boot_id);
}

std::optional<ProcessIdentity> LostLeader(const std::filesystem::path& events) {
  std::optional<ProcessIdentity> leader;
  const Result<std::vector<SpoolLine>> lines = ReadSpool(events, 0);
  for (const SpoolLine& line : lines.ok() ? *lines : std::vector<SpoolLine>()) {
    const std::string kind = line.body.StringOr("kind", "");
    if (kind == "attempt_started") leader = LeaderIn(line.body);
    if (kind == "attempt_ended") leader.reset();
  }
  return leader;
}

}  // namespace curbstop
