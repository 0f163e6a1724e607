// Who adds to a store holds it shared, who collects its garbage alone.
#pragma once

#include <chrono>
#include <filesystem>

#include "base/result.h"
#include "store/internal/fd.h"

namespace curbstop {

enum class LockUse { kShared, kAlone };

// Held until the descriptor closes. `.curbstop/store.lock` of the project. Who adds waits for a
// collection that is under way, at most `patience`; who collects waits for nobody.
// Errors: kConflict (alone: data is being added), kUnavailable (shared: garbage is collected
// still).
Result<Fd> LockStore(const std::filesystem::path& root, LockUse use,
                     std::chrono::milliseconds patience = std::chrono::seconds(10));

}  // namespace curbstop
