// `curbstop ps`: what runs now, and what this month has cost.
#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "face/cli/commands.h"
#include "face/cli/rented.h"
#include "face/cli/run_face.h"
#include "run/drive.h"
#include "run/narrate.h"

namespace curbstop {
namespace {

struct Month {
  Budget budget;
  Spending spending;
};

// Of the project in the working folder; without one there is no cap to speak of.
Result<Month> ReadMonth(Journal& journal, const CommandContext& context) {
  const Result<Project> project = LoadProject(context.folder);
  if (!project.ok()) return Month();
  TRY_ASSIGN(const Spending spending, SpendingNow(journal, *project, context));
  return Month{project->budget, spending};
}

std::vector<std::string> ActiveCells(const RunRow& row, int64_t now_ms) {
  const int64_t since = row.started_at_ms > 0 ? now_ms - row.started_at_ms : 0;
  return {row.run.id,
          row.run.project,
          row.run.step,
          row.kept ? "kept" : row.state,
          row.run.place,
          std::to_string(row.attempt),
          DurationText(Millis(std::max<int64_t>(since, 0)))};
}

// Why they wait, or end: below the table, where there is room for it.
std::string ReasonsText(const std::vector<RunRow>& rows, Journal& journal) {
  std::string text;
  for (const RunRow& row : rows) {
    const Result<RunState> state = row.kept ? journal.StateOf(row.run.id) : NotFound("");
    if (state.ok()) text += fmt::format("{}: {}\n", row.run.id, NarrateKept(row.run.id, *state));
    else if (!row.reason.empty())
      text += fmt::format("{}: {}\n", row.run.id, Printable(row.reason));
  }
  return text;
}

Status Run(CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  TRY_ASSIGN(const std::vector<RunRow> rows, journal.FindRuns({.active_only = true, .most = 1000}));
  TRY_ASSIGN(const Month month, ReadMonth(journal, context));
  const OpenAccounts accounts = OpenAllAccounts(context);
  const Sweep sweep = SweepOf(accounts, context);
  Json runs = Json::MakeArray();
  std::vector<std::vector<std::string>> table = {
      {"RUN", "PROJECT", "STEP", "STATE", "PLACE", "ATTEMPT", "TIME"}};
  for (const RunRow& row : rows) {
    runs.Push(RunJson(row).Set("attempt", row.attempt));
    table.push_back(ActiveCells(row, context.clock.WallMs()));
  }
  const Json object = Json::MakeObject({{"machines", SweepJson(sweep)},
                                        {"runs", runs},
                                        {"month", MonthJson(month.budget, month.spending)}});
  const std::string last = month.budget.cap
                               ? MoneyLine("", month.budget, month.spending)
                               : fmt::format("month {}\n", UsdText(month.spending.month));
  context.out.Answer(
      object, (rows.empty() ? "nothing runs\n" : TextTable(table) + ReasonsText(rows, journal)) +
                  SweepText(sweep, context.clock.WallMs()) + last);
  return {};
}

}  // namespace

Action AddPs(CLI::App& parent) {
  parent.add_subcommand("ps", "Show what runs now, and what this month has cost");
  return [](CommandContext& context) { return Run(context); };
}

}  // namespace curbstop
