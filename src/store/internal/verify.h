// Whether objects are what their names say. Those known sound by the object index are only
// stat'ed, the others read: mode 0444 alone, which DVC trusts, is no proof.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "store/internal/layout.h"

namespace curbstop {

// Errors: kNotFound if one is missing, kCorrupt if one has another content; both name it.
Status VerifyObjects(const std::filesystem::path& objects, const std::filesystem::path& index,
                     std::vector<ObjectId> ids, HashKind kind);

}  // namespace curbstop
