// `curbstop runs`: what was run, with `show`, `diff` and `rm`.
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "base/text_or_null.h"
#include "base/time_text.h"
#include "face/cli/commands.h"
#include "face/cli/run_face.h"
#include "face/cli/usage.h"
#include "run/at_place.h"
#include "run/metrics_file.h"
#include "sys/files.h"

namespace curbstop {
namespace {

struct Options {
  std::string step;
  bool all = false;
  int64_t most = 20;
  CLI::App* show = nullptr;
  CLI::App* diff = nullptr;
  CLI::App* rm = nullptr;
  std::string run;
  std::string other;
  std::vector<std::string> runs;
};

// As many as fit into `room` columns.
std::string MetricsText(const Json& metrics, size_t room) {
  std::string text;
  for (const auto& [name, value] : metrics.members()) {
    const std::string more =
        fmt::format("{}{} {:.4g}", text.empty() ? "" : " · ", name, MetricNumber(value));
    if (CodePoints(text) + CodePoints(more) > room) break;
    text += more;
  }
  return text;
}

using Table = std::vector<std::vector<std::string>>;

// Metrics come last, where the terminal is wide enough for some.
std::string ListText(const std::vector<RunRow>& rows, const std::string& project, int width) {
  Table table = {{"RUN", "STEP", "STATE", "STARTED", "TIME", "ATTEMPT", "USD"}};
  for (const RunRow& row : rows) {
    const std::string step = project.empty() ? row.run.project + "/" + row.run.step : row.run.step;
    table.push_back({row.run.id, step, row.state, UtcText(row.created_at_ms),
                     DurationText(Millis(row.busy_ms)), std::to_string(row.attempt),
                     UsdText(row.spent)});
  }
  std::string narrow = TextTable(table);
  const size_t used = CodePoints(Lines(narrow)[0]) + 2;
  const size_t room = static_cast<size_t>(width) - std::min(static_cast<size_t>(width), used);
  bool any = false;
  for (size_t i = 0; i < rows.size(); ++i) {
    table[i + 1].push_back(MetricsText(rows[i].metrics, room));
    any = any || !table[i + 1].back().empty();
  }
  if (!any) return narrow;
  table[0].push_back("METRICS");
  return TextTable(table);
}

Status List(const Options& options, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  const std::string project = options.all ? "" : ProjectHere(context);
  TRY_ASSIGN(const std::vector<RunRow> rows,
             journal.FindRuns({.project = project, .step = options.step, .most = options.most}));
  Json runs = Json::MakeArray();
  for (const RunRow& row : rows) runs.Push(RunJson(row));
  const std::string none = options.step.empty()
                               ? "no runs yet: `curbstop run` starts one\n"
                               : fmt::format("no runs of `{}` yet\n", Printable(options.step));
  context.out.Answer(Json::MakeObject({{"runs", runs}}),
                     rows.empty() ? none : ListText(rows, project, context.out.terminal().width));
  return {};
}

// The journal keeps "none" as an empty text.
Json FactsJson(const RunRow& row) {
  Json facts = Json::MakeObject();
  for (const auto& [name, value] : row.run.facts.members())
    facts.Set(name, value.AsString() ? TextOrNull(*value.AsString()) : value);
  return facts;
}

Status Show(const Options& options, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  TRY_ASSIGN(const RunRow row, ResolveRun(options.run, journal, context));
  Json object = RunJson(row);
  object.Set("facts", FactsJson(row));
  context.out.Answer(object, RunText(row));
  return {};
}

// The run's own id appears in its folder's name: two equal commands shall compare equal.
std::string WithoutId(std::string command, const std::string& id) {
  for (size_t at = 0; (at = command.find(id, at)) != command.npos;)
    command.replace(at, id.size(), "RUN");
  return command;
}

// What can differ between two runs, by name.
std::map<std::string, std::string> Comparable(const RunRow& row) {
  std::map<std::string, std::string> values = {
      {"state", row.state},
      {"fingerprint", row.run.fingerprint.substr(0, 16)},
      {"time", DurationText(Millis(row.busy_ms))},
      {"command", WithoutId(row.run.facts.StringOr("command", ""), row.run.id)}};
  if (const Json* params = row.run.facts.Find("params")) {
    for (const auto& [name, value] : params->members()) values["param " + name] = *value.AsString();
  }
  if (const Json* git = row.run.facts.Find("git"))
    values["git"] = git->StringOr("commit", "").substr(0, 12);
  for (const auto& [name, value] : row.metrics.members())
    values["metric " + name] = WriteJson(value);
  for (const Json& output : row.outputs.items()) {
    values["output " + output.StringOr("path", "")] = output.StringOr("md5", "");
  }
  return values;
}

Status Diff(const Options& options, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  TRY_ASSIGN(const RunRow a, ResolveRun(options.run, journal, context));
  TRY_ASSIGN(const RunRow b, ResolveRun(options.other, journal, context));
  std::map<std::string, std::string> left = Comparable(a);
  std::map<std::string, std::string> right = Comparable(b);
  std::set<std::string> names;
  for (const auto& entry : left) names.insert(entry.first);
  for (const auto& entry : right) names.insert(entry.first);
  Json changes = Json::MakeArray();
  Table table = {{"", a.run.id, b.run.id}};
  for (const std::string& name : names) {
    if (left[name] == right[name]) continue;
    changes.Push(Json::MakeObject(
        {{"name", name}, {"a", TextOrNull(left[name])}, {"b", TextOrNull(right[name])}}));
    table.push_back({name, Printable(left[name]), Printable(right[name])});
  }
  context.out.Answer(Json::MakeObject({{"a", a.run.id}, {"b", b.run.id}, {"changes", changes}}),
                     changes.items().empty() ? "no difference\n" : TextTable(table));
  return {};
}

// By its id alone: a step's name stands for another run from day to day.
Result<RunRow> RunToRemove(const std::string& id, Journal& journal) {
  Result<RunRow> row = journal.GetRun(id);
  if (row.ok()) return row;
  TRY_ASSIGN(const std::vector<RunRow> of_step, journal.FindRuns({.step = id, .most = 1}));
  if (of_step.empty()) return row;
  return InvalidInput(fmt::format("`{}` is a step, and `runs rm` takes runs", Printable(id)))
      .WithHint(fmt::format("`curbstop runs --step {}` lists its runs", Printable(id)));
}

Status Remove(const Options& options, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  std::vector<RunRow> rows;
  for (const std::string& id : options.runs) {
    TRY_ASSIGN(RunRow row, RunToRemove(id, journal));
    if (row.active)
      return Conflict(fmt::format("run `{}` is still running", id))
          .WithHint(fmt::format("`curbstop cancel {}` ends it", id));
    rows.push_back(std::move(row));
  }
  const std::string what =
      fmt::format("Remove {} run{} with logs and kept checkpoints? The ledger stays.", rows.size(),
                  rows.size() == 1 ? "" : "s");
  bool yes = context.yes;
  if (!yes) {
    TRY_ASSIGN(yes, AskYesNo(context.out.terminal(), what));
  }
  if (!yes) return Cancelled("nothing was removed");
  const auto warn = [&](const std::string& left) { context.out.Talk(left + "\n"); };
  for (const RunRow& row : rows) {
    TRY(ClearForGood(row.run.id, journal, OutsideOf(context), warn));
    TRY(journal.RemoveRun(row.run.id));
    TRY(RemoveTree(context.directories.RunFolder(row.run.id)));
  }
  context.out.Answer(
      Json::MakeObject({{"removed", Json::ArrayOf(options.runs)}}),
      fmt::format("removed {}; `curbstop data gc` frees what nothing names any more\n",
                  Join(options.runs, ", ")));
  return {};
}

Status Run(const Options& options, CommandContext& context) {
  if (options.show->parsed()) return Show(options, context);
  if (options.diff->parsed()) return Diff(options, context);
  return options.rm->parsed() ? Remove(options, context) : List(options, context);
}

}  // namespace

Action AddRuns(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("runs", "List, show, compare and remove runs");
  command->require_subcommand(0, 1);
  command->add_option("--step", options->step, "Only runs of this step")->type_name("STEP");
  command->add_flag("--all", options->all, "Runs of every project, not only of this folder's");
  ExpectWholeNumber(*command->add_option("-n,--most", options->most, "How many, the newest first"),
                    1, 100'000);
  options->show = command->add_subcommand("show", "Everything about one run");
  options->show->add_option("RUN", options->run,
                            "A run's id or a step's name; none: the newest run");
  options->diff = command->add_subcommand("diff", "What differs between two runs");
  options->diff->add_option("A", options->run, "A run's id or a step's name")->required();
  options->diff->add_option("B", options->other, "The other run's id or step's name")->required();
  options->rm = command->add_subcommand("rm", "Remove runs; the ledger keeps what they cost");
  options->rm->footer(
      "Logs and kept checkpoints go with them. Outputs that `curbstop.lock` names stay, and their\n"
      "steps stay unchanged: `curbstop run --force STEP` runs one anew.");
  options->rm->add_option("RUN", options->runs, "Ids of runs that are over")->required();
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
