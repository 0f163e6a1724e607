#include "store/internal/data_tree.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/fd.h"
#include "store/names.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

bool LiesIn(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error) return false;
  const auto rest = path.lexically_relative(real);
  return !rest.empty() && *rest.begin() != "..";
}

bool IsIgnoreFile(const StatedFile& file, const std::vector<std::string>& names) {
  const std::string_view name = std::string_view(file.path).substr(file.path.rfind('/') + 1);
  return std::find(names.begin(), names.end(), name) != names.end();
}

class DataChecker {
 public:
  DataChecker(const fs::path& base, std::string start, const fs::path& cache)
      : base_(base), start_(std::move(start)), cache_(cache) {}

  Status Check(StatedFile& file) const {
    if (file.path != start_) TRY(CheckMemberName(Member(file.path, start_)));
    if (file.kind == EntryKind::kFile) return {};
    if (file.kind == EntryKind::kLink) return Follow(file);
    return Refuse(file, "is no plain file (a pipe, socket or device)");
  }

 private:
  Status Follow(StatedFile& file) const {
    std::error_code error;
    const fs::path target = fs::canonical(base_ / file.path, error);
    if (error) return Refuse(file, "is a link that leads nowhere");
    const bool inside = file.path != start_ && LiesIn(target, base_ / start_);
    if (!inside && !LiesIn(target, cache_))
      return Refuse(file, "is a link that leads out of the data");
    struct stat info{};
    if (stat(target.c_str(), &info) != 0) return FromErrno(errno, Doing("read", target));
    if (!S_ISREG(info.st_mode))
      return Refuse(file, "is a link to a folder, which the store cannot hold");
    file = {file.path, EntryKind::kFile, StampOf(info), info.st_mode, true};
    return {};
  }

  static Error Refuse(const StatedFile& file, std::string_view why) {
    return InvalidInput(fmt::format("`{}` {}", Printable(file.path), why))
        .WithHint("move it out of the data, or replace it by the file itself");
  }

  const fs::path& base_;
  const std::string start_;
  const fs::path& cache_;
};

}  // namespace

std::string_view Member(std::string_view path, std::string_view start) {
  return start.empty() ? path : path.substr(start.size() + 1);
}

Result<DataTree> ListData(const fs::path& base, const std::string& path, const fs::path& cache,
                          WalkRules rules) {
  struct stat info{};
  if (lstat((base / path).c_str(), &info) != 0) return FromErrno(errno, Doing("read", base / path));
  DataTree tree;
  std::vector<WalkedFile> walked;
  tree.is_folder = S_ISDIR(info.st_mode);
  const std::vector<std::string> ignore_files = rules.ignore_files;
  if (tree.is_folder) {
    TRY_ASSIGN(walked, WalkTree(base, path, std::move(rules)));
  } else {
    walked.push_back({path, EntryKind::kFile});
  }
  TRY_ASSIGN(tree.files, StatFiles(base, std::move(walked)));
  for (const StatedFile& file : tree.files) {
    if (IsIgnoreFile(file, ignore_files)) {
      return InvalidInput(fmt::format("`{}` lies inside of data, where DVC refuses it",
                                      Printable(file.path)))
          .WithHint("move its rules to the `.dvcignore` above the data");
    }
  }
  const DataChecker checker(base, path, cache);
  for (StatedFile& file : tree.files) TRY(checker.Check(file));
  return tree;
}

}  // namespace curbstop
