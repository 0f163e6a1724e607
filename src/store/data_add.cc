#include "store/data_add.h"

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/add_tree.h"
#include "store/internal/pointers.h"
#include "store/internal/relink.h"
#include "store/internal/small_files.h"
#include "store/internal/store_lock.h"
#include "store/names.h"
#include "sys/failpoint.h"
#include "sys/files.h"
#include "sys/mount_kind.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

std::string NameIn(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

// A pattern that stands for exactly this name.
std::string IgnoreLine(std::string_view name) {
  std::string line = "/";
  for (const char c : name) {
    if (std::string_view("\\*?[!#").find(c) != std::string_view::npos) line += '\\';
    line += c;
  }
  if (line.ends_with(' ')) line.insert(line.size() - 1, 1, '\\');
  return line;
}

class DataAdder {
 public:
  DataAdder(const DataTools& tools, const std::string& path)
      : tools_(tools), path_(path), pointer_(path + ".dvc") {}

  Result<AddedData> Run() {
    TRY(CheckPath());
    TRY_ASSIGN(config_, ReadDvcConfig(tools_.root));
    TRY(RequireLocalMount(config_.cache, "the store"));
    TRY(CheckPointers());
    TRY(CheckIgnored());
    TRY(CheckGit());
    TRY_ASSIGN(const Fd lock, LockStore(tools_.root, LockUse::kShared));
    TRY(MakeDvcFolder(tools_.root, tools_.files));
    TRY(MakeDvcIgnore());
    TRY_ASSIGN(const AddedTree tree, AddTree(tools_.root / path_, Job()));
    FAILPOINT("data.before_pointer");
    AddedData added{.object = Describe(tree), .pointer = pointer_, .changed = false};
    TRY(NameInFiles(tree, added));
    FAILPOINT("data.before_links");
    if (config_.LinksToCache()) TRY(Relink(tools_.root, config_, tree.files));
    return added;
  }

 private:
  AddJob Job() const {
    return {.root = tools_.root,
            .config = config_,
            .how = config_.LinksToCache() ? TakeHow::kHardlink : TakeHow::kCopy,
            .rules = DvcRules()};
  }

  Status CheckPath() const {
    if (path_.empty())
      return InvalidInput("the project's own folder cannot be added as data")
          .WithHint("name a file or folder in it");
    TRY(CheckMemberName(path_));
    if (path_.ends_with(".dvc")) return InvalidInput("a `.dvc` file is a pointer, not data");
    if (!Exists(tools_.root / path_))
      return NotFound(fmt::format("there is no `{}`", Printable(path_)));
    return {};
  }

  Status CheckPointers() const {
    TRY_ASSIGN(const Pointers pointers, FindPointers(tools_.root));
    for (const Pointer& pointer : pointers.all) {
      if (pointer.path == path_ && pointer.file == pointer_) continue;
      if (pointer.path == path_) {
        return InvalidInput(fmt::format("it is already tracked by `{}`", Printable(pointer.file)));
      }
      if (IsIn(path_, pointer.path)) {
        return InvalidInput(fmt::format("it is part of `{}`, which `{}` tracks",
                                        Printable(pointer.path), Printable(pointer.file)))
            .WithHint(
                fmt::format("`curbstop data add {}` takes the whole", ShellQuote(pointer.path)));
      }
      if (IsIn(pointer.path, path_)) {
        return InvalidInput(fmt::format("`{}` in it is already tracked by `{}`",
                                        Printable(pointer.path), Printable(pointer.file)))
            .WithHint("remove that pointer first, or add the parts one by one");
      }
    }
    return {};
  }

  Status CheckIgnored() const {
    IgnoreRules rules = DvcRules().rules;
    std::string folder;
    for (size_t slash = 0; slash != path_.npos; slash = path_.find('/', slash + 1)) {
      folder = path_.substr(0, slash);
      const fs::path file = tools_.root / folder / ".dvcignore";
      if (!Exists(file)) continue;
      TRY_ASSIGN(const std::string text, ReadFile(file, 1 << 20));
      rules.Add(text, folder);
    }
    if (!rules.IgnoresOrAbove(path_, IsFolder(tools_.root / path_))) return {};
    return InvalidInput("`.dvcignore` leaves it out")
        .WithHint("take the rule away, or name something else");
  }

  // Without git, or outside of a repository, nothing is tracked.
  Status CheckGit() const {
    const auto asked =
        tools_.processes.Run({.argv = {"git", "ls-files", "-z", "--", ":(literal)" + path_},
                              .folder = tools_.root,
                              .environment = {},
                              .input = {}});
    if (!asked.ok() || asked->exit_code != 0 || asked->out.empty()) return {};
    const std::string command = fmt::format("git rm -r --cached {}", ShellQuote(path_));
    return Conflict("git tracks it")
        .WithHint(fmt::format("`{}` hands it over, the files stay", command));
  }

  StoredObject Describe(const AddedTree& tree) const {
    return {.path = path_,
            .id = tree.id.Text(),
            .size = tree.size,
            .files = static_cast<int64_t>(tree.files.size()),
            .executable = tree.executable};
  }

  DvcOut OutOf(const AddedTree& tree) const {
    DvcOut out;
    out.path = NameIn(path_);
    out.md5 = tree.id.md5;
    out.is_folder = tree.id.is_folder;
    out.size = tree.size;
    if (out.is_folder) {
      out.files = static_cast<int64_t>(tree.files.size());
      out.executable_members = tree.executable;
    } else {
      out.executable = !tree.executable.empty();
    }
    return out;
  }

  // Pointer and ignore line.
  Status NameInFiles(const AddedTree& tree, AddedData& added) const {
    TRY_ASSIGN(const Fd lock, LockSmallFiles(tools_.root));
    TRY_ASSIGN(added.changed, WritePointer(tree));
    FAILPOINT("data.before_gitignore");
    return AddToGitignore();
  }

  Result<bool> WritePointer(const AddedTree& tree) const {
    const fs::path file = tools_.root / pointer_;
    const DvcOut out = OutOf(tree);
    std::string text = WriteDvcFile(out);
    if (Exists(file)) {
      TRY_ASSIGN(const std::string old, ReadFile(file, 1 << 20));
      TRY_ASSIGN(const DvcFile read, ReadDvcFile(old, pointer_));
      if (read.has_sources) {
        return InvalidInput(fmt::format("`{}` says that the data is imported or made by a command",
                                        pointer_))
            .WithHint("change it where it comes from, or remove the pointer first");
      }
      TRY_ASSIGN(text, UpdateDvcFile(old, pointer_, out));
      if (text == old) return false;
    }
    TRY(WriteSmallFile(tools_.files, file, text));
    return true;
  }

  Status MakeDvcIgnore() const {
    const fs::path file = tools_.root / ".dvcignore";
    if (Exists(file)) return {};
    TRY_ASSIGN(const Fd lock, LockSmallFiles(tools_.root));
    return WriteSmallFile(
        tools_.files, file,
        "# What `curbstop data` and DVC leave out, by the rules of .gitignore.\n");
  }

  Status AddToGitignore() const {
    const std::string folder = FolderOf(path_);
    const fs::path file = tools_.root / folder / ".gitignore";
    std::string text;
    if (Exists(file)) {
      TRY_ASSIGN(text, ReadFile(file, 1 << 20));
    }
    IgnoreRules rules;
    rules.Add(text);
    if (rules.Ignores(NameIn(path_), IsFolder(tools_.root / path_))) return {};
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    return WriteSmallFile(tools_.files, file, text + IgnoreLine(NameIn(path_)) + "\n");
  }

  const DataTools& tools_;
  const std::string path_;
  const std::string pointer_;
  DvcConfig config_;
};

}  // namespace

Result<AddedData> AddData(const DataTools& tools, const std::string& path) {
  Result<AddedData> added = DataAdder(tools, path).Run();
  if (added.ok()) return added;
  return std::move(added).error().While(
      fmt::format("cannot add `{}`", path.empty() ? "." : Printable(path)));
}

Result<std::string> RelativeToRoot(const fs::path& root, const fs::path& folder,
                                   const std::string& given) {
  const fs::path full = (folder / given).lexically_normal();
  const fs::path trimmed = full.has_filename() ? full : full.parent_path();
  std::error_code error;
  const fs::path real_parent = fs::weakly_canonical(trimmed.parent_path(), error);
  const fs::path real = error ? trimmed : real_parent / trimmed.filename();
  const fs::path real_root = fs::weakly_canonical(root, error);
  if (real == real_root) return std::string();
  const std::string inside = InsideRoot(real, error ? root : real_root);
  if (!inside.empty()) return inside;
  return InvalidInput(fmt::format("`{}` lies outside of the project `{}`", Printable(given),
                                  Printable(root.string())));
}

}  // namespace curbstop
