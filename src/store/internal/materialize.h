// One object as a file of the work tree: by reflink, hardlink, symlink or copy.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "store/dvc_config.h"

namespace curbstop {

struct FileForm {
  std::vector<LinkKind> links;  // tried in this order
  bool read_only = false;       // 0444 or 0555, else 0644 or 0755 less the umask; links always are
  bool executable = false;      // never a hardlink or symlink: the mode would be the object's
};

// `target` must not exist; at an error it does not exist either. Not synced.
// Errors: kNotFound if the object is not there, kExhausted, kDenied.
Status Materialize(const std::filesystem::path& object, const std::filesystem::path& target,
                   const FileForm& form);

}  // namespace curbstop
