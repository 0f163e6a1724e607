// Who adds to a store holds it shared, who collects its garbage alone.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "store/internal/fd.h"

namespace curbstop {

enum class LockUse { kShared, kAlone };

// Held until the descriptor closes. `.curbstop/store.lock` of the project.
// Errors: kConflict if another process holds it in the other way.
Result<Fd> LockStore(const std::filesystem::path& root, LockUse use);

}  // namespace curbstop
