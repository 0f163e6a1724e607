// `curbstop paths`: every file and folder that curbstop uses.
#include "base/text.h"
#include "face/cli/commands.h"
#include "project/project.h"

namespace curbstop {
namespace {

Status Run(CommandContext& context) {
  const Directories& at = context.directories;
  Json object = Json::MakeObject({{"config", at.SettingsFile().string()},
                                  {"credentials", at.Credentials().string()},
                                  {"money_db", at.MoneyDb().string()},
                                  {"mlflow_db", at.MlflowDb().string()},
                                  {"artifacts", at.Artifacts().string()},
                                  {"runs", at.Runs().string()},
                                  {"cache", at.cache.string()},
                                  {"project", FindProjectRoot(context.folder).string()}});
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : object.members()) rows.push_back({name, *value.AsString()});
  context.out.Answer(object, TextTable(rows));
  return {};
}

}  // namespace

Action AddPaths(CLI::App& parent) {
  parent.add_subcommand("paths", "Show every file and folder that curbstop uses");
  return [](CommandContext& context) { return Run(context); };
}

}  // namespace curbstop
