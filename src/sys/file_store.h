// Changes to files that survive a crash: either the old state or the new one, never half of it.
//
// Each call has reached the disk when it returns: data is fdatasync'ed, then renamed into place,
// then its folder fsync'ed. A full disk leaves what was there before.
#pragma once

#include <filesystem>
#include <string_view>
#include <sys/types.h>

#include "base/result.h"

namespace curbstop {

class FileStore {
 public:
  virtual ~FileStore() = default;

  // Replaces or makes the file; a link is replaced, not followed. Folders on the way must exist. A
  // crash may leave a `.NAME.<16 hex digits>.tmp` beside it.
  // Errors: kExhausted (disk full), kDenied, kNotFound.
  virtual Status Write(const std::filesystem::path& file, std::string_view bytes,
                       mode_t mode = 0644) = 0;

  // Adds whole records to the end; a crash in between can leave a torn last record.
  virtual Status Append(const std::filesystem::path& file, std::string_view bytes,
                        mode_t mode = 0644) = 0;

  // Moves within one file system (kNo: these are two), replacing a file or an empty folder there.
  virtual Status Move(const std::filesystem::path& from, const std::filesystem::path& to) = 0;

  // Nothing there is success.
  virtual Status Remove(const std::filesystem::path& file) = 0;
};

class RealFileStore final : public FileStore {
 public:
  Status Write(const std::filesystem::path& file, std::string_view bytes, mode_t mode) override;
  Status Append(const std::filesystem::path& file, std::string_view bytes, mode_t mode) override;
  Status Move(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Status Remove(const std::filesystem::path& file) override;
};

// fsync of a folder, after entries in it were made or renamed by other means.
Status SyncFolder(const std::filesystem::path& folder);

}  // namespace curbstop
