#include "face/cli/model_ladder.h"

#include "face/cli/price_list.h"
#include "machine/calibration.h"
#include "machine/read_machine.h"
#include "market/drivers.h"
#include "plan/ladder.h"
#include "project/settings.h"

namespace curbstop {

Status FitLadder(const FitOptions& options, CommandContext& context) {
  LadderFacts facts;
  TRY_ASSIGN(facts.target, AskOf(options));
  if (!options.gpu.empty()) {
    TRY_ASSIGN(const fit::Hardware hardware, NamedHardware(options));
    if (hardware.accelerator != nullptr) facts.gpu = hardware.accelerator->name;
    facts.gpus = hardware.count;
  }
  TRY_ASSIGN(const MarketRows market, ReadMarket(options.offers, context));
  TRY_ASSIGN(Machine machine, ReadMachine("/", context.processes, ReadDepth::kForPlanning));
  AddCalibration(context.directories.Calibration(), machine);
  TRY_ASSIGN(const Settings settings, LoadSettings(context.directories.SettingsFile()));
  facts.offers = &market.offers;
  facts.machine = &machine;
  facts.drivers = ProvidersWithDriver();
  facts.electricity = {settings.electricity_per_kwh, settings.electricity_assumed};
  TRY_ASSIGN(const std::vector<Rung> ladder, LadderOf(facts));
  context.out.Answer(LadderJson(ladder), LadderText(ladder));
  if (ladder.back().place.empty()) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

}  // namespace curbstop
