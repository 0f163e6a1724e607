// `{references}` in a step's `run:` and `setup:` lines.
//
// `{out}`, `{param}`, `{data.NAME}`, `{STEP.OUTPUT}`; a reference is `{` name (`.` name)* `}` with
// nothing else in the braces and no `$` before them, so `${HOME}`, `{a,b}` and `awk '{print $1}'`
// stay the shell's. `{{` is a literal `{`. What is put in is quoted for a POSIX shell.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "project/project.h"

namespace curbstop {

struct Reference {
  std::string text;  // without braces: "data.calls"
  size_t offset = 0;
};

std::vector<Reference> FindReferences(std::string_view command);

// `values` maps a reference's text to what it stands for; several values (a glob) are joined by
// spaces, each quoted. Errors: kInvalidInput for a reference that has none.
Result<std::string> ExpandReferences(std::string_view command,
                                     const std::map<std::string, std::vector<std::string>>& values);

struct StepReference {
  const Step* step = nullptr;
  std::string output;  // as written, to be given to OutputPath
};

// What `train.model` refers to: the step with the longest name before a point. Empty if none is.
std::optional<StepReference> FindStepReference(const std::vector<Step>& steps,
                                               std::string_view reference);

// The path of a step's output in the project, `out/STEP/…`, for `{step.output}`: `output` is the
// declared path, or its last name, or that name before its first dot where only one output has it.
// Errors: kInvalidInput with the step's outputs.
Result<std::string> OutputPath(const Step& step, std::string_view output);

}  // namespace curbstop
