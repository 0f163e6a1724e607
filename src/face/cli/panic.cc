// `curbstop panic`: ends everything of curbstop's that bills, on every configured account, and
// proves it by reading back. Works with no database at all: from keys and marks.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/rented.h"
#include "run/away/end_supervisors.h"

namespace curbstop {
namespace {

constexpr Millis kPatience{900'000};

struct Options {
  bool all = false;
};

std::vector<SweptMachine> ToEnd(const Sweep& sweep, bool all) {
  std::vector<SweptMachine> machines;
  for (const SweptMachine& machine : sweep.machines) {
    if (all || machine.ours()) machines.push_back(machine);
  }
  return machines;
}

void Tell(const EndedMachine& ended, CommandContext& context) {
  context.out.Talk(fmt::format("{} at {}: {}\n", Printable(ended.swept.machine.id),
                               ended.swept.place,
                               ended.gone ? "gone, read back" : "STILL THERE: " + ended.why));
}

// Those of `found` too that no listing shows any more: their supervisors, told to end, may have
// been faster, and that is to be proven like the rest.
void AddUnlisted(const std::vector<SweptMachine>& found, std::vector<SweptMachine>& machines) {
  for (const SweptMachine& one : found) {
    const bool listed = std::ranges::any_of(machines, [&](const SweptMachine& other) {
      return other.place == one.place && other.machine.id == one.machine.id;
    });
    if (!listed) machines.push_back(one);
  }
}

Status Agree(const std::vector<SweptMachine>& found, CommandContext& context) {
  const size_t machines = found.size();
  if (context.yes || machines == 0) return {};
  context.out.Talk(SweepText({.machines = found}, context.clock.WallMs()));
  TRY_ASSIGN(const bool agreed,
             AskYesNo(context.out.terminal(),
                      fmt::format("End {} machine{} at once, with what is on them?", machines,
                                  machines == 1 ? "" : "s")));
  return agreed ? Status() : Cancelled("nothing was ended");
}

std::string EndText(const Sweep& left, size_t ended, const std::string& accounts) {
  if (left.machines.empty() && left.unread.empty())
    return fmt::format("{} ended; nothing bills ({})\n", ended, accounts);
  std::string text = fmt::format("{} ended; {}\n", ended,
                                 left.machines.empty() ? "WHAT COULD NOT BE READ MAY BILL"
                                                       : "STILL BILLING: " + TotalText(left));
  const bool foreign = std::ranges::any_of(left.machines, [](const auto& m) { return !m.ours(); });
  if (foreign) text += "what curbstop did not rent stays: `curbstop panic --all` ends that too\n";
  return text;
}

// Supervisors first, so that none replaces what is ended here.
Status Run(const Options& options, CommandContext& context) {
  const OpenAccounts accounts = OpenAllAccounts(context);
  const std::vector<SweptAccount> swept = AccountsToSweep(accounts);
  const std::vector<SweptMachine> found = ToEnd(SweepOf(accounts, context), options.all);
  TRY(Agree(found, context));
  LeavePanicMarks(context.directories, context.files);
  const int supervisors = EndSupervisors(context.directories, context.clock);
  if (supervisors > 0) {
    context.out.Talk(
        fmt::format("{} supervisor{} ended\n", supervisors, supervisors == 1 ? "" : "s"));
  }
  size_t ended = 0;
  Sweep left = SweepOf(accounts, context, kPatience);
  // What was just being made shows up late: looked for until a listing is clean.
  for (int round = 0; round < 3; ++round) {
    std::vector<SweptMachine> machines = ToEnd(left, options.all);
    if (round == 0) AddUnlisted(found, machines);
    if (machines.empty()) break;
    const std::vector<EndedMachine> results =
        EndMachines(swept, machines, kPatience, context.clock,
                    [&](const EndedMachine& one) { Tell(one, context); });
    ended += static_cast<size_t>(std::ranges::count_if(results, &EndedMachine::gone));
    left = SweepOf(accounts, context, kPatience);
  }
  context.out.Answer(
      Json::MakeObject({{"ended", static_cast<int64_t>(ended)},
                        {"supervisors_ended", int64_t{supervisors}},
                        {"machines", SweepJson(left)},
                        {"unread", static_cast<int64_t>(left.unread.size())}}),
      SweepText(left, context.clock.WallMs()) + EndText(left, ended, AccountsText(accounts)));
  if (!left.machines.empty() || !left.unread.empty()) context.exit_code = 1;
  return {};
}

}  // namespace

Action AddPanic(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("panic", "End everything that bills, and prove it");
  command->add_flag("--all", options->all, "Also what curbstop did not rent");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
