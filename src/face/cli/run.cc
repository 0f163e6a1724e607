// `curbstop run`: plan, ask, do.
#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/planning.h"
#include "face/cli/run_face.h"
#include "sys/process.h"

namespace curbstop {
namespace {

struct Options {
  PlanningOptions planning;
  std::vector<std::string> set;
  std::string lease;
  bool force = false;
  bool detach = false;
  std::string plan;  // options of later versions: refused, never ignored
  bool keep = false;
};

// What is asked about is the place that was chosen; `plan` shows the others.
Plan OnlyChosen(Plan plan) {
  std::erase_if(plan.rows, [](const PlanRow& row) { return !row.chosen; });
  plan.left_out.clear();
  return plan;
}

// Shows the plan of the steps that have to run before it asks.
class PlannedVoice final : public Voice {
 public:
  PlannedVoice(CommandContext& context, Planning& planning, Journal& journal)
      : Voice(context), planning_(planning), journal_(journal) {}

  Status Approve(const std::vector<std::string>& steps) override {
    planning_.facts.steps = steps;
    TRY(RefreshPast(planning_, journal_, context_));
    TRY_ASSIGN(Plan plan, MakePlan(planning_.facts, false));
    context_.out.Talk(PlanText(OnlyChosen(std::move(plan))));
    return Voice::Approve(steps);
  }

