// Checkpoints of a run away, at home: in the project's own checkpoint folder, where a later run at
// home finds them (contracts §2). What lies there when the run begins is moved to the run it
// belongs to, once.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "run/agent/order.h"
#include "run/away/far_machine.h"
#include "sys/file_store.h"

namespace curbstop {

// Readies the folder at home and names the complete checkpoints in it. `folder`: the run's.
Result<std::vector<std::string>> CheckpointsToSend(const AgentOrder& at_home,
                                                   const std::filesystem::path& folder,
                                                   FileStore& files);

// Brings one home, whole or not at all. Errors: kUnavailable, kNotFound, kExhausted, kCancelled.
Status KeepCheckpoint(FarMachine& machine, const std::string& name,
                      const std::filesystem::path& folder, const TransferWatch& watch);

}  // namespace curbstop
