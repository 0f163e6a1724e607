// `data add`: a file or folder of the work tree comes under the store's care.
//
// In this order, so that a crash leaves nothing that names what is not there: objects, `.dvc`
// pointer, line in the `.gitignore` beside the data, links (only where `cache.type` asks for them).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/object_store.h"
#include "sys/file_store.h"
#include "sys/process.h"

namespace curbstop {

struct AddedData {
  StoredObject object;
  std::string pointer;   // the `.dvc` file, relative to the root
  bool changed = false;  // the pointer is new or says something else than before
};

struct DataTools {
  std::filesystem::path root;
  FileStore& files;
  ProcessRunner& processes;  // asks git whether it tracks the path
};

// `path` is relative to the root.
// Errors: kNotFound; kInvalidInput if it lies outside, in a tracked folder or over tracked data, is
// ignored by `.dvcignore`, holds names or links that are refused; kConflict if git tracks it, it
// changes meanwhile, or `data gc` runs; kExhausted.
Result<AddedData> AddData(const DataTools& tools, const std::string& path);

// `given` as a user typed it in `folder`, relative to the root ("" for the root itself). Links on
// the way are followed, the last part is not. Errors: kInvalidInput if it lies outside.
Result<std::string> RelativeToRoot(const std::filesystem::path& root,
                                   const std::filesystem::path& folder, const std::string& given);

}  // namespace curbstop
