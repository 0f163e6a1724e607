// What the work tree's data has become since its pointers were written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

enum class DataChangeKind {
  kModified,  // another content than the pointer says
  kAdded,     // in a tracked folder, but not in its list
  kDeleted,   // gone from the work tree; the store has it
  kMissing,   // the store does not have it
};

std::string_view NameOf(DataChangeKind kind);

struct DataChange {
  std::string path;  // relative to the root; a folder's own path stands for all of it
  DataChangeKind kind = DataChangeKind::kModified;
  bool operator==(const DataChange&) const = default;
};

struct DataStatus {
  std::vector<DataChange> changes;  // sorted by path
  std::vector<std::string> notes;   // pointers that cannot be served
  int64_t pointers = 0;
  int64_t files = 0;  // looked at in the work tree

  bool clean() const { return changes.empty(); }
};

// Of all pointers, or those that track or lie under one of `paths` (relative to the root).
// Exec bits do not count, as DVC does not keep them.
// Errors: kInvalidInput (a pointer, link or name that is refused), kNotFound (a path that no
// pointer tracks), kCorrupt (a damaged folder list).
Result<DataStatus> ReadDataStatus(const std::filesystem::path& root,
                                  const std::vector<std::string>& paths);

}  // namespace curbstop
