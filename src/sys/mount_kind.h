// What kind of file system a path lies on: databases and locks need a local one.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace curbstop {

struct MountKind {
  std::string name;  // "ext4", "nfs", "9p", or "0x1234" if unknown
  bool is_network =
      false;  // NFS, SMB, 9p, drvfs, sshfs and other FUSE: locks or fsync not to be trusted
};

// The nearest folder on the path that exists decides.
using MountProbe = std::function<Result<MountKind>(const std::filesystem::path&)>;
Result<MountKind> ReadMountKind(const std::filesystem::path& path);

// Errors: kInvalidInput, with the reason and what to set, if it is a network or 9p mount.
// `what` reads like "the money database".
Status RequireLocalMount(const std::filesystem::path& path, std::string_view what,
                         const MountProbe& probe = ReadMountKind);

}  // namespace curbstop
