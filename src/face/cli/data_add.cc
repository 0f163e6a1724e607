// `curbstop data add PATH…`: bring files or folders under the store's care.
#include "store/data_add.h"

#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "face/cli/commands.h"
#include "project/project.h"

namespace curbstop {
namespace {

struct Options {
  std::vector<std::string> paths;
};

Json JsonOf(const AddedData& added) {
  return Json::MakeObject({{"path", added.object.path},
                           {"md5", added.object.id},
                           {"size", added.object.size},
                           {"files", added.object.files},
                           {"pointer", added.pointer},
                           {"changed", added.changed}});
}

std::string LineOf(const AddedData& added) {
  const StoredObject& object = added.object;
  return fmt::format("{}  {}  {} {}, {}  {}\n", added.changed ? "added" : "unchanged",
                     Printable(object.path), object.files, object.files == 1 ? "file" : "files",
                     BytesText({object.size}), object.id);
}

Status Run(const Options& options, CommandContext& context) {
  const std::filesystem::path root = FindProjectRoot(context.folder);
  const DataTools tools{.root = root, .files = context.files, .processes = context.processes};
  Json list = Json::MakeArray();
  std::string text;
  std::string pointers;
  for (const std::string& given : options.paths) {
    TRY_ASSIGN(const std::string path, RelativeToRoot(root, context.folder, given));
    TRY_ASSIGN(const AddedData added, AddData(tools, path));
    list.Push(JsonOf(added));
    text += LineOf(added);
    if (added.changed)
      pointers +=
          " " + ShellQuote((root / added.pointer).lexically_relative(context.folder).string());
  }
  context.out.Answer(Json::MakeObject({{"added", list}}), text);
  if (!pointers.empty())
    context.out.Talk(fmt::format("next: `git add{}` keeps the pointers\n", pointers));
  return {};
}

}  // namespace

Action AddDataAdd(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("add", "Bring files or folders under the store's care");
  command->add_option("PATH", options->paths, "Files or folders of the project")->required();
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
