// `curbstop cancel`: the step gets SIGTERM and its grace period, then the run ends as cancelled.
#include <fmt/format.h>

#include "face/cli/commands.h"
#include "face/cli/run_face.h"

namespace curbstop {
namespace {

struct Options {
  std::string run;
  bool kill = false;
};

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  TRY_ASSIGN(const RunRow row, ResolveRun(options.run, journal, context));
  if (!row.active) {
    const char* was = row.state == "cancelled" ? "was " : "";
    return Conflict(fmt::format("run `{}` is over: it {}{}", row.run.id, was, row.state))
        .WithHint("`curbstop ps` shows what runs now");
  }
  TRY(journal.Ask(row.run.id, options.kill ? "kill" : "cancel", context.clock.WallMs()));
  Voice voice(context);
  TRY_ASSIGN(const RunRow ended,
             FollowRun(row.run.id, journal, OutsideOf(context), voice, FollowTo::kMachineEnd));
  // One that was kept had its end before: only its machine is ended.
  context.out.Answer(RunJson(ended),
                     fmt::format("run {} {}{}\n", ended.run.id, ended.state,
                                 row.kept ? ", and keeps its machine no longer" : ""));
  return {};
}

}  // namespace

Action AddCancel(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("cancel", "Let a run save and end it");
  command->add_option("RUN", options->run, "A run's id or a step's name")->required();
  command->add_flag("--kill", options->kill, "Do not wait for it to save");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
