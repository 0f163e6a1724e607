// The files of a tree in the order of their paths' bytes, and what stat says of each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/ignore.h"
#include "store/internal/hash_index.h"
#include "sys/files.h"

namespace curbstop {

struct WalkedFile {
  std::string path;  // relative to the root
  EntryKind kind = EntryKind::kFile;
};

struct WalkRules {
  IgnoreRules rules;                      // asked for each entry; an ignored folder is not entered
  std::vector<std::string> ignore_files;  // names of files in each folder that add rules for it
  bool skip_nested_repositories = false;  // folders that hold a `.dvc` of their own
};

// Everything below `root/start` that is no folder; `start` is a folder, empty for the root itself.
// `start` and the folders above it are not asked about, but their ignore files count.
// Errors: kDenied, kNotFound.
Result<std::vector<WalkedFile>> WalkTree(const std::filesystem::path& root,
                                         const std::string& start, WalkRules rules);

struct StatedFile {
  std::string path;
  EntryKind kind = EntryKind::kFile;
  FileStamp stamp;
  mode_t mode = 0;
  bool followed = false;  // a link that stands for the file it leads to, whose stamp this is

  bool executable() const { return kind == EntryKind::kFile && (mode & 0111) != 0; }
};

// One lstat each, on all cores; a file that is gone since the walk is left out.
Result<std::vector<StatedFile>> StatFiles(const std::filesystem::path& root,
                                          std::vector<WalkedFile> files);

}  // namespace curbstop
