// `curbstop plan`: where each step could run, what it costs there, and why.
#include "plan/plan.h"

#include <fmt/format.h>

#include "face/cli/commands.h"
#include "face/cli/planning.h"
#include "face/cli/saved_plan_file.h"

namespace curbstop {
namespace {

constexpr size_t kMostFrontPoints = 12;

struct Options {
  PlanningOptions planning;
  bool why_not = false;
  bool explain = false;
  bool front = false;
  std::string out;  // a file that keeps the plan
};

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(const std::unique_ptr<Planning> planning, GatherPlanning(options.planning, context));
  if (options.front) planning->facts.front = kMostFrontPoints;
  TRY_ASSIGN(const Plan plan, ComparePlaces(planning->facts, options.why_not));
  Json object = PlanJson(plan);
  if (options.explain) object.Set("explain", ExplanationJson(plan));
  context.out.Answer(object,
                     (options.explain ? ExplanationText(plan) + "\n" : "") + PlanText(plan));
  const Status runnable = CheckEveryStepHasAPlace(plan);
  if (runnable.ok() && !options.out.empty())
    return WriteSavedPlan(plan, *planning, options.out, context);
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
  AddGoalOptions(*command, options->planning.goal);
  command->add_flag("--front", options->front,
                    "Add the choices of places that no other beats in both cost and time");
  command->add_flag("--why-not", options->why_not, "List every place that lost, with the reason");
  command->add_flag("--explain", options->explain,
                    "Add formula, inputs, source and date of each number");
  command
      ->add_option("--out", options->out,
                   "Keep the plan in this file, for `curbstop run --plan FILE`")
      ->type_name("FILE");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
