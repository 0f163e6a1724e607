// `curbstop simulate`: the supervisor's promises, tried over many simulated disasters; and the noun
// of `simulate spot`.
#include "run/simulate/simulate.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/usage.h"
#include "run/simulate/drawing.h"
#include "run/simulate/report_text.h"
#include "run/simulate/sower.h"

namespace curbstop {
namespace {

constexpr int64_t kSeedsPerPlant = 10'000;
constexpr int64_t kLivesDrawn = 20'000;

struct Options {
  int64_t disasters = 0;
  int64_t seed = 1;
  int64_t threads = 0;
  std::string plant;
  bool trace = false;
  bool pairs = false;
  bool drawing = false;
};

Result<std::vector<Plant>> PlantsOf(const std::string& name) {
  std::vector<Plant> plants;
  if (name == "all") {
    for (int i = 1; i < kPlants; ++i) plants.push_back(static_cast<Plant>(i));
  } else if (!name.empty()) {
    TRY_ASSIGN(const Plant plant, PlantOf(name));
    plants.push_back(plant);
  }
  return plants;
}

Status Trace(const Options& options, const std::vector<Plant>& plants, CommandContext& context) {
  if (plants.size() > 1) return InvalidInput("`--trace` tells one life: name one plant");
  const Plant plant = plants.empty() ? Plant::kNone : plants[0];
  const TracedLife life = TraceLife(static_cast<uint64_t>(options.seed), plant);
  context.out.Answer(TraceJson(life), TraceText(life));
  if (life.breach.invariant == Invariant::kNone) return {};
  return Error(ErrorKind::kNo, fmt::format("`{}` broke", NameOf(life.breach.invariant)));
}

DisasterReport Disasters(const Options& options, CommandContext& context) {
  int64_t shown = 0;
  const auto progress = [&](int64_t done) {
    if (done * 20 / options.disasters == shown * 20 / options.disasters) return;
    shown = done;
    context.out.Talk(fmt::format("{} of {} lives\n", done, options.disasters));
  };
  const int64_t cores = std::max(1u, std::thread::hardware_concurrency());
  return SimulateDisasters(options.disasters, static_cast<uint64_t>(options.seed),
                           static_cast<int>(options.threads == 0 ? cores : options.threads),
                           progress);
}

int64_t PerSecond(int64_t count, Ticks time) {
  const int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return count * 1000 / std::max<int64_t>(ms, 1);
}

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(const std::vector<Plant> plants, PlantsOf(options.plant));
  if (options.trace) return Trace(options, plants, context);
  if (options.drawing) {
    const std::string text = DrawingText(DrawHome(), DrawAway(kLivesDrawn));
    context.out.Answer(Json::MakeObject({{"drawing", text}}), text);
    return {};
  }
  if (options.disasters == 0 && plants.empty()) {
    return InvalidInput("nothing to simulate")
        .WithHint(
            "`--disasters 10000` looks for a broken promise, `--plant all` shows that bugs are found, "
            "`--trace` tells one life");
  }
  Json json = Json::MakeObject();
  std::string text;
  bool fine = true;
  if (options.disasters != 0) {
    const Ticks begun = context.clock.Awake();
    const DisasterReport report = Disasters(options, context);
    const auto rate = PerSecond(report.runs, context.clock.Awake() - begun);
    json = DisasterJson(report);
    json.Set("runs_per_second", rate);
    text += DisasterText(report) + fmt::format("{} lives per second\n", rate);
    if (options.pairs) text += "\n" + PairsText(report);
    fine = report.broken[0] == report.runs;
  }
  if (!plants.empty()) {
    std::vector<PlantReport> found;
    for (const Plant plant : plants) {
      found.push_back(FindPlant(plant, static_cast<uint64_t>(options.seed), kSeedsPerPlant));
      fine = fine && found.back().caught;
    }
    json.Set("plants", PlantJson(found));
    text += PlantText(found);
  }
  context.out.Answer(json, text);
  if (fine) return {};
  return Error(ErrorKind::kNo,
               plants.empty() ? "a promise was broken" : "a planted bug was not caught");
}

}  // namespace

Action AddSimulate(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("simulate", "Try the promises on simulated disasters");
  ExpectWholeNumber(
      *command->add_option("--disasters", options->disasters, "How many lives of a run"), 1,
      100'000'000);
  ExpectWholeNumber(*command->add_option("--seed", options->seed, "The first life's number"), 0,
                    1'000'000'000'000);
  ExpectWholeNumber(
      *command->add_option("--threads", options->threads, "The report is the same for any"), 1,
      1024);
  command
      ->add_option("--plant", options->plant, "Plant a bug and see it caught; `all`: each of them")
      ->type_name("NAME");
  command->add_flag("--pairs", options->pairs,
                    "List which event met no life in which state, and why");
  command->add_flag("--drawing", options->drawing,
                    "Draw the supervisor's states from what it does, as Markdown");
  command->add_flag("--trace", options->trace, "Tell the life of --seed in words");
  const Action spot = AddSimulateSpot(*command);
  return [options, spot, command](CommandContext& context) {
    return command->got_subcommand("spot") ? spot(context) : Run(*options, context);
  };
}

}  // namespace curbstop
