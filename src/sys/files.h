// Reading files and folders, and the few changes that need not be durable.
//
// What must survive a crash or a full disk goes through FileStore (sys/file_store.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

// Errors: kNotFound, kDenied, kInvalidInput if it is larger than `most` bytes or no plain file.
Result<std::string> ReadFile(const std::filesystem::path& file, int64_t most = int64_t{1} << 30);

// Last `most` bytes, from a line's start where there is one among them. Errors: as ReadFile.
Result<std::string> ReadTail(const std::filesystem::path& file, int64_t most);

enum class EntryKind { kFile, kFolder, kLink, kOther };

struct FolderEntry {
  std::string name;
  EntryKind kind = EntryKind::kOther;
};

// Without `.` and `..`, sorted by byte order.
Result<std::vector<FolderEntry>> ListFolder(const std::filesystem::path& folder);

bool Exists(const std::filesystem::path& path);  // a dangling link exists

int64_t FileSize(const std::filesystem::path& file);  // in bytes; 0: there is none

// Device and inode: the same file under whatever name. Zeros: there is none.
struct FileId {
  uint64_t device = 0;
  uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
};
FileId FileIdOf(const std::filesystem::path& file);

bool IsFolder(const std::filesystem::path& path);

// The folder and those on the way, 0700 where `private_to_user`.
Status MakeFolders(const std::filesystem::path& folder, bool private_to_user = false);

// The tree and everything in it, without following links; nothing there is success.
Status RemoveTree(const std::filesystem::path& path);

// Adds to the end without waiting for the disk: for logs.
Status AppendQuickly(const std::filesystem::path& file, std::string_view bytes);

// A path that stays inside `root` when joined to it: relative, no empty, `.` or `..` part, no NUL,
// no newline. Errors: kInvalidInput.
Status CheckInside(std::string_view relative);

}  // namespace curbstop
