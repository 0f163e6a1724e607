#include "run/fingerprint.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "project/references.h"
#include "sys/files.h"
#include "sys/hash/sha256.h"

namespace curbstop {
namespace {

bool IsBelow(std::string_view path, std::string_view folder) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return path == folder ||
         (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

// Data and checkpoints of every step: another step's data is not this step's code.
std::vector<std::string> NotCode(const Project& project) {
  std::vector<std::string> paths;
  for (const DataSource& source : project.data) paths.push_back(source.from);
  for (const Step& step : project.steps) {
    if (step.checkpoint) paths.push_back(step.checkpoint->dir);
    paths.insert(paths.end(), step.inputs.begin(), step.inputs.end());
  }
  return paths;
}

bool Matches(const std::string& path, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return IsBelow(path, pattern) || GlobMatches(pattern, path);
  });
}

Result<std::map<std::string, std::string>> MadeFiles(const std::filesystem::path& root,
                                                     Journal& journal) {
  TRY_ASSIGN(Statement query,
             journal.database().Prepare("SELECT path, md5 FROM made_files WHERE root = ?"));
  query.Bind(1, std::string_view(root.native()));
  std::map<std::string, std::string> made;
  for (;;) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return made;
    made[query.Text(0)] = query.Text(1);
  }
}

// `sorted` is.
bool Holds(const std::vector<std::string>& sorted, const std::string& path) {
  return std::binary_search(sorted.begin(), sorted.end(), path);
}

bool IsPythonCache(std::string_view path) {
  return path.find("__pycache__/") != path.npos && path.ends_with(".pyc");
}

// Programs are written by people; a step that writes one is run once more, not forgotten about.
bool LooksLikeProgram(const std::string& path) {
  static constexpr std::string_view kSuffixes[] = {
      ".c",  ".cc", ".cpp", ".cu", ".cuh", ".go", ".h", ".hpp", ".ipynb", ".java", ".jl",
      ".js", ".m",  ".pl",  ".py", ".pyx", ".r",  ".R", ".rb",  ".rs",    ".sh",   ".ts"};
  const std::string suffix = std::filesystem::path(path).extension().string();
  return std::find(std::begin(kSuffixes), std::end(kSuffixes), suffix) != std::end(kSuffixes);
}

Status MarkMade(const std::filesystem::path& root, const std::vector<HashedFile>& made,
                Journal& journal) {
  if (made.empty()) return {};
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(journal.database()));
  TRY_ASSIGN(Statement insert,
             journal.database().Prepare(
                 "INSERT OR REPLACE INTO made_files(root, path, md5) VALUES(?,?,?)"));
  for (const HashedFile& file : made) {
    TRY(insert
            .BindAll(std::string_view(root.native()), std::string_view(file.path),
                     std::string_view(file.md5))
            .Run());
  }
  return transaction.Commit();
}

Json FilesJson(const std::vector<HashedFile>& files) {
  Json list = Json::MakeArray();
  for (const HashedFile& file : files) {
    list.Push(Json::MakeArray({file.path, file.md5, file.executable}));
  }
  return list;
}

}  // namespace

std::vector<std::string> CodeOf(const Project& project, const Step& step,
                                std::vector<std::string> paths) {
  const std::vector<std::string> not_code = NotCode(project);
  std::erase_if(paths, [&](const std::string& path) {
    return Matches(path, not_code) || (!step.code.empty() && !Matches(path, step.code));
  });
  return paths;
}

