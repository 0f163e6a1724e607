#include "store/git_ignore.h"

#include "store/ignore.h"
#include "store/internal/small_files.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostRules = 1 << 20;

// Empty where there is none.
fs::path TopOfWorkTree(const fs::path& root) {
  for (fs::path folder = root;; folder = folder.parent_path()) {
    if (Exists(folder / ".git")) return folder;
    if (folder == folder.root_path() || folder.empty()) return {};
  }
}

Status AddRules(const fs::path& file, const std::string& folder, IgnoreRules& rules) {
  if (!Exists(file)) return {};
  TRY_ASSIGN(const std::string text, ReadFile(file, kMostRules));
  rules.Add(text, folder);
  return {};
}

Result<IgnoreRules> RulesFor(const fs::path& top, const fs::path& relative_root) {
  IgnoreRules rules;
  TRY(AddRules(top / ".git" / "info" / "exclude", "", rules));
  TRY(AddRules(top / ".gitignore", "", rules));
  fs::path folder;
  for (const fs::path& part : relative_root) {
    if (part == ".") continue;
    folder /= part;
    TRY(AddRules(top / folder / ".gitignore", folder.string(), rules));
  }
  return rules;
}

}  // namespace

Result<HiddenFromGit> HideFromGit(const fs::path& root, const std::string& name, FileStore& files) {
  const fs::path top = TopOfWorkTree(root);
  if (top.empty()) return HiddenFromGit::kNoGit;
  TRY_ASSIGN(const Fd lock, LockSmallFiles(root));
  const fs::path relative_root = root.lexically_relative(top);
  TRY_ASSIGN(const IgnoreRules rules, RulesFor(top, relative_root));
  const std::string path = (relative_root / name).lexically_normal().string();
  if (rules.IgnoresOrAbove(path, true)) return HiddenFromGit::kAlready;
  const fs::path file = root / ".gitignore";
  std::string text;
  if (Exists(file)) {
    TRY_ASSIGN(text, ReadFile(file, kMostRules));
  }
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  TRY(WriteSmallFile(files, file, text + "/" + name + "\n"));
  return HiddenFromGit::kNow;
}

}  // namespace curbstop
