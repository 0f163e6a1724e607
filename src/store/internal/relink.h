// Work tree files that become links into the cache, because `cache.type` asks for it.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "store/dvc_config.h"
#include "store/internal/hash_tree.h"

namespace curbstop {

// Each file is replaced in one step; one that has changed since it was hashed, is such a link
// already, or has an exec bit is left as it is.
Status Relink(const std::filesystem::path& root, const DvcConfig& config,
              const std::vector<ContentFile>& files);

}  // namespace curbstop
