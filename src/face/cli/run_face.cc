#include "face/cli/run_face.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"
#include "run/agent/step_process.h"
#include "run/narrate.h"
#include "run/shell.h"
#include "run/spending.h"

namespace curbstop {
namespace {

// Near names are looked for among the steps that have run and the newest runs.
Error NoSuchRun(const std::string& name, Journal& journal, const std::string& project) {
  const Result<std::vector<RunRow>> rows = journal.FindRuns({.project = project});
  std::vector<std::string> known;
  for (const RunRow& row : rows.ok() ? *rows : std::vector<RunRow>()) {
    known.push_back(row.run.step);
    known.push_back(row.run.id);
  }
  return NotFound(fmt::format("there is no run or step `{}` on record{}", Printable(name),
                              DidYouMean(name, known)))
      .WithHint("`curbstop runs` lists them");
}

}  // namespace

RunOutside OutsideOf(CommandContext& context) {
  return {context.directories, context.clock,  context.files,
          context.processes,   context.random, context.program};
}

Result<Journal> OpenJournal(CommandContext& context) {
  TRY_ASSIGN(Journal journal, Journal::Open(context.directories.MoneyDb()));
  TRY_ASSIGN([[maybe_unused]] const int adopted, AdoptOrphans(journal, OutsideOf(context)));
  return journal;
}

std::string ProjectHere(const CommandContext& context) {
  const Result<Project> project = LoadProject(context.folder);
  return project.ok() ? project->name : "";
}

Result<Spending> SpendingNow(Journal& journal, const Project& project,
                             const CommandContext& context) {
  return ReadSpending(journal.database(), {.project = project.name,
                                           .include_energy = project.budget.include_energy,
                                           .now_ms = context.clock.WallMs()});
}

Result<RunRow> ResolveRun(const std::string& name, Journal& journal,
                          const CommandContext& context) {
  const std::string project = ProjectHere(context);
  RunFilter filter{.project = project, .most = 1};
  if (!name.empty()) {
    TRY_ASSIGN(std::vector<RunRow> by_id, journal.FindRuns({.id = name}));
    if (!by_id.empty()) return std::move(by_id[0]);
    filter.step = name;
  }
  TRY_ASSIGN(std::vector<RunRow> rows, journal.FindRuns(filter));
  if (!rows.empty()) return std::move(rows[0]);
  if (!name.empty()) return NoSuchRun(name, journal, filter.project);
  return NotFound("there is no run yet").WithHint("`curbstop run` starts one");
}

void Voice::Line(const std::string& step, const std::string& text) {
  Live("");
  for (const std::string_view line : Lines(text))
    context_.out.Talk(fmt::format("{}  {}\n", step, line));
}

void Voice::Live(const std::string& text) {
  const Terminal& terminal = context_.out.terminal();
  if (!terminal.err || context_.out.json()) return;
  if (text.empty() && !live_) return;
  live_ = !text.empty();
  const auto room = static_cast<size_t>(terminal.width - 1);
  context_.out.Talk("\r\x1b[K" + text.substr(0, Utf8Prefix(text.substr(0, room))));
}

Status Voice::Approve(const std::vector<std::string>& steps) {
  if (context_.yes) return {};
  TRY_ASSIGN(const bool yes,
             AskYesNo(context_.out.terminal(), fmt::format("Run {}?", Join(steps, ", "))));
  if (!yes) return Cancelled("nothing was started");
  return {};
}

std::string RunText(const RunRow& row) {
  std::vector<std::vector<std::string>> rows = {
      {"run", row.run.id},
      {"step", fmt::format("{} of {}", row.run.step, row.run.project)},
      {"place", row.run.place},
      {"state", StateText(row)},
      {"created", UtcText(row.created_at_ms)},
      {"time", DurationText(Millis(row.busy_ms))},
      {"attempts", std::to_string(row.attempt)},
      {row.run.place == "local" ? "energy" : "rent", UsdText(row.spent) + " USD"},
      {"fingerprint", row.run.fingerprint.substr(0, 16)},
      {"mlflow run", row.run.record_run}};
  if (!row.resumed_from.empty()) rows.push_back({"resumed from", Printable(row.resumed_from)});
  if (row.exit_code.value_or(0) != 0) rows.push_back({"exit code", std::to_string(*row.exit_code)});
  const Json* git = row.run.facts.Find("git");
  if (git != nullptr && git->IsObject()) {
    rows.push_back({"git", git->StringOr("commit", "").substr(0, 12) +
                               (git->BoolOr("dirty", false) ? " + changes" : "")});
  }
  if (const Json* params = row.run.facts.Find("params")) {
    for (const auto& [name, value] : params->members())
      rows.push_back({"param " + name, *value.AsString()});
  }
  for (const auto& [name, value] : row.metrics.members())
    rows.push_back({"metric " + name, WriteJson(value)});
  for (const Json& output : row.outputs.items()) {
    rows.push_back({"output " + Printable(output.StringOr("path", "")),
                    fmt::format("{}  {}", output.StringOr("md5", "").substr(0, 12),
                                BytesText({output.IntOr("size", 0)}))});
  }
  for (auto& cells : rows) cells.insert(cells.begin(), "");
  return TextTable(rows);
}

std::string FailureText(const RunRow& row, const Directories& directories) {
  const std::string ended =
      row.exit_code ? ExitText(static_cast<int>(*row.exit_code)) : "no exit code";
  std::string text = fmt::format("step `{}` {} ({})\n", row.run.step, row.state,
                                 row.reason.empty() ? ended : row.reason);
  const std::vector<std::string_view> lines = Lines(row.tail);
  const size_t first = lines.size() > 12 ? lines.size() - 12 : 0;
  for (size_t i = first; i < lines.size(); ++i)
    text += fmt::format("  | {}\n", Printable(lines[i]));
  return text + fmt::format("  whole log: {}\n",
                            (directories.RunFolder(row.run.id) / "step.log").string());
}

}  // namespace curbstop
