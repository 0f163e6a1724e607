// `curbstop assess`: what this computer is, what it is good for, and what not to buy.
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "fit/today.h"
#include "machine/assess_text.h"
#include "machine/calibration.h"
#include "machine/measure.h"
#include "machine/read_machine.h"
#include "machine/record_machine.h"

namespace curbstop {
namespace {

struct Options {
  std::string root;
  std::string record;
  bool explain = false;
  bool measure = false;
};

Status Record(const Options& options, CommandContext& context) {
  if (!options.root.empty()) {
    return InvalidInput("`--record` and `--root` exclude each other")
        .WithHint("a tree that exists already can be copied as it is");
  }
  const std::filesystem::path folder = context.folder / options.record;
  Status recorded = RecordMachine(folder, context.processes, context.files);
  if (!recorded.ok()) return std::move(recorded).error().While("cannot record this computer");
  const std::string name = folder.lexically_normal().string();
  context.out.Answer(Json::MakeObject({{"recorded", name}}),
                     fmt::format("recorded in {}, without names, serial numbers and addresses\n"
                                 "read it with: curbstop assess --root {}\n",
                                 Printable(name), ShellQuote(options.record)));
  return {};
}

Status Measure(const Machine& machine, CommandContext& context) {
  context.out.Talk("measuring memory and the disk of this folder, a few seconds\n");
  Result<Calibration> measured = MeasureMachine(machine, context.folder, context.clock);
  if (!measured.ok()) return std::move(measured).error().While("cannot measure this computer");
  // Model runs that were measured stay; a broken file is replaced.
  const auto before = ReadCalibration(context.directories.Calibration());
  if (before.ok() && *before) measured->runs = (*before)->runs;
  Status stored = WriteCalibration(context.directories.Calibration(), *measured, context.files);
  if (!stored.ok()) return std::move(stored).error().While("cannot store what was measured");
  return {};
}

Status Run(const Options& options, CommandContext& context) {
  if (!options.record.empty()) return Record(options, context);
  const bool is_live = options.root.empty();
  if (options.measure && !is_live) {
    return InvalidInput("`--measure` measures this computer, `--root` reads another one")
        .WithHint("leave one of them out");
  }
  const std::filesystem::path root = is_live ? "/" : context.folder / options.root;
  TRY_ASSIGN(Machine machine, ReadMachine(root, context.processes, ReadDepth::kEverything));
  if (options.measure) TRY(Measure(machine, context));
  if (is_live) AddCalibration(context.directories.Calibration(), machine);
  std::vector<Advice> advice =
      AdviseOn(machine, is_live ? context.folder : std::filesystem::path());
  std::vector<Advice> models = fit::AdviseOnModels(machine);
  std::move(models.begin(), models.end(), std::back_inserter(advice));
  context.out.Answer(AssessJson(machine, advice),
                     AssessText(machine, advice, options.explain ? Explain::kYes : Explain::kNo));
  return {};
}

}  // namespace

Action AddAssess(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("assess", "Show what this computer is good for and what not to buy");
  command->add_option("--root", options->root, "Read a recorded tree instead of this computer")
      ->type_name("DIR");
  command->add_flag("--measure", options->measure,
                    "Measure memory and this folder's disk; takes seconds");
  command->add_option("--record", options->record, "Write such a tree of this computer into DIR")
      ->type_name("DIR");
  command->add_flag("--explain", options->explain, "Show the fact and the rule behind each advice");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
