// `curbstop supervise RUN`: the supervisor's own process; started by `run` and by the agent.
#include <csignal>

#include "base/ids.h"
#include "face/cli/commands.h"
#include "face/cli/run_face.h"
#include "run/shell.h"

namespace curbstop {
namespace {

struct Options {
  std::string run;
  bool adopt = false;
};

Status Run(const Options& options, CommandContext& context) {
  if (!IsRunId(options.run)) return InvalidInput("`supervise` takes a run's id");
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  const SupervisorOrigin origin =
      options.adopt ? SupervisorOrigin::kAdopted : SupervisorOrigin::kStarted;
  return Shell(options.run, origin, OutsideOf(context)).Run();
}

}  // namespace

Action AddSupervise(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("supervise", "Look after one run (started by `run`)");
  command->group("");  // not for people
  command->add_option("RUN", options->run, "A run's id")->required();
  command->add_flag("--adopt", options->adopt);
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