namespace {

struct Code {
  Json json;
  std::vector<std::string> paths;
};

Result<Code> HashCode(const Project& project, const Step& step, Journal& journal,
                      ProcessRunner& processes) {
  TRY_ASSIGN(std::vector<std::string> paths, ListCode(project.root, processes));
  Code code{Json(), paths};
  TRY_ASSIGN(std::vector<HashedFile> files,
             HashPaths(project.root, CodeOf(project, step, std::move(paths))));
  TRY_ASSIGN(const auto made, MadeFiles(project.root, journal));
  const std::vector<std::string> tracked =
      made.empty() ? std::vector<std::string>() : ListTracked(project.root, processes);
  std::erase_if(files, [&](const HashedFile& file) {
    const auto found = made.find(file.path);
    const bool is_made = found != made.end() && found->second == file.md5;
    const bool asked_for = !step.code.empty() && !IsPythonCache(file.path);
    return is_made && !asked_for && !Holds(tracked, file.path);
  });
  code.json = FilesJson(files);
  return code;
}

// Paths of everything the step reads beside its code.
Result<std::vector<std::string>> InputPaths(const Project& project, const Step& step) {
  TRY_ASSIGN(const auto values, ReferenceValues(project, step));
  std::set<std::string> paths;
  for (const auto& [reference, places] : values) {
    if (reference.find('.') != reference.npos) paths.insert(places.begin(), places.end());
  }
  for (const std::string& pattern : step.inputs) {
    TRY_ASSIGN(const std::vector<std::string> found, ExpandGlob(project.root, pattern));
    if (found.empty())
      return NotFound(fmt::format("no file matches the input `{}`", Printable(pattern)));
    paths.insert(found.begin(), found.end());
  }
  return std::vector<std::string>(paths.begin(), paths.end());
}

// Words of the commands that look like environment locks, and those of `env:`.
std::vector<std::string> LockFiles(const Project& project, const Step& step) {
  std::set<std::string> files(step.env.begin(), step.env.end());
  std::string words = step.setup + " " + step.run;
  std::replace_if(
      words.begin(), words.end(), [](char c) { return c == '\n' || c == '\t' || c == ';'; }, ' ');
  for (const std::string& word : Split(words, ' ')) {
    const std::string name = std::filesystem::path(word).filename().string();
    const bool is_lock = name == "uv.lock" || name == "pyproject.toml" ||
                         (name.starts_with("requirements") && name.ends_with(".txt"));
    if (is_lock && CheckInside(word).ok() && Exists(project.root / word)) files.insert(word);
  }
  return {files.begin(), files.end()};
}

// The first word of the step's commands that names a Python, else `python3`.
std::string PythonOf(const Step& step) {
  for (const std::string& command : {step.run, step.setup}) {
    for (const std::string& word : Split(command, ' ')) {
      const std::string name = std::filesystem::path(Trim(word)).filename().string();
      const bool is_python = name == "python" || name == "python3" || name.starts_with("python3.");
      if (is_python && (word.find('/') == word.npos || word.starts_with('/')))
        return std::string(Trim(word));
    }
  }
  return "python3";
}

Result<Json> EnvironmentLock(const Project& project, const Step& step, ProcessRunner& processes) {
  TRY_ASSIGN(const std::vector<HashedFile> files,
             HashPaths(project.root, LockFiles(project, step)));
  ProcessRequest request;
  request.argv = {PythonOf(step), "-VV"};
  request.folder = project.root;
  const Result<ProcessOutcome> python = processes.Run(request);
  const std::string version = python.ok() ? std::string(Trim(python->out + python->err)) : "none";
  return Json::MakeObject(
      {{"files", FilesJson(files)}, {"python", version}, {"setup", step.setup}});
}

Json StepKeys(const Step& step) {
  Json params = Json::MakeObject();
  for (const auto& [name, value] : step.params) params.Set(name, value);
  Json keys = Json::MakeObject({{"run", step.run}, {"params", params}, {"arch", step.needs.arch}});
  if (step.needs.gpu) {
    keys.Set("gpu",
             Json::MakeObject({{"count", step.needs.gpu->count}, {"name", step.needs.gpu->name}}));
  }
  keys.Set("outputs", Json::ArrayOf(step.outputs)).Set("metrics", step.metrics);
  return keys;
}

// By FilesJson.
std::vector<std::string> PathsOf(const Json* list) {
  std::vector<std::string> paths;
  for (const Json& file : list ? list->items() : Json::Array()) {
    if (!file.items().empty() && file.items()[0].IsString())
      paths.push_back(*file.items()[0].AsString());
  }
  return paths;
}

// A name that is not UTF-8 does not survive being written as JSON: such a file cannot be found
// again.
bool SurvivesJson(const std::string& path) { return path.find("\xEF\xBF\xBD") == path.npos; }

std::map<std::string, Json> ByPath(const Json& list) {
  std::map<std::string, Json> files;
  for (const Json& file : list.items()) files[*file.items()[0].AsString()] = file;
  std::erase_if(files, [](const auto& file) { return !SurvivesJson(file.first); });
  return files;
}

// Adds the paths of files that are in one of both lists only, or have another content.
void AddDifferences(const Json& before, const Json& now, std::set<std::string>& changed) {
  std::map<std::string, Json> gone = ByPath(before);
  for (const auto& [path, file] : ByPath(now)) {
    const auto found = gone.find(path);
    if (found == gone.end() || found->second != file) changed.insert(path);
    if (found != gone.end()) gone.erase(found);
  }
  for (const auto& [path, file] : gone) changed.insert(path);
}

Status CompareFiles(const std::filesystem::path& root, const Json* before,
                    std::vector<std::string> paths, LinksAs links, std::set<std::string>& changed) {
  if (before == nullptr || PathsOf(before).size() != before->items().size())
    return Corrupt("the fingerprint of this run cannot be read");
  std::erase_if(paths, [&](const std::string& path) { return !Exists(root / path); });
  TRY_ASSIGN(const std::vector<HashedFile> now, HashPaths(root, paths, links));
  TRY_ASSIGN(const Json listed, ParseJson(WriteJson(FilesJson(now))));
  AddDifferences(*before, listed, changed);
  return {};
}

}  // namespace

