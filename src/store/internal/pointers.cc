#include "store/internal/pointers.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "store/names.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDvcIgnore = ".dvcignore";

class Finder {
 public:
  explicit Finder(const fs::path& root) : root_(root), rules_(DvcRules().rules) {
    rules_.Add("/.curbstop/");
  }

  Status Enter(const std::string& folder) {
    TRY_ASSIGN(const std::vector<FolderEntry> entries, ListFolder(root_ / folder));
    const size_t rules_before = rules_.count();
    for (const FolderEntry& entry : entries) {
      if (entry.name != kDvcIgnore || entry.kind != EntryKind::kFile) continue;
      TRY_ASSIGN(const std::string text, ReadFile(root_ / folder / entry.name, 1 << 20));
      rules_.Add(text, folder);
    }
    for (const FolderEntry& entry : entries) TRY(TakeIfPointer(folder, entry));
    for (const FolderEntry& entry : entries) TRY(EnterIfFolder(folder, entry));
    rules_.Truncate(rules_before);
    return {};
  }

  Pointers Take() {
    std::sort(found_.all.begin(), found_.all.end(),
              [](const Pointer& a, const Pointer& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  static std::string Below(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + "/" + name;
  }

  Status TakeIfPointer(const std::string& folder, const FolderEntry& entry) {
    const std::string file = Below(folder, entry.name);
    if (entry.kind != EntryKind::kFile || !entry.name.ends_with(".dvc") ||
        rules_.Ignores(file, false))
      return {};
    TRY_ASSIGN(const std::string text, ReadFile(root_ / file, 1 << 20));
    TRY_ASSIGN(DvcFile read, ReadDvcFile(text, file));
    for (DvcOut& out : read.outs) TakeOut(file, fs::path(folder) / read.wdir, std::move(out));
    return {};
  }

  void TakeOut(const std::string& file, const fs::path& folder, DvcOut out) {
    std::string path = (folder / out.path).lexically_normal().string();
    if (path.ends_with('/')) path.pop_back();
    const auto leave_out = [&](std::string_view why) {
      found_.notes.push_back(
          fmt::format("`{}` in `{}` is left out: {}", Printable(out.path), Printable(file), why));
    };
    if (out.path.find("://") != std::string::npos || fs::path(out.path).is_absolute()) {
      return leave_out("it lies outside of the project");
    }
    if (const Status inside = CheckMemberName(path); !inside.ok())
      return leave_out(inside.error().message());
    if (!out.md5) return leave_out("the pointer names no content for it");
    tracked_.push_back(path);
    found_.all.push_back({file, std::move(path), std::move(out)});
  }

  Status EnterIfFolder(const std::string& folder, const FolderEntry& entry) {
    const std::string path = Below(folder, entry.name);
    if (entry.kind != EntryKind::kFolder || rules_.Ignores(path, true)) return {};
    if (std::find(tracked_.begin(), tracked_.end(), path) != tracked_.end()) return {};
    if (IsFolder(root_ / path / ".dvc")) return {};
    return Enter(path);
  }

  const fs::path& root_;
  IgnoreRules rules_;
  std::vector<std::string> tracked_;
  Pointers found_;
};

}  // namespace

WalkRules DvcRules() {
  WalkRules walk;
  walk.rules.Add(".hg/\n.git/\n.git\n.dvc/\n");
  walk.ignore_files = {kDvcIgnore};
  walk.skip_nested_repositories = true;
  return walk;
}

Result<Pointers> FindPointers(const fs::path& root) {
  Finder finder(root);
  TRY(finder.Enter(""));
  return finder.Take();
}

bool IsIn(std::string_view path, std::string_view folder) {
  if (folder.empty()) return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

const Pointer* PointerOf(const Pointers& pointers, std::string_view path) {
  for (const Pointer& pointer : pointers.all) {
    if (IsIn(path, pointer.path)) return &pointer;
  }
  return nullptr;
}

}  // namespace curbstop
