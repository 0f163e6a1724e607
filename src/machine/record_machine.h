// Makes a tree of this computer's facts that another computer can read (`assess --root`).
//
// Only what ReadMachine reads is in it, and of that only what it uses: no host, user or group
// names, serial numbers, UUIDs or network addresses; names of mounts and control groups that a
// person chose are replaced. Layout: docs/formats/machine-tree.md.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "sys/file_store.h"
#include "sys/process.h"

namespace curbstop {

// Errors: kConflict if `folder` exists and is not empty; kDenied, kExhausted.
Status RecordMachine(const std::filesystem::path& folder, ProcessRunner& processes,
                     FileStore& files);

}  // namespace curbstop