std::string AskGit(const std::filesystem::path& root, std::vector<std::string> arguments,
                   ProcessRunner& processes) {
  ProcessRequest request;
  request.argv = {"git", "-c", "core.quotePath=off"};
  request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
  request.folder = root;
  const Result<ProcessOutcome> git = processes.Run(request);
  return git.ok() && git->exit_code == 0 ? git->out : "";
}

Result<std::map<std::string, std::vector<std::string>>> ReferenceValues(const Project& project,
                                                                        const Step& step) {
  std::map<std::string, std::vector<std::string>> values;
  for (const auto& [name, value] : step.params) values[name] = {value};
  for (const Reference& reference : FindReferences(step.run + "\n" + step.setup)) {
    const size_t dot = reference.text.find('.');
    if (dot == reference.text.npos) continue;
    const std::string owner = reference.text.substr(0, dot);
    const std::string name = reference.text.substr(dot + 1);
    if (owner != "data") {
      const Step* other = project.FindStep(owner);
      if (other == nullptr)
        return InvalidInput(fmt::format("`{{{}}}` names no step", reference.text));
      TRY_ASSIGN(const std::string path, OutputPath(*other, name));
      values[reference.text] = {path};
      continue;
    }
    for (const DataSource& source : project.data) {
      if (source.name != name) continue;
      TRY_ASSIGN(values[reference.text], ExpandGlob(project.root, source.from));
      if (values[reference.text].empty()) {
        return NotFound(fmt::format("no file matches `{}`, the data `{}`", source.from, name))
            .WithHint(
                "put the data there, or `curbstop data checkout` if a `.dvc` file points to it");
      }
    }
  }
  return values;
}

Result<Fingerprint> MakeFingerprint(const Project& project, const Step& step, Journal& journal,
                                    ProcessRunner& processes) {
  Fingerprint made;
  TRY_ASSIGN(made.inputs, InputPaths(project, step));
  TRY_ASSIGN(const std::vector<HashedFile> inputs,
             HashPaths(project.root, made.inputs, LinksAs::kContents));
  TRY_ASSIGN(Code code, HashCode(project, step, journal, processes));
  TRY_ASSIGN(Json environment, EnvironmentLock(project, step, processes));
  made.code = std::move(code.paths);
  made.content = Json::MakeObject({{"version", 1},
                                   {"step", StepKeys(step)},
                                   {"code", std::move(code.json)},
                                   {"inputs", FilesJson(inputs)},
                                   {"environment", std::move(environment)}});
  made.id = Sha256Hex(WriteJson(made.content));
  return made;
}

Result<std::vector<std::string>> ChangedSources(const std::filesystem::path& root,
                                                const Json& content,
                                                const std::vector<std::string>& inputs) {
  std::set<std::string> changed;
  TRY(CompareFiles(root, content.Find("code"), PathsOf(content.Find("code")), LinksAs::kText,
                   changed));
  TRY(CompareFiles(root, content.Find("inputs"), inputs, LinksAs::kContents, changed));
  return std::vector<std::string>(changed.begin(), changed.end());
}

Status RememberMadeFiles(const std::filesystem::path& root, CodeBefore before, Journal& journal,
                         ProcessRunner& processes) {
  TRY_ASSIGN(std::vector<std::string> now, ListCode(root, processes));
  TRY_ASSIGN(const auto made_before, MadeFiles(root, journal));
  const std::vector<std::string> tracked = ListTracked(root, processes);
  std::sort(before.listed.begin(), before.listed.end());
  std::sort(before.counted.begin(), before.counted.end());
  std::erase_if(now, [&](const std::string& path) {
    const bool is_new = !Holds(before.listed, path);
    // One of an earlier run that this run may have written anew.
    const bool known =
        !before.narrowed && made_before.contains(path) && !Holds(before.counted, path);
    return !(is_new || known) || LooksLikeProgram(path) || Holds(tracked, path);
  });
  TRY_ASSIGN(const std::vector<HashedFile> made, HashPaths(root, now));
  return MarkMade(root, made, journal);
}

Json DescribeGit(const std::filesystem::path& root, ProcessRunner& processes) {
  const std::string commit(Trim(AskGit(root, {"rev-parse", "HEAD"}, processes)));
  if (commit.empty()) return Json();
  const std::string diff = AskGit(root, {"diff", "HEAD", "--", "."}, processes);
  Json git = Json::MakeObject({{"commit", commit}, {"dirty", !diff.empty()}});
  if (!diff.empty()) git.Set("diff_sha256", Sha256Hex(diff));
  return git;
}

}  // namespace curbstop
