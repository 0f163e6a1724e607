#include "store/internal/small_files.h"

#include <cerrno>
#include <sys/file.h>

#include "store/internal/hash_index.h"
#include "sys/files.h"

namespace curbstop {

Result<Fd> LockSmallFiles(const std::filesystem::path& root) {
  TRY(MakeStateFolder(root / ".curbstop"));
  const std::filesystem::path file = root / ".curbstop" / "files.lock";
  Fd fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd.ok()) return FromErrno(errno, Doing("lock", file));
  while (flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return FromErrno(errno, Doing("lock", file));
  }
  return fd;
}

Status WriteSmallFile(FileStore& files, const std::filesystem::path& file, std::string_view text) {
  // FileStore writes `.NAME.….tmp` first (sys/file_store.h).
  const std::string start = "." + file.filename().string() + ".";
  TRY_ASSIGN(const std::vector<FolderEntry> entries, ListFolder(file.parent_path()));
  for (const FolderEntry& entry : entries) {
    if (entry.name.starts_with(start) && entry.name.ends_with(".tmp"))
      TRY(files.Remove(file.parent_path() / entry.name));
  }
  return files.Write(file, text, 0644);
}

}  // namespace curbstop
