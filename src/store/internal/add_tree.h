// Adding a file or folder to the store.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/dir_object.h"
#include "store/dvc_config.h"
#include "store/internal/hash_tree.h"
#include "store/internal/layout.h"
#include "store/internal/object_batch.h"

namespace curbstop {

struct AddJob {
  std::filesystem::path root;  // of the project, whose index is used for what lies in it
  DvcConfig config;
  TakeHow how = TakeHow::kCopy;
  WalkRules rules;
};

struct AddedTree {
  ObjectId id;
  int64_t size = 0;
  std::vector<ContentFile> files;       // paths relative to the base: root, or the parent folder
  std::vector<std::string> executable;  // members; the name itself for a single file
};

// `path` is absolute. When it returns, every object is durable; at an error none of the folder's
// list is, so nothing names half a folder.
// Errors: those of ListData and ObjectBatch.
Result<AddedTree> AddTree(const std::filesystem::path& path, const AddJob& job);

// Where the stamps of objects known to be sound are kept.
std::filesystem::path ObjectIndexFile(const std::filesystem::path& root);

// `path` relative to `root`, or empty if it lies outside.
std::string InsideRoot(const std::filesystem::path& path, const std::filesystem::path& root);

}  // namespace curbstop
