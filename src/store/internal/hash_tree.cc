#include "store/internal/hash_tree.h"

#include <atomic>
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/fd.h"
#include "store/internal/parallel.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

Result<Md5> HashLink(const fs::path& link) {
  char text[4096];
  const ssize_t size = readlink(link.c_str(), text, sizeof text);
  if (size < 0) return FromErrno(errno, Doing("read the link", link));
  return Md5Of({text, static_cast<size_t>(size)});
}

Result<Md5> HashPlainFile(const fs::path& file, const FileStamp& expected, HashKind kind) {
  TRY_ASSIGN(const Fd fd, OpenToRead(file));
  Md5Hasher hasher(kind);
  TRY(ReadBlocks(fd.get(), file, kHashBlock, [&](std::string_view block) -> Status {
    hasher.Update(block);
    return {};
  }));
  struct stat info{};
  if (fstat(fd.get(), &info) != 0) return FromErrno(errno, Doing("read", file));
  // Links to the file that are made meanwhile move its change time only.
  if (IsSame(WithoutChangeTime(StampOf(info)), expected)) return hasher.Finish();
  return Conflict(fmt::format("`{}` changes while it is read", Printable(file.string())))
      .WithHint("let the program that writes it finish, then try again");
}

std::vector<IndexEntry> EntriesOf(const std::vector<ContentFile>& files, int64_t started_ns) {
  std::vector<IndexEntry> entries;
  entries.reserve(files.size());
  for (const ContentFile& file : files) {
    if (file.kind == EntryKind::kFile) {
      entries.push_back({file.path, file.stamp, file.md5, IsRacy(file.stamp, started_ns)});
    }
  }
  return entries;
}

}  // namespace

fs::path IndexFile(const fs::path& root, HashKind kind) {
  return root / ".curbstop" / (kind == HashKind::kMd5 ? "index" : "index-dos2unix");
}

fs::path SourceOf(const fs::path& root, const StatedFile& file) {
  const fs::path path = root / file.path;
  std::error_code error;
  return file.followed ? fs::canonical(path, error) : path;
}

std::vector<ContentFile> WithoutHashes(std::vector<StatedFile> files) {
  std::vector<ContentFile> contents;
  contents.reserve(files.size());
  for (StatedFile& file : files) contents.push_back({std::move(file), {}});
  return contents;
}

std::vector<size_t> LookUpHashes(const HashIndex& index, std::vector<ContentFile>& files) {
  HashIndex::Cursor cursor(index);
  std::vector<size_t> unknown;
  for (size_t i = 0; i < files.size(); ++i) {
    const Md5* known =
        files[i].kind == EntryKind::kFile ? cursor.Find(files[i].path, files[i].stamp) : nullptr;
    if (known != nullptr) {
      files[i].md5 = *known;
    } else {
      unknown.push_back(i);
    }
  }
  return unknown;
}

void SaveHashes(const HashIndex& index, const std::vector<ContentFile>& files, const HashJob& job) {
  if (job.index.empty()) return;
  static_cast<void>(index.Save(job.index, EntriesOf(files, job.started_ns), job.scanned));
}

Result<std::vector<ContentFile>> HashTree(std::vector<StatedFile> stated, const HashJob& job) {
  std::vector<ContentFile> files = WithoutHashes(std::move(stated));
  const HashIndex index = HashIndex::Load(job.index);
  const std::vector<size_t> unknown = LookUpHashes(index, files);
  std::atomic<bool> news{false};
  TRY(ForEachParallel(unknown.size(), 1, [&](size_t i) -> Status {
    ContentFile& file = files[unknown[i]];
    if (file.kind == EntryKind::kLink) {
      TRY_ASSIGN(file.md5, HashLink(job.root / file.path));
      return {};
    }
    TRY_ASSIGN(file.md5, HashPlainFile(SourceOf(job.root, file), file.stamp, job.kind));
    news = true;
    return {};
  }));
  if (news) SaveHashes(index, files, job);
  return files;
}

}  // namespace curbstop
