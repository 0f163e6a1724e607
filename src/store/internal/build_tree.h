// A folder of the store as a finished tree of files.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "store/dir_object.h"
#include "store/internal/layout.h"
#include "store/internal/materialize.h"

namespace curbstop {

// The members that a folder's list names; the list is verified first.
// Errors: kNotFound, kCorrupt.
Result<std::vector<DirMember>> ReadFolderList(const std::filesystem::path& objects,
                                              const ObjectId& id, HashKind kind = HashKind::kMd5);

struct BuildJob {
  std::filesystem::path objects;
  FileForm form;
  const std::vector<std::string>& executable;  // members, sorted
};

// Makes `target` (which must not exist) with all members in it; not synced.
Status BuildTree(const std::vector<DirMember>& members, const std::filesystem::path& target,
                 const BuildJob& job);

}  // namespace curbstop
