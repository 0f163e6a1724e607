// `curbstop init`: writes a commented `curbstop.yaml` that works as it is.
#include <fmt/format.h>

#include "face/cli/commands.h"
#include "project/template.h"
#include "sys/files.h"

namespace curbstop {
namespace {

struct Options {
  std::string folder;
  std::string command;
};

Status Run(const Options& options, CommandContext& context) {
  const std::filesystem::path folder = (context.folder / options.folder).lexically_normal();
  if (!IsFolder(folder)) return NotFound(fmt::format("there is no folder `{}`", folder.string()));
  const std::filesystem::path file = folder / "curbstop.yaml";
  if (Exists(file)) {
    return Conflict(fmt::format("`{}` is there already", file.string()))
        .WithHint("edit it; `init` never overwrites");
  }
  TRY_ASSIGN(const std::string text, ProjectTemplate(options.command));
  TRY(context.files.Write(file, text));
  context.out.Answer(Json::MakeObject({{"file", file.string()}}),
                     fmt::format("wrote {}\nnext: `curbstop plan` shows what it would do, "
                                 "`curbstop run` does it\n",
                                 file.string()));
  return {};
}

}  // namespace

Action AddInit(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("init", "Write a curbstop.yaml to start from");
  command->add_option("-C,--folder", options->folder, "Where to write it")->type_name("DIR");
  command->add_option("--run", options->command, "The command it shall run")->type_name("CMD");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
