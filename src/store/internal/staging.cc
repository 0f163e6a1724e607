#include "store/internal/staging.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/hash_index.h"
#include "sys/failpoint.h"
#include "sys/file_store.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

// Takes the lock of a staging folder; empty if its owner lives.
Fd LockFolder(const fs::path& folder) {
  Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.ok() || flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return Fd();
  struct stat opened{};
  struct stat named{};
  // Another process may have swept the folder between its making and its locking.
  const bool same = fstat(fd.get(), &opened) == 0 && lstat(folder.c_str(), &named) == 0 &&
                    opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
  return same ? std::move(fd) : Fd();
}

// Leftovers of the dead are of no use; that a removal fails is no reason to stop.
void SweepDead(const fs::path& parent) {
  const auto entries = ListFolder(parent);
  if (!entries.ok()) return;
  for (const FolderEntry& entry : *entries) {
    const fs::path folder = parent / entry.name;
    if (const Fd lock = LockFolder(folder); lock.ok()) static_cast<void>(RemoveTree(folder));
  }
}

Result<fs::path> MakeOwnFolder(const fs::path& parent) {
  std::string pattern = (parent / "XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    return FromErrno(errno, Doing("make a folder in", parent));
  return fs::path(pattern);
}

bool OnSameFileSystem(const fs::path& a, const fs::path& b) {
  struct stat info_a{};
  struct stat info_b{};
  return stat(a.c_str(), &info_a) == 0 && stat(b.c_str(), &info_b) == 0 &&
         info_a.st_dev == info_b.st_dev;
}

Status CannotMove(int error_number, const fs::path& target) {
  return FromErrno(error_number, Doing("put in place", target));
}

// For file systems that cannot exchange two names: one instant without the old and the new.
Status ReplaceInTwoSteps(const fs::path& staged, const fs::path& target, Staging& staging) {
  if (rename(target.c_str(), staging.NextName().c_str()) != 0) return CannotMove(errno, target);
  if (rename(staged.c_str(), target.c_str()) != 0) return CannotMove(errno, target);
  return {};
}

Status Replace(const fs::path& staged, const fs::path& target, Staging& staging) {
  if (!IsFolder(staged) && rename(staged.c_str(), target.c_str()) == 0) return {};
  if (renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0)
    return {};
  if (errno == EEXIST &&
      renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
    return {};
  }
  if (errno != EINVAL) return CannotMove(errno, target);
  if (Exists(target)) return ReplaceInTwoSteps(staged, target, staging);
  if (rename(staged.c_str(), target.c_str()) != 0) return CannotMove(errno, target);
  return {};
}

}  // namespace

Result<std::unique_ptr<Staging>> Staging::Open(const fs::path& parent) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    TRY(MakeFolders(parent));
    SweepDead(parent);
    Result<fs::path> folder = MakeOwnFolder(parent);
    if (!folder.ok() && folder.error().kind() == ErrorKind::kNotFound)
      continue;  // a neighbour's rmdir
    if (!folder.ok()) return std::move(folder).error();
    Fd lock = LockFolder(*folder);
    if (lock.ok())
      return std::unique_ptr<Staging>(new Staging(*std::move(folder), std::move(lock)));
  }
  return Unavailable(
      fmt::format("cannot make a folder in `{}`: others keep removing it", parent.string()));
}

Staging::~Staging() {
  static_cast<void>(RemoveTree(folder_));
  rmdir(folder_.parent_path().c_str());  // where no other is left
}

fs::path Staging::NextName() { return folder_ / fmt::format("{:x}", next_++); }

Result<std::unique_ptr<Staging>> OpenStagingFor(const fs::path& target, const fs::path& root) {
  const fs::path state = root / ".curbstop";
  if (OnSameFileSystem(root, target.parent_path())) {
    TRY(MakeStateFolder(state));
    if (OnSameFileSystem(state, target.parent_path())) return Staging::Open(state / "tmp");
  }
  return Staging::Open(target.parent_path() / ".curbstop-tmp");
}

Status PutInPlace(const fs::path& staged, const fs::path& target, Staging& staging) {
  FAILPOINT("store.before_put_in_place");
  TRY(Replace(staged, target, staging));
  FAILPOINT("store.put_in_place");
  return SyncFolder(target.parent_path());
}

}  // namespace curbstop
