// The files of a data file or folder, as the store takes them: checked names, no special files,
// links only where they stand for a file inside.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/dvc_config.h"
#include "store/internal/walk.h"

namespace curbstop {

struct DataTree {
  bool is_folder = false;
  std::vector<StatedFile> files;  // paths relative to the base, sorted
};

// `path` is relative to `base`. A link inside a folder is taken for the file it leads to, if that
// lies in the same folder or in the cache; links to folders, dangling ones and those that lead out
// are refused.
// Errors: kNotFound, kInvalidInput with the place.
Result<DataTree> ListData(const std::filesystem::path& base, const std::string& path,
                          const std::filesystem::path& cache, WalkRules rules);

// `path` below the folder `start`.
std::string_view Member(std::string_view path, std::string_view start);

}  // namespace curbstop
