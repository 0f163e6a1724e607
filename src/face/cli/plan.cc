// `curbstop plan`: where each step could run, what it costs there, and why.
#include "plan/plan.h"

#include <fmt/format.h>

#include "face/cli/commands.h"
#include "face/cli/planning.h"

namespace curbstop {
namespace {

struct Options {
  PlanningOptions planning;
  bool why_not = false;
  bool explain = false;
  std::string out;  // of a later version: refused, never ignored
};

Status Run(const Options& options, CommandContext& context) {
  if (!options.out.empty()) {
    return InvalidInput("`--out` is not built yet")
        .WithHint("`curbstop plan --json` prints the plan, `curbstop run` plans, asks and runs");
  }
  TRY_ASSIGN(const std::unique_ptr<Planning> planning, GatherPlanning(options.planning, context));
  TRY_ASSIGN(const Plan plan, ComparePlaces(planning->facts, options.why_not));
  Json object = PlanJson(plan);
  if (options.explain) object.Set("explain", ExplanationJson(plan));
  context.out.Answer(object,
                     (options.explain ? ExplanationText(plan) + "\n" : "") + PlanText(plan));
  const Status runnable = CheckEveryStepHasAPlace(plan);
  if (runnable.ok()) return {};
  // The table is the answer even where it says no.
  context.out.Talk(fmt::format("error: {}\n", runnable.error().Text()));
  context.exit_code = ExitCodeOf(runnable.error().kind());
  return {};
}

}  // namespace

Action AddPlan(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("plan", "Show where each step could run, at what cost, and why");
  AddPlanningOptions(*command, options->planning, "Steps of the project; none: all");
  command
      ->add_option("--offers", options->planning.offers,
                   "Prices from this CSV file instead of the bundled ones")
      ->type_name("FILE");
  command->add_flag("--why-not", options->why_not, "List every place that lost, with the reason");
  command->add_flag("--explain", options->explain,
                    "Add formula, inputs, source and date of each number");
  command->add_option("--out", options->out)->group("");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
