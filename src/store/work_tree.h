// What lies in a project's folder: which files belong to the code, and the hash of each, cached in
// `.curbstop/index` by inode, size and times, so that an unchanged tree costs one stat per file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/process.h"

namespace curbstop {

struct HashedFile {
  std::string path;  // relative to the root, `/` between parts
  std::string md5;
  int64_t size = 0;
  bool executable = false;
};

// Files under `root` (or one file), with hashes, sorted by path. `paths` are relative files or
// folders; a glob has been expanded already. Symlinks are hashed as their target's text unless it
// leads out of `root`, which is refused.
// Errors: kNotFound names the missing path.
Result<std::vector<HashedFile>> HashPaths(const std::filesystem::path& root,
                                          const std::vector<std::string>& paths);

// Paths under `root` that match a glob (`*`, `?`, `[…]`, `**`), natural order. A pattern without
// wildcards gives itself if it exists.
Result<std::vector<std::string>> ExpandGlob(const std::filesystem::path& root,
                                            const std::string& pattern);

// The code set of contracts §2: `git ls-files -co --exclude-standard`, without git the same walk
// by .gitignore rules; less .curbstopignore, `curbstop.yaml`, `curbstop.lock`, `out/`,
// `.curbstop/`, `.dvc/`, `*.dvc`, `.gitignore`, `.dvcignore`, `.curbstopignore`. Sorted.
Result<std::vector<std::string>> ListCode(const std::filesystem::path& root,
                                          ProcessRunner& processes);

}  // namespace curbstop
