#include "run/away/checkpoints_home.h"

#include <set>

#include "base/text.h"
#include "run/agent/checkpoints.h"
#include "sys/files.h"

namespace curbstop {

Result<std::vector<std::string>> CheckpointsToSend(const AgentOrder& at_home,
                                                   const std::filesystem::path& folder,
                                                   FileStore& files) {
  if (at_home.checkpoint_dir.empty()) return std::vector<std::string>();
  TRY(MakeFolders(at_home.checkpoint_dir));
  const std::filesystem::path ready = folder / "checkpoints.ready";
  const bool is_ready = Exists(ready);
  const std::set<std::string> renamed(at_home.checkpoints_renamed.begin(),
                                      at_home.checkpoints_renamed.end());
  const bool after_kill = !is_ready && at_home.keep_checkpoints && at_home.checkpoints_after_kill;
  TRY_ASSIGN(const CheckpointScan scan,
             ScanCheckpoints(at_home.checkpoint_dir, after_kill ? AfterKill::kYes : AfterKill::kNo,
                             renamed));
  if (is_ready) return scan.complete;
  TRY(MoveEntriesAside(at_home.checkpoint_dir, scan.incomplete, at_home.old_checkpoints, files));
  if (!at_home.keep_checkpoints)
    TRY(MoveEntriesAside(at_home.checkpoint_dir, scan.complete, at_home.old_checkpoints, files));
  TRY(files.Write(ready, "", 0600));
  return at_home.keep_checkpoints ? scan.complete : std::vector<std::string>();
}

Status KeepCheckpoint(FarMachine& machine, const std::string& name,
                      const std::filesystem::path& folder, const TransferWatch& watch) {
  TRY(CheckInside(name));
  if (name.find('/') != name.npos) return Corrupt("a checkpoint's name has no `/`");
  TRY_ASSIGN(const AgentOrder at_home, ReadOrder(folder));
  if (at_home.checkpoint_dir.empty()) return NotFound("the step keeps no checkpoints");
  return machine.FetchCheckpoint(name, at_home.checkpoint_dir, watch);
}

}  // namespace curbstop
