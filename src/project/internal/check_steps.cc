#include "project/internal/check_steps.h"

#include <algorithm>
#include <queue>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "project/references.h"

namespace curbstop {
namespace {

enum class Command { kRun, kSetup };

void AddOnce(std::vector<std::string>& list, const std::string& name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

std::vector<std::string> StepNames(const Project& project) {
  std::vector<std::string> names;
  for (const Step& step : project.steps) names.push_back(step.name);
  return names;
}

// Everything that a command of `step` may refer to.
std::vector<std::string> KnownReferences(const Project& project, const Step& step,
                                         Command command) {
  std::vector<std::string> known;
  for (const auto& [name, value] : step.params) known.push_back(name);
  if (command == Command::kSetup) return known;
  known.push_back("out");
  for (const DataSource& data : project.data) known.push_back("data." + data.name);
  for (const Step& other : project.steps) {
    if (other.name == step.name) continue;
    for (const std::string& output : other.outputs) {
      known.push_back(other.name + "." + output.substr(0, output.find_first_of("./", 1)));
    }
  }
  return known;
}

class ReferenceCheck {
 public:
  ReferenceCheck(const Project& project, Step& step, const NodeSource& source)
      : project_(project), step_(step), source_(source) {}

  Status Check(const Node& text, Command command) {
    for (const Reference& reference : FindReferences(text.text)) {
      const Status known = CheckOne(reference.text, command);
      if (known.ok()) continue;
      Error error = source_.AtOffset(text, reference.offset, known.error().message());
      return std::move(error).WithHint(known.error().hint());
    }
    return {};
  }

 private:
  Status CheckOne(const std::string& reference, Command command) {
    if (step_.params.contains(reference)) return {};
    if (command == Command::kSetup) return Unknown(reference, command);
    const bool is_data =
        std::any_of(project_.data.begin(), project_.data.end(),
                    [&](const DataSource& data) { return reference == "data." + data.name; });
    if (is_data || reference == "out") return {};
    const std::optional<StepReference> found = FindStepReference(project_.steps, reference);
    if (!found) return Unknown(reference, command);
    return CheckOutput(*found);
  }

  Status CheckOutput(const StepReference& found) {
    if (found.step->name == step_.name) {
      return InvalidInput(
                 fmt::format("step `{}` refers to its own output `{}`", step_.name, found.output))
          .WithHint(fmt::format("write `{{out}}/{}` for what it is making", found.output));
    }
    TRY(OutputPath(*found.step, found.output));
    AddOnce(step_.after, found.step->name);
    return {};
  }

  Error Unknown(const std::string& reference, Command command) const {
    const std::vector<std::string> known = KnownReferences(project_, step_, command);
    std::vector<std::string> shown;
    for (const std::string& name : known) shown.push_back("`{" + name + "}`");
    const std::string allowed = shown.empty() ? "there are none" : Join(shown, ", ");
    const std::string_view where =
        command == Command::kSetup ? "`setup` knows the step's parameters:" : "known here:";
    return InvalidInput(fmt::format("nothing is known as `{{{}}}`{}", reference,
                                    DidYouMean(reference, known)))
        .WithHint(fmt::format("{} {}; `{{{{` writes a brace that is no reference", where, allowed));
  }

  const Project& project_;
  Step& step_;
  const NodeSource& source_;
};

Status CheckReferences(Project& project, const StepNodes& nodes, const NodeSource& source) {
  for (Step& step : project.steps) {
    ReferenceCheck check(project, step, source);
    const Node& keys = *nodes.at(step.name);
    if (const Node* run = keys.Find("run")) TRY(check.Check(*run, Command::kRun));
    if (const Node* setup = keys.Find("setup")) TRY(check.Check(*setup, Command::kSetup));
  }
  return {};
}

Status CheckAfter(Project& project, const StepNodes& nodes, const NodeSource& source) {
  const std::vector<std::string> names = StepNames(project);
  for (Step& step : project.steps) {
    const Node* after = nodes.at(step.name)->Find("after");
    std::vector<std::string> unique;
    for (size_t i = 0; i < step.after.size(); ++i) {
      const std::string& name = step.after[i];
      const Node& at = after->IsList() ? after->items[i] : *after;
      if (name == step.name) return source.At(at, fmt::format("step `{}` waits for itself", name));
      if (project.FindStep(name) == nullptr) {
        return source
            .At(at, fmt::format("there is no step {}{}", Describe(at), DidYouMean(name, names)))
            .WithHint("the steps are " + Join(names, ", "));
      }
      AddOnce(unique, name);
    }
    step.after = std::move(unique);
  }
  return {};
}

bool Overlap(const std::string& a, const std::string& b) {
  return (a + "/").starts_with(b + "/") || (b + "/").starts_with(a + "/");
}

// A checkpoint folder belongs to one run.
Status CheckCheckpointFolders(const Project& project, const StepNodes& nodes,
                              const NodeSource& source) {
  for (const Step& step : project.steps) {
    for (const Step& earlier : project.steps) {
      if (&earlier == &step) break;
      if (!step.checkpoint || !earlier.checkpoint) continue;
      if (!Overlap(step.checkpoint->dir, earlier.checkpoint->dir)) continue;
      return source
          .At(*nodes.at(step.name)->Find("checkpoint"),
              fmt::format("steps `{}` and `{}` share the checkpoint folder `{}`", earlier.name,
                          step.name, Printable(step.checkpoint->dir)))
          .WithHint(fmt::format("give each its own, as `ckpt-{}`", step.name));
    }
  }
  return {};
}

// Steps by index, and whom each waits for.
class Order {
 public:
  explicit Order(const std::vector<Step>& steps) : steps_(steps), waits_for_(steps.size()) {
    std::map<std::string, size_t> index;
    for (size_t i = 0; i < steps.size(); ++i) index[steps[i].name] = i;
    for (size_t i = 0; i < steps.size(); ++i) {
      for (const std::string& name : steps[i].after) waits_for_[i].insert(index.at(name));
    }
  }

  // Of those that are ready always the first in the file. Shorter than the steps if there is a
  // cycle.
  std::vector<size_t> Sorted() {
    std::vector<std::set<size_t>> open = waits_for_;
    std::vector<std::vector<size_t>> followers(steps_.size());
    std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
    for (size_t i = 0; i < steps_.size(); ++i) {
      for (const size_t before : open[i]) followers[before].push_back(i);
      if (open[i].empty()) ready.push(i);
    }
    std::vector<size_t> sorted;
    while (!ready.empty()) {
      const size_t next = ready.top();
      ready.pop();
      sorted.push_back(next);
      for (const size_t follower : followers[next]) {
        open[follower].erase(next);
        if (open[follower].empty()) ready.push(follower);
      }
    }
    return sorted;
  }

  // A cycle among the steps that `sorted` lacks, first step repeated at the end.
  std::vector<size_t> Cycle(const std::vector<size_t>& sorted) const {
    const std::set<size_t> done(sorted.begin(), sorted.end());
    size_t at = 0;
    while (done.contains(at)) ++at;
    std::vector<size_t> path;
    while (std::find(path.begin(), path.end(), at) == path.end()) {
      path.push_back(at);
      at = *std::find_if(waits_for_[at].begin(), waits_for_[at].end(),
                         [&](size_t before) { return !done.contains(before); });
    }
    path.erase(path.begin(), std::find(path.begin(), path.end(), at));
    path.push_back(at);
    return path;
  }

 private:
  const std::vector<Step>& steps_;
  std::vector<std::set<size_t>> waits_for_;
};

Error CycleError(const std::vector<Step>& steps, const std::vector<size_t>& cycle,
                 const StepNodes& nodes, const NodeSource& source) {
  std::vector<std::string> names;
  for (const size_t index : cycle) names.push_back(steps[index].name);
  const Step& first = steps[cycle.front()];
  const Node* after = nodes.at(first.name)->Find("after");
  Node at;
  at.line = after ? after->line : first.mark.line;
  at.column = after ? after->column : first.mark.column;
  return source.At(at, fmt::format("steps wait for each other: {}", Join(names, " → ")))
      .WithHint(
          "`→` reads \"comes after\", by `after:` or by a reference to an output; take one away");
}

Status SortSteps(Project& project, const StepNodes& nodes, const NodeSource& source) {
  Order order(project.steps);
  const std::vector<size_t> sorted = order.Sorted();
  if (sorted.size() < project.steps.size()) {
    return CycleError(project.steps, order.Cycle(sorted), nodes, source);
  }
  std::vector<Step> steps;
  for (const size_t index : sorted) steps.push_back(std::move(project.steps[index]));
  project.steps = std::move(steps);
  return {};
}

}  // namespace

Status CheckSteps(Project& project, const StepNodes& nodes, const NodeSource& source) {
  TRY(CheckAfter(project, nodes, source));
  TRY(CheckReferences(project, nodes, source));
  TRY(CheckCheckpointFolders(project, nodes, source));
  return SortSteps(project, nodes, source);
}

}  // namespace curbstop
