#include "store/work_tree.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/text.h"
#include "store/ignore.h"
#include "store/internal/fd.h"
#include "store/internal/hash_tree.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCodeIgnore = ".curbstopignore";

// What is never code, whatever git thinks: contracts §2.
constexpr std::string_view kNeverCode =
    "/curbstop.yaml\n/curbstop.lock\n/out/\n.curbstop/\n.dvc/\n.git/\n.git\n*.dvc\n"
    ".gitignore\n.dvcignore\n.curbstopignore\n";

Status CheckLink(const fs::path& root, const StatedFile& file) {
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  const fs::path target = fs::weakly_canonical(root / file.path, error);
  const fs::path relative = target.lexically_relative(real_root);
  if (!error && !relative.empty() && *relative.begin() != "..") return {};
  return InvalidInput(
             fmt::format("`{}` is a link that leads out of the project", Printable(file.path)))
      .WithHint("put the file itself there, or list what it leads to outside of the steps' inputs");
}

Status CheckReadable(const fs::path& root, const StatedFile& file) {
  TRY(CheckInside(file.path));
  if (file.kind == EntryKind::kLink) return CheckLink(root, file);
  if (file.kind == EntryKind::kFile) return {};
  return InvalidInput(
      fmt::format("`{}` is no plain file (a pipe, socket or device)", Printable(file.path)));
}

// Its own state is no input, wherever it lies.
WalkRules StateRules() {
  WalkRules walk;
  walk.rules.Add("/.curbstop/\n");
  return walk;
}

struct Wanted {
  std::set<std::string> files;
  std::vector<std::string> folders;
  std::vector<std::string> links;  // those of `files` that are links

  void Add(std::string path, bool is_link) {
    const auto [place, is_new] = files.insert(std::move(path));
    if (is_new && is_link) links.push_back(*place);
  }
};

