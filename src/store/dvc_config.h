// What `.dvc/config` and `.dvc/config.local` say about the cache. Other keys are DVC's own and left
// alone.
//
// INI as DVC writes it: `[core]`, `['remote "name"']`, `key = value`, `#` and `;` comments. A
// relative `cache.dir` counts from the `.dvc` folder.
// Source: dvc.org/doc/user-guide/project-structure/configuration; dvc 3.67, dvc/config.py.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "sys/file_store.h"

namespace curbstop {

enum class LinkKind { kReflink, kHardlink, kSymlink, kCopy };

struct DvcConfig {
  std::filesystem::path cache;  // absolute, above `files/md5`
  std::vector<LinkKind> links = {LinkKind::kReflink, LinkKind::kCopy};  // tried in this order
  bool group_shared = false;  // cache.shared = group: folders 2775

  // The user wants work tree files to be links into the cache, which are read-only.
  bool LinksToCache() const {
    return links.front() == LinkKind::kHardlink || links.front() == LinkKind::kSymlink;
  }
};

// Errors: kInvalidInput with the file and what is allowed.
Result<DvcConfig> ReadDvcConfig(const std::filesystem::path& root);

// Makes `.dvc/config` and `.dvc/.gitignore` where missing; what is there stays.
Status MakeDvcFolder(const std::filesystem::path& root, FileStore& files);

}  // namespace curbstop
