// `curbstop plan`: where each step could run, what it costs there, and why.
#include "plan/plan.h"

#include <fmt/format.h>

#include "face/cli/commands.h"
#include "machine/read_machine.h"
#include "market/drivers.h"
#include "market/offer.h"
#include "project/project.h"
#include "sys/files.h"

namespace curbstop {
namespace {

struct Options {
  ProjectOption project;
  std::vector<std::string> steps;
  std::string on = "auto";
  std::string offers;
  bool why_not = false;
  bool explain = false;
};

struct Market {
  std::vector<Offer> offers;
  int64_t set_aside = 0;
};

Result<Market> ReadMarket(const std::string& file, const CommandContext& context) {
  std::string text;
  if (!file.empty()) {
    TRY_ASSIGN(text, ReadFile(context.folder / file));
  }
  Result<std::vector<Offer>> offers = ParseOffers(file.empty() ? BundledOffersCsv() : text);
  if (!offers.ok())
    return std::move(offers).error().While(fmt::format("cannot use the offers in `{}`", file));
  Market market{*std::move(offers)};
  market.set_aside = SetAsideContradictions(market.offers);
  return market;
}

// What the journal knows of earlier runs and of this month.
struct Past {
  std::vector<StepHistory> history;
  MicroUsd month_spent;
};

// The run room's journal is not there yet: no step has a history, and nothing was spent.
Result<Past> ReadPast(const Project& project, const CommandContext&) {
  return Past{std::vector<StepHistory>(project.steps.size()), MicroUsd()};
}

Status Run(Options options, CommandContext& context) {
  options.project.TakeFrom(options.steps, context);
  TRY_ASSIGN(const Place on, ParsePlace(options.on));
  TRY_ASSIGN(const std::filesystem::path where, options.project.Where(context));
  TRY_ASSIGN(const Project project, LoadProject(where));
  TRY_ASSIGN(const Machine machine, ReadMachine("/", context.processes));
  TRY_ASSIGN(const Market market, ReadMarket(options.offers, context));
  TRY_ASSIGN(Past past, ReadPast(project, context));
  const PlanFacts facts{.project = &project,
                        .machine = &machine,
                        .history = std::move(past.history),
                        .steps = options.steps,
                        .offers = &market.offers,
                        .offers_set_aside = market.set_aside,
                        .drivers = ProvidersWithDriver(),
                        .on = on,
                        .month_spent = past.month_spent};
  TRY_ASSIGN(const Plan plan, ComparePlaces(facts, options.why_not));
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
      parent.add_subcommand("plan", "Show where each step could run, what it costs there, and why");
  command->add_option("STEP", options->steps, "Steps to plan; none: all");
  AddProjectOption(*command, options->project);
  command
      ->add_option("--on", options->on,
                   "Where: auto, local, cloud, PROVIDER[/REGION[/TYPE]], ssh:HOST")
      ->type_name("PLACE");
  command
      ->add_option("--offers", options->offers,
                   "Prices from this CSV file instead of the bundled ones")
      ->type_name("FILE");
  command->add_flag("--why-not", options->why_not, "List every place that lost, with the reason");
  command->add_flag("--explain", options->explain,
                    "Add formula, inputs, source and date of each number");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