std::string WithoutFinalSlash(const std::string& path) {
  return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

Status AddPath(const fs::path& root, const std::string& given, Wanted& wanted) {
  const std::string path = given == "." ? "" : WithoutFinalSlash(given);
  if (!path.empty()) TRY(CheckInside(path));
  struct stat info{};
  if (lstat((root / path).c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return NotFound(fmt::format("there is no `{}`", Printable(given)));
    return FromErrno(errno, Doing("read", root / path));
  }
  if (!S_ISDIR(info.st_mode)) {
    wanted.Add(path, S_ISLNK(info.st_mode));
    return {};
  }
  wanted.folders.push_back(path);
  TRY_ASSIGN(std::vector<WalkedFile> found, WalkTree(root, path, StateRules()));
  for (WalkedFile& file : found) wanted.Add(std::move(file.path), file.kind == EntryKind::kLink);
  return {};
}

// Where the link ends, relative to the root; empty: nowhere, outside, or at a folder it lies in.
std::string EndOfLink(const fs::path& root, const fs::path& real_root, const std::string& link) {
  std::error_code error;
  const fs::path real_link = fs::canonical((root / link).parent_path(), error);
  const fs::path target = error ? fs::path() : fs::canonical(root / link, error);
  if (error) return "";
  const fs::path relative = target.lexically_relative(real_root);
  const bool outside = relative.empty() || *relative.begin() == "..";
  const bool lies_in_it = *real_link.lexically_relative(target).begin() != "..";
  return outside || lies_in_it ? "" : relative.string();
}

Status FollowLinks(const fs::path& root, Wanted& wanted) {
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  std::set<std::string> seen;
  while (!wanted.links.empty()) {
    const std::string target = EndOfLink(root, real_root, wanted.links.back());
    wanted.links.pop_back();
    if (!target.empty() && seen.insert(target).second) TRY(AddPath(root, target, wanted));
  }
  return {};
}

void MatchBelow(const fs::path& root, const std::string& folder, std::span<const std::string> parts,
                std::vector<std::string>& found);

// One step of a glob: entries of `folder` that match the first part.
void MatchPart(const fs::path& root, const std::string& folder, std::span<const std::string> parts,
               std::vector<std::string>& found) {
  const auto entries = ListFolder(root / folder);
  if (!entries.ok()) return;
  const bool anywhere = parts[0] == "**";
  for (const FolderEntry& entry : *entries) {
    if (entry.name.starts_with('.') && !parts[0].starts_with('.')) continue;
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    const bool is_folder = entry.kind == EntryKind::kFolder;
    if (anywhere && is_folder) MatchBelow(root, path, parts, found);
    if (anywhere || !GlobMatches(parts[0], entry.name)) continue;
    if (parts.size() == 1) {
      found.push_back(path);
    } else if (is_folder) {
      MatchBelow(root, path, parts.subspan(1), found);
    }
  }
}

void MatchBelow(const fs::path& root, const std::string& folder, std::span<const std::string> parts,
                std::vector<std::string>& found) {
  if (parts[0] == "**" && parts.size() == 1) {
    static const std::string kAny[] = {"*"};
    MatchPart(root, folder, kAny, found);
  } else if (parts[0] == "**") {
    MatchBelow(root, folder, parts.subspan(1), found);
  }
  MatchPart(root, folder, parts, found);
}

enum class GitFiles { kTracked, kTrackedAndNew };

Result<std::vector<std::string>> AskGit(const fs::path& root, GitFiles which,
                                        ProcessRunner& processes) {
  std::vector<std::string> argv{"git", "-c", "core.quotePath=off", "ls-files", "-cz"};
  if (which == GitFiles::kTrackedAndNew) argv.insert(argv.end(), {"-o", "--exclude-standard"});
  TRY_ASSIGN(const ProcessOutcome outcome, processes.Run({.argv = std::move(argv),
                                                          .folder = root,
                                                          .environment = {},
                                                          .input = {},
                                                          .timeout = std::chrono::minutes(2),
                                                          .most_output = int64_t{1} << 30}));
  if (outcome.exit_code != 0) return NotFound("git does not know this folder");
  std::vector<std::string> paths = Split(outcome.out, '\0');
  std::erase(paths, "");
  return paths;
}

Result<std::vector<std::string>> ListByWalk(const fs::path& root) {
  WalkRules walk;
  walk.rules.Add(kNeverCode);
  walk.ignore_files = {".gitignore"};
  TRY_ASSIGN(std::vector<WalkedFile> files, WalkTree(root, "", std::move(walk)));
  std::vector<std::string> paths;
  for (WalkedFile& file : files) paths.push_back(std::move(file.path));
  return paths;
}

Result<std::vector<std::string>> ListByGit(const fs::path& root, GitFiles which,
                                           ProcessRunner& processes);

// A repository inside of another, submodule or not, has its own list of files and its own rules;
// the outer git names the folder only. A submodule that is not checked out has no `.git`.
Result<std::vector<std::string>> ListNested(const fs::path& folder, GitFiles which,
                                            ProcessRunner& processes) {
  if (Exists(folder / ".git")) {
    Result<std::vector<std::string>> listed = ListByGit(folder, which, processes);
    if (listed.ok()) return listed;
  }
  return which == GitFiles::kTracked ? std::vector<std::string>() : ListByWalk(folder);
}

Result<std::vector<std::string>> ListByGit(const fs::path& root, GitFiles which,
                                           ProcessRunner& processes) {
  TRY_ASSIGN(const std::vector<std::string> listed, AskGit(root, which, processes));
  std::vector<std::string> paths;
  for (const std::string& path : listed) {
    const std::string name = WithoutFinalSlash(path);
    std::error_code error;
    if (!IsFolder(root / name) || fs::is_symlink(root / name, error)) {
      paths.push_back(path);
      continue;
    }
    TRY_ASSIGN(const std::vector<std::string> nested, ListNested(root / name, which, processes));
    for (const std::string& inner : nested) paths.push_back(name + "/" + inner);
  }
  return paths;
}

}  // namespace

Result<std::vector<HashedFile>> HashPaths(const fs::path& root,
                                          const std::vector<std::string>& paths, LinksAs links) {
  HashJob job{.root = root,
              .index = IndexFile(root, HashKind::kMd5),
              .kind = HashKind::kMd5,
              .scanned = {},
              .started_ns = KernelFileTimeNs()};
  Wanted wanted;
  for (const std::string& path : paths) TRY(AddPath(root, path, wanted));
  if (links == LinksAs::kContents) TRY(FollowLinks(root, wanted));
  std::vector<WalkedFile> walked;
  for (const std::string& path : wanted.files) walked.push_back({path, EntryKind::kFile});
  job.scanned = std::move(wanted.folders);
  TRY_ASSIGN(std::vector<StatedFile> stated, StatFiles(root, std::move(walked)));
  for (const StatedFile& file : stated) TRY(CheckReadable(root, file));
  TRY_ASSIGN(const std::vector<ContentFile> contents, HashTree(std::move(stated), job));
  std::vector<HashedFile> hashed;
  hashed.reserve(contents.size());
  for (const ContentFile& file : contents) {
    hashed.push_back({file.path, HexOf(file.md5), file.stamp.size, file.executable()});
  }
  return hashed;
}

Result<std::vector<std::string>> ExpandGlob(const fs::path& root, const std::string& pattern) {
  std::vector<std::string> found;
  if (pattern.find_first_of("*?[") == pattern.npos) {
    if (Exists(root / pattern)) found.push_back(pattern);
    return found;
  }
  const std::string relative = WithoutFinalSlash(pattern);
  TRY(CheckInside(relative));
  const std::vector<std::string> parts = Split(relative, '/');
  MatchBelow(root, "", parts, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::stable_sort(found.begin(), found.end(), NaturalLess);
  return found;
}

Result<std::vector<std::string>> ListCode(const fs::path& root, ProcessRunner& processes) {
  Result<std::vector<std::string>> listed = ListByGit(root, GitFiles::kTrackedAndNew, processes);
  if (!listed.ok()) {
    TRY_ASSIGN(listed, ListByWalk(root));
  }
  IgnoreRules rules;
  rules.Add(kNeverCode);
  if (Exists(root / kCodeIgnore)) {
    TRY_ASSIGN(const std::string text, ReadFile(root / kCodeIgnore, 1 << 20));
    rules.Add(text);
  }
  std::vector<std::string> code = *std::move(listed);
  std::erase_if(code, [&](const std::string& path) {
    return rules.IgnoresOrAbove(path) || !Exists(root / path) || IsFolder(root / path);
  });
  std::sort(code.begin(), code.end());
  return code;
}

std::vector<std::string> ListTracked(const fs::path& root, ProcessRunner& processes) {
  Result<std::vector<std::string>> listed = ListByGit(root, GitFiles::kTracked, processes);
  if (!listed.ok()) return {};
  std::sort(listed->begin(), listed->end());
  return *std::move(listed);
}

}  // namespace curbstop