 private:
  Planning& planning_;
  Journal& journal_;
};

Result<RunWishes> WishesOf(const Options& options) {
  RunWishes wishes;
  wishes.force = options.force;
  if (!options.lease.empty()) {
    Result<Millis> lease = ParseDuration(options.lease);
    if (!lease.ok()) return std::move(lease).error().While("cannot use `--lease`");
    if (lease->count() <= 0) {
      return InvalidInput(
                 fmt::format("`--lease {}` ends a step before it begins", Printable(options.lease)))
          .WithHint(
              "give the longest time a step may take, as `--lease 2h`; without it there is no "
              "limit");
    }
    wishes.lease = *lease;
  }
  TRY_ASSIGN(wishes.set, ParseSet(options.set));
  return wishes;
}

Result<std::vector<const Step*>> ChosenSteps(const Project& project,
                                             const std::vector<std::string>& names) {
  std::vector<std::string> known;
  std::vector<const Step*> chosen;
  for (const Step& step : project.steps) {
    known.push_back(step.name);
    const bool wanted =
        names.empty() || std::find(names.begin(), names.end(), step.name) != names.end();
    if (wanted) chosen.push_back(&step);
  }
  for (const std::string& name : names) {
    if (project.FindStep(name) != nullptr) continue;
    return NotFound(fmt::format("the project has no step `{}`{}", Printable(name),
                                DidYouMean(name, known)))
        .WithHint(fmt::format("its steps: {}", Join(known, ", ")));
  }
  return chosen;
}

Json OutcomeJson(const StepOutcome& outcome) {
  Json json = RunJson(outcome.row);
  json.Set("step", outcome.step).Set("unchanged", outcome.unchanged);
  if (outcome.outputs.IsArray()) json.Set("outputs", outcome.outputs);
  return json;
}

// One line for all of them, or empty.
std::string NotStartedText(const std::vector<StepOutcome>& outcomes) {
  std::vector<std::string> names;
  std::string why;
  for (const StepOutcome& outcome : outcomes) {
    if (outcome.not_started) {
      names.push_back(outcome.step);
    } else {
      why = outcome.detached ? fmt::format("while `{}` runs", outcome.step)
                             : fmt::format("after `{}` {}", outcome.step,
                                           outcome.row.state == "cancelled" ? "was cancelled"
                                                                            : outcome.row.state);
    }
  }
  return names.empty() ? "" : fmt::format("not started {}: {}\n", why, Join(names, ", "));
}

std::string OutcomeText(const std::vector<StepOutcome>& outcomes, const Directories& directories) {
  std::vector<std::vector<std::string>> rows;
  std::string failure;
  for (const StepOutcome& outcome : outcomes) {
    if (outcome.not_started) continue;
    const std::string state = outcome.unchanged  ? "unchanged"
                              : outcome.detached ? "started"
                                                 : outcome.row.state;
    const bool has_outputs = outcome.unchanged || outcome.row.state == "succeeded";
    rows.push_back(
        {outcome.step, state, outcome.row.run.id, has_outputs ? "out/" + outcome.step : ""});
    if (outcome.row.state == "failed" || outcome.row.state == "crashed")
      failure = FailureText(outcome.row, directories);
  }
  return TextTable(rows) + failure + NotStartedText(outcomes);
}

int ExitCodeFor(const std::vector<StepOutcome>& outcomes) {
  const StepOutcome& last =
      *std::find_if(outcomes.rbegin(), outcomes.rend(),
                    [](const StepOutcome& outcome) { return !outcome.not_started; });
  if (last.unchanged || last.detached || last.row.state == "succeeded") return 0;
  return ExitCodeOf(last.row.state == "cancelled" ? ErrorKind::kCancelled : ErrorKind::kNo);
}

Status RefuseLaterOptions(const Options& options) {
  const char* later = !options.plan.empty() ? "--plan" : options.keep ? "--keep" : nullptr;
  if (later == nullptr) return {};
  return InvalidInput(fmt::format("`{}` is not built yet", later))
      .WithHint("`curbstop run` plans, asks and runs in one go");
}

// Without it a machine would be rented that nobody can reach.
Status CheckThatSshIsHere() {
  if (!FindProgram("ssh").empty()) return {};
  return NotFound("rented machines are reached by `ssh`, which is not in your PATH")
      .WithHint("it comes with the package openssh-client");
}

// The steps that run on rented machines. A place that cannot be served is refused before anything
// is prepared. What a cap forbids comes when it is known which steps have to run at all.
Result<std::map<std::string, RentedPlace>> ChoosePlaces(const PlanFacts& facts) {
  TRY_ASSIGN(Plan plan, ComparePlaces(facts, false));
  std::erase_if(plan.blocked,
                [](const Blocked& blocked) { return blocked.kind == ErrorKind::kOverBudget; });
  TRY(CheckEveryStepHasAPlace(plan));
  std::map<std::string, RentedPlace> away;
  for (const PlanRow& row : plan.rows) {
    if (!row.chosen || !row.lease) continue;
    const Place& asked =
        facts.on.kind == PlaceKind::kAuto ? facts.project->FindStep(row.step)->where : facts.on;
    TRY_ASSIGN(const Place found, ParsePlace(row.place.substr(0, row.place.find('/'))));
    const bool named = asked.kind == PlaceKind::kProvider || asked.kind == PlaceKind::kPractice;
    away.emplace(row.step, RentedPlace{named ? asked : found, *row.lease, row.hardware});
  }
  if (!away.empty()) TRY(CheckThatSshIsHere());
  return away;
}

// What stands at the end, where there is a cap to measure it by.
std::string MoneyText(const Project& project, const Spending& spending) {
  return project.budget.cap ? MoneyLine("", project.budget, spending) : "";
}

Status Run(const Options& options, CommandContext& context) {
  TRY(RefuseLaterOptions(options));
  TRY_ASSIGN(RunWishes wishes, WishesOf(options));
  TRY_ASSIGN(const std::unique_ptr<Planning> planning, GatherPlanning(options.planning, context));
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  planning->facts.lease = wishes.lease;
  TRY_ASSIGN(wishes.away, ChoosePlaces(planning->facts));
  wishes.detach = options.detach;
  DriveRequest request{.project = &planning->project,
                       .machine = &planning->machine,
                       .wishes = std::move(wishes),
                       .detach = options.detach,
                       .per_kwh = planning->facts.electricity.per_kwh,
                       .per_kwh_assumed = planning->facts.electricity.assumed};
  TRY_ASSIGN(request.steps, ChosenSteps(planning->project, planning->facts.steps));
  PlannedVoice voice(context, *planning, journal);
  TRY_ASSIGN(const std::vector<StepOutcome> outcomes,
             DriveSteps(request, journal, OutsideOf(context), voice));
  Json runs = Json::MakeArray();
  for (const StepOutcome& outcome : outcomes) runs.Push(OutcomeJson(outcome));
  TRY_ASSIGN(const Spending spending, SpendingNow(journal, planning->project, context));
  context.out.Answer(
      Json::MakeObject({{"runs", runs}, {"month", MonthJson(planning->project.budget, spending)}}),
      OutcomeText(outcomes, context.directories) + MoneyText(planning->project, spending));
  context.exit_code = ExitCodeFor(outcomes);
  return {};
}

}  // namespace

Action AddRun(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("run", "Plan, ask, and run the steps that have changed");
  AddPlanningOptions(*command, options->planning, "Steps of the project; none: all");
  command->add_option("--set", options->set, "Change a parameter for this run")
      ->type_name("KEY=VALUE");
  command->add_option("--lease", options->lease, "End each step after this time at the latest")
      ->type_name("DURATION");
  command->add_flag("--force", options->force, "Run although nothing has changed");
  command->add_flag("--detach", options->detach, "Start and do not wait");
  command->add_option("--plan", options->plan)->group("");
  command->add_flag("--keep", options->keep)->group("");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
