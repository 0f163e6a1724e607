#include "run/results.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "store/git_ignore.h"
#include "sys/failpoint.h"
#include "sys/file_lock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

fs::path LockFile(const fs::path& root) { return root / "curbstop.lock"; }

Result<Json> ReadLock(const fs::path& root) {
  if (!Exists(LockFile(root)))
    return Json::MakeObject({{"version", 1}, {"results", Json::MakeObject()}});
  TRY_ASSIGN(const std::string text, ReadFile(LockFile(root), 64 << 20));
  Result<Json> lock = ParseJson(text);
  if (!lock.ok() || lock->IntOr("version", 0) != 1) {
    return Corrupt(fmt::format("`{}` is not a lock file of version 1", LockFile(root).string()))
        .WithHint("restore it from git, or delete it: the steps then run once more");
  }
  return lock;
}

Result<bool> AllStored(const Json& outputs, const ObjectStore& store) {
  for (const Json& output : outputs.items()) {
    TRY_ASSIGN(const bool there, store.Has(output.StringOr("md5", "")));
    if (!there) return false;
  }
  return true;
}

Result<std::optional<StepResult>> FindInDatabase(const Project& project, const Step& step,
                                                 const std::string& fingerprint, Journal& journal) {
  TRY_ASSIGN(
      Statement query,
      journal.database().Prepare(
          "SELECT run, outputs FROM results WHERE project = ? AND step = ? AND fingerprint = ?"));
  query.BindAll(std::string_view(project.name), std::string_view(step.name),
                std::string_view(fingerprint));
  TRY_ASSIGN(const bool found, query.Step());
  if (!found) return std::optional<StepResult>();
  TRY_ASSIGN(Json outputs, ParseJson(query.Text(1)));
  return std::optional(StepResult{query.Text(0), std::move(outputs)});
}

Result<std::optional<StepResult>> FindInLock(const Project& project, const Step& step,
                                             const std::string& fingerprint) {
  TRY_ASSIGN(const Json lock, ReadLock(project.root));
  const Json* results = lock.Find("results");
  const Json* result = results ? results->Find(step.name) : nullptr;
  if (result == nullptr || result->StringOr("fingerprint", "") != fingerprint) {
    return std::optional<StepResult>();
  }
  const Json* outputs = result->Find("outputs");
  return std::optional(
      StepResult{result->StringOr("run", ""), outputs ? *outputs : Json::MakeArray()});
}

Status MirrorInLock(const KeptResult& kept, FileStore& files) {
  // Two runs of one project may end together: read, change and write under a lock.
  TRY_ASSIGN([[maybe_unused]] const FileLock lock,
             FileLock::Take(kept.root / ".curbstop" / "lock.lock", std::chrono::seconds(2)));
  TRY_ASSIGN(Json content, ReadLock(kept.root));
  Json results = content.Find("results") ? *content.Find("results") : Json::MakeObject();
  results.Set(kept.step, Json::MakeObject({{"fingerprint", kept.fingerprint},
                                           {"run", kept.result.run},
                                           {"outputs", kept.result.outputs}}));
  content.Set("results", results);
  return files.Write(LockFile(kept.root), WriteJson(content, JsonStyle::kIndented) + "\n", 0644);
}

// The ids and paths that `out/STEP` was made from, kept beside it.
std::string LinkedText(const Json& outputs) { return WriteJson(outputs) + "\n"; }

// Members of an output that carry the exec bit: a stored folder's list does not say so.
std::vector<std::string> Executables(const Json& output) {
  std::vector<std::string> names;
  const Json* list = output.Find("executable");
  for (const Json& name : list ? list->items() : Json::Array()) {
    if (name.IsString()) names.push_back(*name.AsString());
  }
  return names;
}

Status Exchange(const fs::path& a, const fs::path& b) {
  if (!Exists(b)) {
    if (rename(a.c_str(), b.c_str()) == 0) return {};
    return FromErrno(errno, fmt::format("cannot put `{}` in place", b.string()));
  }
  if (syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0)
    return {};
  // A file system without exchange: two renames, a moment without the folder.
  const fs::path old = a.string() + ".old";
  if (rename(b.c_str(), old.c_str()) != 0 || rename(a.c_str(), b.c_str()) != 0) {
    return FromErrno(errno, fmt::format("cannot put `{}` in place", b.string()));
  }
  return RemoveTree(old);
}

}  // namespace

Result<std::optional<StepResult>> FindResult(const Project& project, const Step& step,
                                             const std::string& fingerprint, Journal& journal,
                                             const ObjectStore& store) {
  TRY_ASSIGN(std::optional<StepResult> found, FindInDatabase(project, step, fingerprint, journal));
  if (!found) {
    TRY_ASSIGN(found, FindInLock(project, step, fingerprint));
  }
  if (!found) return found;
  TRY_ASSIGN(const bool stored, AllStored(found->outputs, store));
  return stored ? found : std::nullopt;
}

Status KeepResult(const KeptResult& kept, Journal& journal, FileStore& files) {
  TRY_ASSIGN(
      Statement insert,
      journal.database().Prepare("INSERT OR REPLACE INTO results(project, step, fingerprint, run, "
                                 "outputs, at_ms) VALUES(?,?,?,?,?,?)"));
  const std::string outputs = WriteJson(kept.result.outputs);
  TRY(insert
          .BindAll(std::string_view(kept.project), std::string_view(kept.step),
                   std::string_view(kept.fingerprint), std::string_view(kept.result.run),
                   std::string_view(outputs), kept.at_ms)
          .Run());
  FAILPOINT("commit.after_result");
  return MirrorInLock(kept, files);
}

Result<bool> LinkOutputs(const fs::path& root, const std::string& step, const Json& outputs,
                         const ObjectStore& store) {
  const fs::path target = root / "out" / step;
  const fs::path linked = root / ".curbstop" / "linked" / step;
  const Result<std::string> before = ReadFile(linked);
  const bool same = before.ok() && *before == LinkedText(outputs);
  bool all_there = Exists(target);
  for (const Json& output : outputs.items()) {
    all_there = all_there && Exists(target / output.StringOr("path", ""));
  }
  if (same && all_there) return false;
  const fs::path fresh = root / "out" / fmt::format(".{}.new", step);
  TRY(RemoveTree(fresh));
  TRY(MakeFolders(fresh));
  for (const Json& output : outputs.items()) {
    const std::string path = output.StringOr("path", "");
    TRY(CheckInside(path));
    TRY(MakeFolders((fresh / path).parent_path()));
    TRY(store.Checkout(output.StringOr("md5", ""), fresh / path, Executables(output)));
  }
  FAILPOINT("commit.before_link");
  TRY(Exchange(fresh, target));
  TRY(RemoveTree(fresh));
  TRY(MakeFolders(linked.parent_path()));
  RealFileStore files;
  TRY(files.Write(linked, LinkedText(outputs), 0644));
  const Result<HiddenFromGit> hidden = HideFromGit(root, "out", files);
  return hidden.ok() && *hidden == HiddenFromGit::kNow;
}

Result<std::vector<std::string>> NamedObjects(Journal& journal) {
  TRY_ASSIGN(
      Statement query,
      journal.database().Prepare("SELECT outputs FROM results UNION ALL SELECT outputs FROM runs"));
  std::vector<std::string> ids;
  for (;;) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return ids;
    TRY_ASSIGN(const Json outputs, ParseJson(query.Text(0)));
    for (const Json& output : outputs.items()) ids.push_back(output.StringOr("md5", ""));
  }
}

}  // namespace curbstop
