// What makes two runs of a step the same (contracts §2): the step's own keys, the contents of its
// code and inputs, its environment lock. The git commit is recorded, never part of it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "project/project.h"
#include "run/journal.h"
#include "store/work_tree.h"
#include "sys/process.h"

namespace curbstop {

struct Fingerprint {
  std::string id;                   // SHA-256 in hex of `content` as compact JSON
  Json content;                     // {version, step, code, inputs, environment}
  std::vector<std::string> code;    // paths of the code set, for "which files did the step make?"
  std::vector<std::string> inputs;  // input paths that were hashed
};

// Errors: kNotFound names an input that is missing; what git and Python cannot tell is an error
// only where the step needs it.
Result<Fingerprint> MakeFingerprint(const Project& project, const Step& step, Journal& journal,
                                    ProcessRunner& processes);

// Of all the project's code (store/work_tree.h, ListCode) what this step's is.
std::vector<std::string> CodeOf(const Project& project, const Step& step,
                                std::vector<std::string> paths);

// Which of the code and inputs that `content` was made from are different now, gone, or (among the
// inputs) new; sorted. `inputs` is Fingerprint::inputs. Errors: kConflict if a file changes just
// now.
Result<std::vector<std::string>> ChangedSources(const std::filesystem::path& root,
                                                const Json& content,
                                                const std::vector<std::string>& inputs);

// The values that the references of the step's commands stand for; `out` is left to the shell.
Result<std::map<std::string, std::vector<std::string>>> ReferenceValues(const Project& project,
                                                                        const Step& step);

// Untracked files that appeared while the step ran are taken for its own: they are no code as long
// as their content stays. Somebody may make a file by hand meanwhile, so what looks like a program
// (`.py`, `.sh`, …) is never taken for the step's; and in a fingerprint a mark does not count for a
// file that git tracks by then, nor for one that the step's `code:` asks for (but for
// `__pycache__`). So at worst a step runs once more.
struct CodeBefore {
  std::vector<std::string> listed;   // Fingerprint::code
  std::vector<std::string> counted;  // of these, what was in the fingerprint
  bool narrowed = false;             // the step has `code:`
};
Status RememberMadeFiles(const std::filesystem::path& root, CodeBefore before, Journal& journal,
                         ProcessRunner& processes);

// What git prints in `root`; empty where it fails or is not there.
std::string AskGit(const std::filesystem::path& root, std::vector<std::string> arguments,
                   ProcessRunner& processes);

// {commit, dirty, diff_sha256}, or null outside git.
Json DescribeGit(const std::filesystem::path& root, ProcessRunner& processes);

}  // namespace curbstop
