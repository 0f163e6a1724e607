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

enum class LinksAs {
  kText,      // a link counts as its text, whatever lies behind it
  kContents,  // files and folders that links lead to are hashed too, each under its own path
};

// Files under `root` (or one file), with hashes, sorted by path. `paths` are relative files or
// folders; a glob has been expanded already. A link is hashed as its text unless it leads out of
// `root`, which is refused. Behind a link to a folder above itself nothing is looked for.
// Errors: kNotFound names the missing path.
Result<std::vector<HashedFile>> HashPaths(const std::filesystem::path& root,
                                          const std::vector<std::string>& paths,
                                          LinksAs links = LinksAs::kText);

// Paths under `root` that match a glob (`*`, `?`, `[…]`, `**`), natural order. A pattern without
// wildcards gives itself if it exists.
Result<std::vector<std::string>> ExpandGlob(const std::filesystem::path& root,
                                            const std::string& pattern);

// The code set of contracts §2: `git ls-files -co --exclude-standard`, without git the same walk
// by .gitignore rules; submodules and repositories inside by their own list; less .curbstopignore,
// `curbstop.yaml`, `curbstop.lock`, `out/`,
// `.curbstop/`, `.dvc/`, `*.dvc`, `.gitignore`, `.dvcignore`, `.curbstopignore`. Sorted.
Result<std::vector<std::string>> ListCode(const std::filesystem::path& root,
                                          ProcessRunner& processes);

// What git tracks under `root`, submodules included, sorted; without git nothing.
std::vector<std::string> ListTracked(const std::filesystem::path& root, ProcessRunner& processes);

}  // namespace curbstop
