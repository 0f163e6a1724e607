// Pointers, ignore files and settings: small text files that several processes may write at once.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "store/internal/fd.h"
#include "sys/file_store.h"

namespace curbstop {

// Waits its turn; held until the descriptor closes. Read, change and write such files under it.
Result<Fd> LockSmallFiles(const std::filesystem::path& root);

// Durable and atomic, under the lock above; what a killed writer of this file left is removed.
Status WriteSmallFile(FileStore& files, const std::filesystem::path& file, std::string_view text);

}  // namespace curbstop
