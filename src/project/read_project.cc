#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "project/internal/check_steps.h"
#include "project/internal/model_needs.h"
#include "project/internal/project_table.h"
#include "project/internal/step_codecs.h"
#include "project/project.h"
#include "project/yaml.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileName = "curbstop.yaml";
constexpr std::string_view kOnlyStep = "main";
constexpr std::string_view kOneLine = "one line is enough: `run: python train.py`";

FieldList ProjectFields() { return FieldsOf(static_cast<const Project*>(nullptr)).entries(); }
FieldList StepFields() { return FieldsOf(static_cast<const Step*>(nullptr)).entries(); }

bool IsKeyOf(FieldList fields, std::string_view key) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const FieldEntry& field) { return field.key == key; });
}

Error MisplacedKey(const Node& key, const NodeSource& source) {
  return source
      .At(key, fmt::format("`{}` is a key of a step, and this file has `steps:`", key.text))
      .WithHint("move it below the step's name");
}

Error UnknownAtTop(const NodeEntry& entry, FieldList known, const NodeSource& source) {
  if (entry.value.Find("run") == nullptr) return UnknownKey(entry.key, known, source);
  return source.At(entry.key, fmt::format("unknown key {}", Describe(entry.key)))
      .WithHint("steps stand below `steps:`, indented");
}

// A file without `steps:` is one step: its keys move below `steps: {main: …}`.
Result<Node> WithSteps(Node root, const NodeSource& source) {
  if (root.Find("steps") != nullptr) {
    for (const NodeEntry& entry : root.entries) {
      if (IsKeyOf(StepFields(), entry.key.text)) return MisplacedKey(entry.key, source);
    }
    return root;
  }
  std::vector<FieldEntry> all(ProjectFields().begin(), ProjectFields().end());
  all.insert(all.end(), StepFields().begin(), StepFields().end());
  Node rest = root;
  rest.entries.clear();
  NodeEntry step{.key = root, .value = root};
  step.key.kind = NodeKind::kScalar;
  step.key.entries.clear();
  step.key.text = kOnlyStep;
  step.value.entries.clear();
  for (NodeEntry& entry : root.entries) {
    if (!IsKeyOf(all, entry.key.text)) return UnknownAtTop(entry, all, source);
    if (entry.key.text == "run") step.key.line = entry.key.line, step.key.column = entry.key.column;
    (IsKeyOf(StepFields(), entry.key.text) ? step.value : rest).entries.push_back(std::move(entry));
  }
  if (step.value.Find("run") == nullptr) {
    return source.At(root, "there is neither `run:` nor `steps:`").WithHint(std::string(kOneLine));
  }
  NodeEntry steps{.key = step.key, .value = step.value};
  steps.key.text = "steps";
  steps.value.entries.clear();
  steps.value.entries.push_back(std::move(step));
  rest.entries.push_back(std::move(steps));
  return rest;
}

Status CheckShape(const Node& root, const NodeSource& source) {
  if (root.IsNull())
    return source.At(root, "the file says nothing").WithHint(std::string(kOneLine));
  if (root.IsMap()) return {};
  return source.At(root, fmt::format("found {}, expected keys and values", Describe(root)))
      .WithHint(std::string(kOneLine));
}

// What a folder's name becomes as a project's name.
std::string CleanName(std::string_view folder) {
  std::string name;
  for (const char c : folder) {
    const bool fits =
        IsLetter(c) || IsDigit(c) || ((c == '-' || c == '_' || c == '.') && !name.empty());
    if (fits) {
      name += c;
    } else if (!name.empty() && !name.ends_with('-')) {
      name += '-';
    }
  }
  name = name.substr(0, 64);
  while (name.ends_with('-') || name.ends_with('.')) name.pop_back();
  return name.empty() ? "project" : name;
}

int LineOf(const Node& budget, std::string_view key) {
  const Node* node = budget.Find(key);
  return node != nullptr ? node->line : 0;
}

CapMarks MarksOf(const Node& root, const fs::path& file) {
  const Node* budget = root.Find("budget");
  if (budget == nullptr) return {};
  return {file.filename().string(), LineOf(*budget, "cap"), LineOf(*budget, "day"),
          LineOf(*budget, "run")};
}

Result<Project> ReadNamed(const fs::path& file, std::string_view text, const NodeSource& source) {
  TRY_ASSIGN(Node tree, ParseYaml(text, source));
  TRY(CheckShape(tree, source));
  TRY_ASSIGN(const Node root, WithSteps(std::move(tree), source));
  TRY_ASSIGN(Project project, ReadFields<Project>(root, source));
  project.file = file.lexically_normal();
  project.root = project.file.parent_path();
  if (project.name.empty()) project.name = CleanName(project.root.filename().string());
  project.budget.marks = MarksOf(root, file);
  StepNodes nodes;
  for (const NodeEntry& entry : root.Find("steps")->entries) nodes[entry.key.text] = &entry.value;
  TRY(ApplyModels(project, nodes, source));
  TRY(CheckSteps(project, nodes, source));
  return project;
}

// As the user would write it: relative where it lies below the working folder.
std::string ShownPath(const fs::path& file) {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error) return file.string();
  const fs::path relative = file.lexically_relative(here);
  const bool below = !relative.empty() && *relative.begin() != "..";
  return below ? relative.string() : file.string();
}

Result<fs::path> FindFile(const fs::path& where) {
  std::error_code error;
  const fs::path start = fs::absolute(where, error).lexically_normal();
  if (!IsFolder(start)) return start;
  for (fs::path folder = start;; folder = folder.parent_path()) {
    if (Exists(folder / kFileName)) return folder / kFileName;
    if (!folder.has_relative_path()) break;
  }
  return NotFound(fmt::format("there is no `{}` in `{}` or above it", kFileName,
                              Printable(start.string())))
      .WithHint("`curbstop init` writes one");
}

}  // namespace

Need Step::NeedsToRent() const {
  Need needed = needs;
  if (sure_memory && needed.gpu) needed.gpu->memory = sure_memory;
  return needed;
}

const Step* Project::FindStep(std::string_view step_name) const {
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [&](const Step& step) { return step.name == step_name; });
  return found == steps.end() ? nullptr : &*found;
}

Result<Project> ReadProject(const fs::path& file, std::string_view text) {
  return ReadNamed(file, text, NodeSource{file.string()});
}

Result<Project> LoadProject(const fs::path& where) {
  TRY_ASSIGN(const fs::path file, FindFile(where));
  TRY_ASSIGN(const std::string text, ReadFile(file, 2 * kMostYamlBytes));
  return ReadNamed(file, text, NodeSource{ShownPath(file)});
}

}  // namespace curbstop
