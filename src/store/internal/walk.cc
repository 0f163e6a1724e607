#include "store/internal/walk.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

#include "base/text.h"
#include "store/internal/fd.h"
#include "store/internal/parallel.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

std::string Below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

class Walker {
 public:
  Walker(const fs::path& root, WalkRules rules) : root_(root), walk_(std::move(rules)) {}

  Status AddRulesAbove(const std::string& start) {
    if (start.empty()) return {};
    TRY(AddRulesOf(""));
    for (size_t slash = start.find('/'); slash != start.npos; slash = start.find('/', slash + 1)) {
      TRY(AddRulesOf(start.substr(0, slash)));
    }
    return {};
  }

  Status Enter(const std::string& folder) {
    TRY_ASSIGN(std::vector<FolderEntry> entries, ListFolder(root_ / folder));
    const size_t rules_before = walk_.rules.count();
    for (const FolderEntry& entry : entries) TRY(AddRulesIfIgnoreFile(folder, entry));
    // As paths sort: a folder's name counts with the slash that follows it.
    std::sort(entries.begin(), entries.end(), [](const FolderEntry& a, const FolderEntry& b) {
      if (a.kind != EntryKind::kFolder && b.kind != EntryKind::kFolder) return a.name < b.name;
      return SortName(a) < SortName(b);
    });
    for (FolderEntry& entry : entries) TRY(Take(Below(folder, entry.name), entry.kind));
    walk_.rules.Truncate(rules_before);
    return {};
  }

  std::vector<WalkedFile> TakeFound() { return std::move(found_); }

 private:
  static std::string SortName(const FolderEntry& entry) {
    return entry.kind == EntryKind::kFolder ? entry.name + "/" : entry.name;
  }

  Status Take(std::string path, EntryKind kind) {
    const bool is_folder = kind == EntryKind::kFolder;
    if (walk_.rules.Ignores(path, is_folder)) return {};
    if (!is_folder) {
      found_.push_back({std::move(path), kind});
      return {};
    }
    if (walk_.skip_nested_repositories && IsFolder(root_ / path / ".dvc")) return {};
    return Enter(path);
  }

  Status AddRulesIfIgnoreFile(const std::string& folder, const FolderEntry& entry) {
    const auto& names = walk_.ignore_files;
    if (entry.kind != EntryKind::kFile ||
        std::find(names.begin(), names.end(), entry.name) == names.end())
      return {};
    return AddRules(folder, entry.name);
  }

  Status AddRulesOf(const std::string& folder) {
    for (const std::string& name : walk_.ignore_files) {
      if (Exists(root_ / folder / name)) TRY(AddRules(folder, name));
    }
    return {};
  }

  Status AddRules(const std::string& folder, const std::string& name) {
    TRY_ASSIGN(const std::string text, ReadFile(root_ / folder / name, 1 << 20));
    walk_.rules.Add(text, folder);
    return {};
  }

  const fs::path& root_;
  WalkRules walk_;
  std::vector<WalkedFile> found_;
};

}  // namespace

Result<std::vector<WalkedFile>> WalkTree(const fs::path& root, const std::string& start,
                                         WalkRules rules) {
  Walker walker(root, std::move(rules));
  TRY(walker.AddRulesAbove(start));
  TRY(walker.Enter(start));
  return walker.TakeFound();
}

Result<std::vector<StatedFile>> StatFiles(const fs::path& root, std::vector<WalkedFile> files) {
  TRY_ASSIGN(const Fd folder, OpenFolder(root));
  std::vector<StatedFile> stated(files.size());
  TRY(ForEachParallel(files.size(), 256, [&](size_t i) -> Status {
    struct stat info{};
    if (fstatat(folder.get(), files[i].path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return {};
      return FromErrno(errno, Doing("read", root / files[i].path));
    }
    EntryKind kind = S_ISREG(info.st_mode) ? EntryKind::kFile : EntryKind::kOther;
    if (S_ISLNK(info.st_mode)) kind = EntryKind::kLink;
    if (S_ISDIR(info.st_mode)) kind = EntryKind::kFolder;
    stated[i] = {std::move(files[i].path), kind, StampOf(info), info.st_mode, false};
    return {};
  }));
  std::erase_if(stated, [](const StatedFile& file) { return file.path.empty(); });
  return stated;
}

}  // namespace curbstop
