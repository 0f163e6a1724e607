// `curbstop cost`: electricity and time per step and project, from the ledger.
#include "plan/cost.h"

#include "base/time_text.h"
#include "base/units.h"
#include "face/cli/commands.h"
#include "face/cli/run_face.h"
#include "run/history.h"

namespace curbstop {
namespace {

struct Options {
  std::string project;
  std::string since;
  bool all = false;
};

// Those of the project in the working folder, if it is the one that is asked about: only its file
// says them.
Result<std::vector<CapState>> CapsHere(Journal& journal, const std::string& name,
                                       const CommandContext& context) {
  const Result<Project> project = LoadProject(context.folder);
  if (!project.ok() || project->name != name) return std::vector<CapState>();
  TRY_ASSIGN(const Spending spending, SpendingNow(journal, *project, context));
  return CapsOf(project->budget, spending);
}

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  LedgerFilter filter;
  filter.project = options.all               ? ""
                   : options.project.empty() ? ProjectHere(context)
                                             : options.project;
  if (!options.since.empty()) {
    Result<int64_t> since = ParseDate(options.since);
    if (!since.ok()) return std::move(since).error().While("cannot use `--since`");
    filter.since_ms = *since;
  }
  TRY_ASSIGN(const std::vector<LedgerLine> lines, ReadLedger(journal, filter));
  const CostTable table = SumCosts(lines);
  TRY_ASSIGN(const std::vector<CapState> caps, CapsHere(journal, filter.project, context));
  context.out.Answer(CostJson(table).Set("caps", CapsJson(caps)), CostText(table) + CapsText(caps));
  return {};
}

}  // namespace

Action AddCost(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("cost", "Show what steps have cost, from the ledger");
  command->add_option("--project", options->project, "Of this project, wherever it lies")
      ->type_name("NAME");
  command->add_flag("--all", options->all, "Of every project");
  command->add_option("--since", options->since, "From this day on, UTC")->type_name("DATE");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
