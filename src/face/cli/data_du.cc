// `curbstop data du`: what takes the store's space.
#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "face/cli/commands.h"
#include "project/project.h"
#include "store/data_gc.h"

namespace curbstop {
namespace {

Json JsonOf(const StoreUsage& usage) {
  Json uses = Json::MakeArray();
  for (const StoreUse& use : usage.uses) {
    uses.Push(Json::MakeObject({{"name", use.name},
                                {"bytes", use.bytes},
                                {"shared_bytes", use.shared},
                                {"objects", use.objects},
                                {"missing_objects", use.missing}}));
  }
  return Json::MakeObject({{"uses", uses},
                           {"bytes", usage.bytes},
                           {"objects", usage.objects},
                           {"unreferenced_bytes", usage.unreferenced_bytes},
                           {"unreferenced_objects", usage.unreferenced_objects}});
}

std::string TextOf(const StoreUsage& usage) {
  std::vector<std::vector<std::string>> rows = {{"data", "size", "shared", "objects", "missing"}};
  for (const StoreUse& use : usage.uses) {
    rows.push_back({Printable(use.name), BytesText({use.bytes}), BytesText({use.shared}),
                    std::to_string(use.objects), std::to_string(use.missing)});
  }
  return TextTable(rows) +
         fmt::format("store: {} in {} objects; named by none of these: {} in {}\n",
                     BytesText({usage.bytes}), usage.objects, BytesText({usage.unreferenced_bytes}),
                     usage.unreferenced_objects);
}

Status Run(CommandContext& context) {
  TRY_ASSIGN(const StoreUsage usage, MeasureStore(FindProjectRoot(context.folder)));
  context.out.Answer(JsonOf(usage), TextOf(usage));
  if (usage.unreferenced_objects > 0) {
    context.out.Talk(
        "next: `curbstop data gc --dry-run` shows what commits and runs do not name either\n");
  }
  return {};
}

}  // namespace

Action AddDataDu(CLI::App& parent) {
  parent.add_subcommand("du", "Show what takes the store's space, by pointer and step");
  return [](CommandContext& context) { return Run(context); };
}

}  // namespace curbstop
