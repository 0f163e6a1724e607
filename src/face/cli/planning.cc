#include "face/cli/planning.h"

#include <future>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/price_list.h"
#include "face/cli/rented.h"
#include "face/cli/run_face.h"
#include "machine/calibration.h"
#include "machine/read_machine.h"
#include "market/drivers.h"
#include "project/settings.h"
#include "run/gpu_holders.h"
#include "run/history.h"
#include "run/moves.h"
#include "sys/environment.h"

namespace curbstop {
namespace {

// A test build may have another price list than the bundled one.
std::string OffersName(const PlanningOptions& options) {
#ifdef CURBSTOP_FAILPOINTS
  if (options.offers.empty()) return ReadVariable("CURBSTOP_OFFERS");
#endif
  return options.offers;
}

// The practice cloud's market joins where a place asks for it.
Status ReadPracticeMarkets(CommandContext& context, Planning& planning) {
  PlanFacts& facts = planning.facts;
  for (const Step& step : planning.project.steps) {
    const Place& place = facts.on.kind == PlaceKind::kAuto ? step.where : facts.on;
    const std::string name = PlaceText(place);
    if (place.kind != PlaceKind::kPractice || facts.rentals.contains(name)) continue;
    const int64_t gpus = step.needs.gpu ? step.needs.gpu->count : 1;
    TRY_ASSIGN(PracticeSale sale, PracticeSaleOf(place, gpus, context));
    std::move(sale.offers.begin(), sale.offers.end(), std::back_inserter(planning.offers));
    facts.rentals.emplace(name, sale.rules);
    facts.drivers.push_back(name);
  }
  return {};
}

// A test build may stand on another computer's recorded tree.
std::filesystem::path MachineRoot() {
#ifdef CURBSTOP_FAILPOINTS
  const std::string recorded = ReadVariable("CURBSTOP_MACHINE_ROOT");
  if (!recorded.empty()) return recorded;
#endif
  return "/";
}

Result<PlanGoal> GoalOf(const GoalOptions& options) {
  PlanGoal goal{.soonest = options.soonest};
  if (!options.deadline.empty()) {
    Result<Millis> time = ParseDuration(options.deadline);
    if (!time.ok()) return std::move(time).error().While("cannot use `--deadline`");
    goal.deadline = *time;
  }
  if (!options.spend.empty()) {
    Result<MicroUsd> sum = ParseUsd(options.spend);
    if (!sum.ok()) return std::move(sum).error().While("cannot use `--spend`");
    goal.spend = *sum;
  }
  return goal;
}

}  // namespace

void AddPlanningOptions(CLI::App& command, PlanningOptions& options, const char* steps_help) {
  command.add_option("STEP", options.steps, steps_help);
  AddProjectOption(command, options.project);
  command.add_option("--on", options.on, "auto, local, cloud, PROVIDER[/REGION[/TYPE]], ssh:HOST")
      ->type_name("PLACE");
}

void AddGoalOptions(CLI::App& command, GoalOptions& options) {
  command.add_option("--deadline", options.deadline, "All steps together within this time")
      ->type_name("TIME");
  CLI::Option* spend = command.add_option(
      "--spend", options.spend, "Soonest for at most this much, usual cost of all steps together");
  spend->type_name("USD");
  command.add_flag("--soonest", options.soonest, "Least time instead of least cost");
}

Result<std::map<std::string, std::string>> ParseSet(const std::vector<std::string>& pairs) {
  std::map<std::string, std::string> set;
  for (const std::string& pair : pairs) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0) {
      return InvalidInput(fmt::format("`--set {}` is not `key=value`", Printable(pair)))
          .WithHint("for example `--set lr=0.01`");
    }
    set[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return set;
}

Status RefreshPast(Planning& planning, Journal& journal, const CommandContext& context) {
  const Project& project = planning.project;
  const std::string machine_class = MachineClass(planning.machine);
  planning.facts.history.clear();
  for (const Step& step : project.steps) {
    TRY_ASSIGN(StepHistory history, ReadHistory(journal, project.name, step.name, machine_class));
    planning.facts.history.push_back(history);
  }
  TRY_ASSIGN(planning.facts.gpu_holders,
             ReadGpuHolders(journal, context.directories, context.clock.WallMs()));
  TRY_ASSIGN(planning.facts.spending, SpendingNow(journal, project, context));
  return {};
}

namespace {

// Nothing but home is asked about.
bool StaysHome(const Planning& planning) {
  const Place& on = planning.facts.on;
  if (on.kind != PlaceKind::kAuto) return on.kind == PlaceKind::kLocal;
  return std::ranges::all_of(planning.project.steps,
                             [](const Step& step) { return step.where.kind == PlaceKind::kLocal; });
}

// How much code each step has is asked of git, on a thread of its own: the prices are read
// meanwhile.
std::future<std::vector<Bytes>> StartToCountCode(const Planning& planning,
                                                 ProcessRunner& processes) {
  if (StaysHome(planning)) return {};
  return std::async(std::launch::async, SizesOfCode, std::cref(planning.project),
                    std::ref(processes));
}

Status ReadWhatMoves(Planning& planning, Journal& journal, std::future<std::vector<Bytes>> code) {
  const Project& project = planning.project;
  for (const Step& step : project.steps) {
    TRY_ASSIGN(StepMoves moves, ReadMoves(project, step, journal));
    planning.facts.moves.push_back(std::move(moves));
  }
  const std::vector<Bytes> sizes = code.valid() ? code.get() : std::vector<Bytes>();
  for (size_t i = 0; i < sizes.size(); ++i) planning.facts.moves[i].code = sizes[i];
  TRY_ASSIGN(planning.facts.moving.links, ReadLinks(project.name, journal));
  return {};
}

}  // namespace

Result<std::unique_ptr<Planning>> GatherPlanning(PlanningOptions options, CommandContext& context) {
  auto planning = std::make_unique<Planning>();
  PlanFacts& facts = planning->facts;
  options.project.TakeFrom(options.steps, context);
  Result<Place> on = ParsePlace(options.on);
  if (!on.ok()) return std::move(on).error().While("cannot use `--on`");
  facts.on = *std::move(on);
  TRY_ASSIGN(facts.goal, GoalOf(options.goal));
  TRY_ASSIGN(const std::filesystem::path where, options.project.Where(context));
  TRY_ASSIGN(planning->project, LoadProject(where));
  TRY_ASSIGN(planning->machine, ReadMachine(MachineRoot(), context.processes));
  AddCalibration(context.directories.Calibration(), planning->machine);
  std::future<std::vector<Bytes>> code = StartToCountCode(*planning, context.processes);
  TRY_ASSIGN(MarketRows market, ReadMarket(OffersName(options), context));
  planning->offers = std::move(market.offers);
  facts.offers_set_aside = static_cast<int64_t>(market.set_aside.size());
  facts.drivers = ProvidersWithDriver();
  facts.rentals = RulesOfProviders(context);
  TRY(ReadPracticeMarkets(context, *planning));
  TRY_ASSIGN(planning->settings, LoadSettings(context.directories.SettingsFile()));
  const Settings& settings = planning->settings;
  facts.now_ms = context.clock.WallMs();
  facts.moving.tariffs = &BundledTariffs();
  facts.electricity = {settings.electricity_per_kwh, settings.electricity_assumed};
  facts.project = &planning->project;
  facts.machine = &planning->machine;
  facts.offers = &planning->offers;
  facts.steps = options.steps;
  TRY_ASSIGN(Journal journal, Journal::Open(context.directories.MoneyDb()));
  TRY(RefreshPast(*planning, journal, context));
  TRY(ReadWhatMoves(*planning, journal, std::move(code)));
  return planning;
}

}  // namespace curbstop
