// `curbstop machine ls|sweep`: what bills on every configured account.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/text_or_null.h"
#include "face/cli/commands.h"
#include "face/cli/rented.h"
#include "face/cli/run_face.h"

namespace curbstop {
namespace {

constexpr Millis kPatience{600'000};

struct Options {
  bool end = false;
};

std::string BillText(const Sweep& sweep, const std::string& accounts) {
  if (sweep.machines.empty() && sweep.unread.empty())
    return fmt::format("nothing bills ({})\n", accounts);
  return TotalText(sweep) + "\n";
}

Status List(CommandContext& context) {
  const OpenAccounts accounts = OpenAllAccounts(context);
  const Sweep sweep = SweepOf(accounts, context);
  context.out.Answer(
      Json::MakeObject({{"machines", SweepJson(sweep)},
                        {"micro_usd_per_hour", sweep.per_hour.value()},
                        {"unread", static_cast<int64_t>(sweep.unread.size())}}),
      SweepText(sweep, context.clock.WallMs()) + BillText(sweep, AccountsText(accounts)));
  if (!sweep.unread.empty()) context.exit_code = ExitCodeOf(ErrorKind::kUnavailable);
  return {};
}

// Ours, but no active run of this computer: forgotten, or another computer's.
Result<std::vector<SweptMachine>> Orphans(const Sweep& sweep, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  std::vector<SweptMachine> orphans;
  for (const SweptMachine& machine : sweep.machines) {
    if (!machine.ours()) continue;
    TRY_ASSIGN(const std::vector<RunRow> rows,
               journal.FindRuns({.id = machine.machine.mark->run, .active_only = true, .most = 1}));
    if (rows.empty()) orphans.push_back(machine);
  }
  return orphans;
}

Json EndedJson(const std::vector<EndedMachine>& ended) {
  Json list = Json::MakeArray();
  for (const EndedMachine& one : ended)
    list.Push(MachineJson(one.swept).Set("gone", one.gone).Set("why", TextOrNull(one.why)));
  return list;
}

Status SweepAll(const Options& options, CommandContext& context) {
  const OpenAccounts accounts = OpenAllAccounts(context);
  const std::vector<SweptAccount> swept = AccountsToSweep(accounts);
  const Sweep sweep = SweepOf(accounts, context);
  TRY_ASSIGN(const std::vector<SweptMachine> orphans, Orphans(sweep, context));
  const bool ends = options.end && !orphans.empty();
  if (ends && !context.yes) {
    TRY_ASSIGN(const bool agreed,
               AskYesNo(context.out.terminal(),
                        fmt::format("End {} machine{} that no run of this computer looks after?",
                                    orphans.size(), orphans.size() == 1 ? "" : "s")));
    if (!agreed) return Cancelled("nothing was ended");
  }
  std::vector<EndedMachine> ended;
  if (ends) ended = EndMachines(swept, orphans, kPatience, context.clock, [](const auto&) {});
  const bool all_gone = std::ranges::all_of(ended, &EndedMachine::gone);
  const std::string text =
      sweep.machines.empty() && sweep.unread.empty() ? BillText(sweep, AccountsText(accounts))
      : orphans.empty() ? "every machine of curbstop's belongs to a run of this computer\n"
      : ends            ? fmt::format("{} ended{}\n", ended.size(),
                           all_gone ? ", read back gone" : ": see --json")
             : fmt::format("{} without a run of this computer: `curbstop machine sweep --end`\n",
                           orphans.size());
  Json list = Json::MakeArray();
  for (const SweptMachine& orphan : orphans) list.Push(MachineJson(orphan));
  context.out.Answer(
      Json::MakeObject(
          {{"machines", SweepJson(sweep)}, {"orphans", list}, {"ended", EndedJson(ended)}}),
      SweepText(sweep, context.clock.WallMs()) + text);
  if (!sweep.unread.empty() || !all_gone) context.exit_code = ExitCodeOf(ErrorKind::kUnavailable);
  return {};
}

}  // namespace

Action AddMachineLs(CLI::App& parent) {
  parent.add_subcommand("ls", "Show everything that bills, ours or not");
  return [](CommandContext& context) { return List(context); };
}

Action AddMachineSweep(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("sweep", "Find machines that no run looks after");
  command->add_flag("--end", options->end, "End them, and read back that they are gone");
  return [options](CommandContext& context) { return SweepAll(*options, context); };
}

}  // namespace curbstop
