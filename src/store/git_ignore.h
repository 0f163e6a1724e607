// What curbstop makes in a project and git need not hold: a line in the `.gitignore` beside it.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "sys/file_store.h"

namespace curbstop {

enum class HiddenFromGit { kAlready, kNow, kNoGit };

// `/NAME` in the `.gitignore` of the folder `root`, unless a rule of git's hides `root/name`
// already or `root` lies in no work tree of git. Beside `.gitignore` files from the top of the work
// tree down, `.git/info/exclude` counts; the user's own rules in his home do not: others lack them.
// Errors: those of reading and writing.
Result<HiddenFromGit> HideFromGit(const std::filesystem::path& root, const std::string& name,
                                  FileStore& files);

}  // namespace curbstop
