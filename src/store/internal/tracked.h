// The tracked data of a project as it stands: per pointer, what the store should give and what the
// work tree has.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/data_status.h"
#include "store/dir_object.h"
#include "store/dvc_config.h"
#include "store/internal/hash_tree.h"
#include "store/internal/layout.h"
#include "store/internal/pointers.h"

namespace curbstop {

struct TrackedData {
  Pointer pointer;
  bool list_in_store = true;       // of a folder: its list can be read
  std::vector<DirMember> members;  // of a folder, else the file itself under an empty path
  bool in_work_tree = false;
  bool is_folder_now = false;
  std::vector<ContentFile> files;  // paths relative to the root

  ObjectId id() const { return {*pointer.out.md5, pointer.out.is_folder}; }
};

struct TrackedChanges {
  std::vector<DataChange> changes;
  std::vector<std::string> notes;
};

// The pointers that `paths` ask for (empty: all).
// Errors: kNotFound for a path that no pointer tracks.
Result<std::vector<Pointer>> ChoosePointers(const Pointers& pointers,
                                            const std::vector<std::string>& paths);

// Lists, stats and hashes the work tree's side of all of them, each file once.
Result<std::vector<TrackedData>> ReadTracked(const std::filesystem::path& root,
                                             const DvcConfig& config,
                                             std::vector<Pointer> pointers);

std::vector<DataChange> Compare(const TrackedData& data, const DvcConfig& config);

}  // namespace curbstop
