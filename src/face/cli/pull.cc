// `curbstop pull RUN`: what lies on the run's machine by now, brought here while the step goes on.
#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "face/cli/commands.h"
#include "face/cli/rented_run.h"
#include "face/cli/run_face.h"
#include "run/away/transfer_note.h"

namespace curbstop {
namespace {

struct Options {
  std::string run;
  std::string to;
};

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(const RentedRun run, FindRentedRun(options.run, context));
  const std::string& id = run.row.run.id;
  const std::filesystem::path to =
      context.folder / (options.to.empty() ? "pulled-" + id : options.to);
  TRY_ASSIGN(std::unique_ptr<SshClient> ssh, OpenSsh(run.target));
  TRY_ASSIGN(const std::unique_ptr<FarMachine> machine,
             FarMachine::Reach(std::move(ssh), id, context.clock));
  Voice voice(context);
  int64_t files = 0;
  int64_t bytes = 0;
  for (const char* part : {"out", "checkpoints"}) {
    Result<TransferTotals> totals =
        machine->FetchPart(part, to / part,
                           {[&](const TransferProgress& progress) {
                              voice.Live(fmt::format("{}: {}", part, ProgressText(progress)));
                            },
                            {}});
    voice.Live("");
    if (!totals.ok())
      return std::move(totals).error().While(fmt::format(
          "cannot bring home `{}` of run `{}`; again, it goes on where it was", part, id));
    files += totals->files;
    bytes += totals->bytes;
  }
  context.out.Answer(
      Json::MakeObject({{"run", id}, {"folder", to.string()}, {"files", files}, {"bytes", bytes}}),
      fmt::format("{} file{}, {} in {}\n", files, files == 1 ? "" : "s", BytesText({bytes}),
                  to.string()));
  return {};
}

}  // namespace

Action AddPull(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("pull", "Bring home what a run's machine has so far");
  command->add_option("RUN", options->run, "A run's id or a step's name")->required();
  command->add_option("--to", options->to, "A folder; default pulled-RUN")->type_name("DIR");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
