// `curbstop drill STEP`: train, kill -9, resume, compare with an undisturbed run.
#include "run/drill.h"

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/planning.h"
#include "face/cli/run_face.h"
#include "face/cli/usage.h"

namespace curbstop {
namespace {

struct Options {
  PlanningOptions planning;
  std::vector<std::string> set;
  double tolerance = 1e-3;
};

std::string ReportText(const DrillReport& report, double tolerance) {
  const std::string how =
      report.by_bytes ? "byte by byte" : fmt::format("metrics within {:g}", tolerance);
  std::string text =
      fmt::format("drill {}: {} against {}, compared {}\n", report.passed ? "passed" : "failed",
                  report.resumed.run.id.empty() ? "no second run" : report.resumed.run.id,
                  report.undisturbed.run.id, how);
  if (report.killed_after_ms > 0) {
    text +=
        fmt::format("  killed after {}, {}\n", DurationText(Millis(report.killed_after_ms)),
                    report.resumed.resumed_from.empty()
                        ? "started again from the beginning: no checkpoint was complete"
                        : fmt::format("resumed from `{}`", Printable(report.resumed.resumed_from)));
  }
  if (!report.why_not.empty()) text += "  because " + report.why_not + "\n";
  std::vector<std::vector<std::string>> table = {{"", "UNDISTURBED", "RESUMED"}};
  for (const DrillDifference& difference : report.differences) {
    table.push_back({difference.name, difference.undisturbed, difference.resumed});
  }
  return table.size() > 1 ? text + TextTable(table) : text;
}

// The named step, or the only one there is.
Result<const Step*> OneStep(const Project& project, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Step& step : project.steps) known.push_back(step.name);
  const std::string hint = fmt::format("its steps: {}", Join(known, ", "));
  if (names.empty() && project.steps.size() == 1) return &project.steps.front();
  if (names.size() != 1) {
    return InvalidInput(fmt::format("`drill` takes one step, {} given", names.size()))
        .WithHint(hint);
  }
  const Step* step = project.FindStep(names[0]);
  if (step != nullptr) return step;
  return NotFound(fmt::format("the project has no step `{}`{}", Printable(names[0]),
                              DidYouMean(names[0], known)))
      .WithHint(hint);
}

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(const std::unique_ptr<Planning> planning, GatherPlanning(options.planning, context));
  const Project& project = planning->project;
  TRY_ASSIGN(const Step* step, OneStep(project, planning->facts.steps));
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  // A place that cannot be served is refused before anything is prepared.
  TRY_ASSIGN([[maybe_unused]] const Plan all, MakePlan(planning->facts, false));
  TRY_ASSIGN(const auto set, ParseSet(options.set));
  const DrillRequest request{.project = &project,
                             .machine = &planning->machine,
                             .step = step,
                             .set = set,
                             .tolerance = options.tolerance,
                             .per_kwh = planning->facts.electricity.per_kwh,
                             .per_kwh_assumed = planning->facts.electricity.assumed};
  Voice voice(context);
  TRY_ASSIGN(const DrillReport report, RunDrill(request, journal, OutsideOf(context), voice));
  context.out.Answer(DrillJson(report), ReportText(report, options.tolerance));
  context.exit_code = report.passed ? 0 : ExitCodeOf(ErrorKind::kNo);
  return {};
}

}  // namespace

Action AddDrill(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("drill", "Kill a step in the middle and see whether it resumes");
  AddPlanningOptions(*command, options->planning, "The step; none: the only one");
  command->add_option("--set", options->set, "Change a parameter for this drill")
      ->type_name("KEY=VALUE");
  ExpectNumber(*command->add_option("--tolerance", options->tolerance,
                                    "Relative difference allowed between metrics"),
               0, 1);
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
