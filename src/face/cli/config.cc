// `curbstop config schema`: the JSON Schema of curbstop.yaml.
// `curbstop config show`: every setting, and where its value comes from.
#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "project/schema.h"
#include "project/settings.h"

namespace curbstop {
namespace {

Status ShowSchema(CommandContext& context) {
  const Json schema = ProjectSchema();
  context.out.Answer(schema, WriteJson(schema, JsonStyle::kIndented) + "\n");
  return {};
}

Status ShowSettings(bool origin, CommandContext& context) {
  TRY_ASSIGN(const std::vector<SettingRow> rows, ListSettings(context.directories.SettingsFile()));
  Json list = Json::MakeArray();
  std::vector<std::vector<std::string>> table;
  for (const SettingRow& row : rows) {
    list.Push(Json::MakeObject(
        {{"key", row.key}, {"value", row.value}, {"origin", row.origin}, {"doc", row.doc}}));
    table.push_back({row.key, row.value, origin ? row.origin : row.doc});
  }
  context.out.Answer(Json::MakeObject({{"settings", list}}), TextTable(table));
  return {};
}

}  // namespace

Action AddConfigSchema(CLI::App& parent) {
  parent.add_subcommand("schema", "Print the JSON Schema of curbstop.yaml, for editors");
  return [](CommandContext& context) { return ShowSchema(context); };
}

Action AddConfigShow(CLI::App& parent) {
  auto origin = std::make_shared<bool>(false);
  CLI::App* command = parent.add_subcommand("show", "Show every setting");
  command->add_flag("--origin", *origin, "Show where each value comes from");
  return [origin](CommandContext& context) { return ShowSettings(*origin, context); };
}

}  // namespace curbstop
