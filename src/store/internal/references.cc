#include "store/internal/references.h"

#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/pointers.h"
#include "store/internal/walk.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostOutput = int64_t{1} << 31;

bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool NamesObjects(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".dvc") || name == "dvc.lock" || name == "curbstop.lock";
}

Result<std::string> Git(const fs::path& root, ProcessRunner& processes,
                        std::vector<std::string> arguments, std::string input) {
  arguments.insert(arguments.begin(), {"git", "-c", "log.showRoot=true"});
  TRY_ASSIGN(const ProcessOutcome outcome, processes.Run({.argv = std::move(arguments),
                                                          .folder = root,
                                                          .environment = {},
                                                          .input = std::move(input),
                                                          .timeout = std::chrono::minutes(10),
                                                          .most_output = kMostOutput}));
  if (outcome.exit_code == 0 && !outcome.timed_out &&
      static_cast<int64_t>(outcome.out.size()) < kMostOutput) {
    return outcome.out;
  }
  return Unavailable(fmt::format("git cannot list the history: {}", Printable(Trim(outcome.err))))
      .WithHint("nothing is removed while older versions of pointers cannot be looked at");
}

// New sides of `git log --raw`: ":oldmode newmode oldblob newblob status<TAB>path".
void TakeBlobs(std::string_view raw, std::set<std::string>& blobs) {
  for (const std::string_view line : Lines(raw)) {
    if (!line.starts_with(':')) continue;
    const std::vector<std::string> fields = Split(line.substr(0, line.find('\t')), ' ');
    if (fields.size() < 5) continue;
    for (const size_t side : {2, 3}) blobs.insert(fields[side]);
  }
}

// `git ls-files -s`: "mode blob stage<TAB>path".
void TakeStaged(std::string_view listed, std::set<std::string>& blobs) {
  for (const std::string_view line : Lines(listed)) {
    const std::vector<std::string> fields = Split(line, ' ');
    if (fields.size() >= 3) blobs.insert(fields[1]);
  }
}

}  // namespace

void FindIds(std::string_view text, std::set<ObjectId>& ids) {
  for (size_t start = 0; start < text.size();) {
    size_t end = start;
    while (end < text.size() && IsHex(text[end])) ++end;
    if (const auto md5 = ParseMd5(text.substr(start, end - start))) {
      ids.insert({*md5, text.substr(end).starts_with(kDirSuffix)});
    }
    start = end + 1;
  }
}

Status FindIdsInWorkTree(const fs::path& root, std::set<ObjectId>& ids) {
  // A pointer that cannot be read may have named anything.
  const Result<Pointers> readable = FindPointers(root);
  if (!readable.ok()) return Error(readable.error()).While("cannot tell what is still named");
  WalkRules walk;
  walk.rules.Add(".git/\n/.dvc/\n/.curbstop/\n");
  TRY_ASSIGN(const std::vector<WalkedFile> files, WalkTree(root, "", std::move(walk)));
  for (const WalkedFile& file : files) {
    if (file.kind == EntryKind::kOther || !NamesObjects(file.path) || IsFolder(root / file.path))
      continue;
    TRY_ASSIGN(const std::string text, ReadFile(root / file.path));
    FindIds(text, ids);
  }
  return {};
}

Status FindIdsInHistory(const fs::path& root, ProcessRunner& processes, std::set<ObjectId>& ids,
                        std::vector<std::string>& notes) {
  const auto asked = processes.Run({.argv = {"git", "rev-parse", "--is-shallow-repository"},
                                    .folder = root,
                                    .environment = {},
                                    .input = {}});
  if (!asked.ok() || asked->exit_code != 0) {
    notes.emplace_back("no git repository: only the pointers in the work tree count");
    return {};
  }
  if (asked->out.starts_with("true"))
    notes.emplace_back("git's history is cut (shallow): older pointers do not count");
  const std::vector<std::string> names = {"--", ":(top,glob)**/*.dvc", ":(top,glob)**/dvc.lock",
                                          ":(top,glob)**/curbstop.lock"};
  std::vector<std::string> log = {"log",         "--all",          "--reflog",
                                  "-m",          "--full-history", "--raw",
                                  "--no-abbrev", "--no-renames",   "--format="};
  log.insert(log.end(), names.begin(), names.end());
  std::vector<std::string> staged = {"ls-files", "-s"};
  staged.insert(staged.end(), names.begin(), names.end());
  TRY_ASSIGN(const std::string raw, Git(root, processes, std::move(log), {}));
  TRY_ASSIGN(const std::string listed, Git(root, processes, std::move(staged), {}));
  std::set<std::string> blobs;
  TakeBlobs(raw, blobs);
  TakeStaged(listed, blobs);
  std::erase_if(blobs,
                [](const std::string& blob) { return blob.find_first_not_of('0') == blob.npos; });
  if (blobs.empty()) return {};
  std::string wanted;
  for (const std::string& blob : blobs) wanted += blob + "\n";
  TRY_ASSIGN(const std::string contents,
             Git(root, processes, {"cat-file", "--batch"}, std::move(wanted)));
  if (contents.find(" missing\n") != contents.npos) {
    return Unavailable("git lacks versions of pointers (a partial clone)")
        .WithHint("`git fetch --refetch` brings them");
  }
  FindIds(contents, ids);
  return {};
}

}  // namespace curbstop
