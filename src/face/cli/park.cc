// `curbstop park RUN`: saves, then keeps the disk, whose price is said first.
#include <fmt/format.h>

#include "face/cli/commands.h"
#include "face/cli/run_face.h"
#include "run/history.h"

namespace curbstop {
namespace {

constexpr int64_t kHoursOfMonth = 730;

struct Options {
  std::string run;
};

// What its disk bills in an hour, as agreed on. Errors: kConflict (it has no machine to park).
Result<MicroUsd> DiskRate(const RunRow& row, Journal& journal) {
  TRY_ASSIGN(const RunState state, ReadRunState(journal, row.run.id));
  const Rental* rental = FindRental(state, state.current);
  if (rental != nullptr && state.phase == Phase::kWorking)
    return rental->terms.billing.disk_per_hour;
  return Conflict(fmt::format("run `{}` has no machine that works now", row.run.id))
      .WithHint("`curbstop ps` shows what runs");
}

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  TRY_ASSIGN(const RunRow row, ResolveRun(options.run, journal, context));
  TRY_ASSIGN(const MicroUsd per_hour, DiskRate(row, journal));
  const MicroUsd per_month(per_hour.value() * kHoursOfMonth);
  context.out.Talk(fmt::format(
      "its disk is kept, and bills {} USD/h, {} USD a month; after 48 h it is destroyed\n",
      UsdTextUp(per_hour), UsdTextUp(per_month)));
  if (!context.yes) {
    TRY_ASSIGN(const bool agreed, AskYesNo(context.out.terminal(), "Park it?"));
    if (!agreed) return Cancelled("the run goes on");
  }
  TRY(journal.Ask(row.run.id, "park", context.clock.WallMs()));
  context.out.Answer(Json::MakeObject({{"run", row.run.id},
                                       {"disk_micro_usd_per_hour", per_hour.value()},
                                       {"disk_micro_usd_per_month", per_month.value()}}),
                     fmt::format("run {} saves and parks\n", row.run.id));
  return {};
}

}  // namespace

Action AddPark(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("park", "Save, end the machine, keep its disk");
  command->add_option("RUN", options->run, "A run's id or a step's name")->required();
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
