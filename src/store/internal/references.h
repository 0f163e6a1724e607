// Ids of objects that texts name, in the work tree and in git's history.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/internal/layout.h"
#include "sys/process.h"

namespace curbstop {

// Every run of exactly 32 hex digits, with `.dir` behind it where it stands.
void FindIds(std::string_view text, std::set<ObjectId>& ids);

// Of all `.dvc`, `dvc.lock` and `curbstop.lock` files below `root`, ignored folders included.
Status FindIdsInWorkTree(const std::filesystem::path& root, std::set<ObjectId>& ids);

// Of all versions that git knows. A note where there is no repository or its history is cut.
// Errors: kUnavailable.
Status FindIdsInHistory(const std::filesystem::path& root, ProcessRunner& processes,
                        std::set<ObjectId>& ids, std::vector<std::string>& notes);

}  // namespace curbstop
