// `curbstop data status [PATH…]`: what has changed since the pointers were written. Exit 1 if
// anything has.
#include "store/data_status.h"

#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "project/project.h"
#include "store/data_add.h"

namespace curbstop {
namespace {

struct Options {
  std::vector<std::string> paths;
};

Json JsonOf(const DataStatus& status) {
  Json changes = Json::MakeArray();
  for (const DataChange& change : status.changes) {
    changes.Push(Json::MakeObject({{"path", change.path}, {"change", NameOf(change.kind)}}));
  }
  return Json::MakeObject({{"clean", status.clean()},
                           {"changes", changes},
                           {"pointers", status.pointers},
                           {"files", status.files}});
}

std::string TextOf(const DataStatus& status) {
  if (status.clean())
    return fmt::format("clean: {} pointers, {} files\n", status.pointers, status.files);
  std::string text;
  for (const DataChange& change : status.changes) {
    text += fmt::format("{:<8}  {}\n", NameOf(change.kind), Printable(change.path));
  }
  return text;
}

// What is missing from the store can be neither taken nor restored here.
std::string_view NextOf(const DataStatus& status) {
  const bool only_missing =
      std::all_of(status.changes.begin(), status.changes.end(),
                  [](const DataChange& change) { return NameOf(change.kind) == "missing"; });
  return only_missing ? "next: copy the objects from the store where the data was added\n"
                      : "next: `curbstop data add` keeps what is in the folder, `curbstop data "
                        "checkout` brings back what the pointers name\n";
}

Status Run(const Options& options, CommandContext& context) {
  const std::filesystem::path root = FindProjectRoot(context.folder);
  std::vector<std::string> paths;
  for (const std::string& given : options.paths) {
    TRY_ASSIGN(paths.emplace_back(), RelativeToRoot(root, context.folder, given));
  }
  TRY_ASSIGN(const DataStatus status, ReadDataStatus(root, paths));
  for (const std::string& note : status.notes) context.out.Talk(fmt::format("note: {}\n", note));
  context.out.Answer(JsonOf(status), TextOf(status));
  if (!status.clean()) context.out.Talk(NextOf(status));
  context.exit_code = status.clean() ? 0 : 1;
  return {};
}

}  // namespace

Action AddDataStatus(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("status", "Show tracked data that has changed; exit 1 if any has");
  command->add_option("PATH", options->paths, "Data, pointers or folders, default all");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
