// `curbstop data gc`: remove objects that nothing names any more.
#include "store/data_gc.h"

#include <memory>

#include <fmt/format.h>

#include "base/units.h"
#include "face/cli/commands.h"
#include "project/project.h"
#include "run/results.h"
#include "sys/files.h"

namespace curbstop {
namespace {

struct Options {
  bool dry_run = false;
};

Json JsonOf(const GcPlan& plan, bool removed) {
  Json objects = Json::MakeArray();
  for (const std::filesystem::path& object : plan.objects) {
    objects.Push(Json::MakeObject({{"path", object.string()}}));
  }
  return Json::MakeObject({{"removed", removed},
                           {"objects", objects},
                           {"bytes", plan.bytes},
                           {"kept_objects", plan.kept_objects},
                           {"kept_bytes", plan.kept_bytes},
                           {"notes", Json::ArrayOf(plan.notes)}});
}

std::string ListOf(const GcPlan& plan, size_t most) {
  std::string text;
  for (size_t i = 0; i < std::min(most, plan.objects.size()); ++i)
    text += plan.objects[i].string() + "\n";
  if (plan.objects.size() > most) text += fmt::format("and {} more\n", plan.objects.size() - most);
  return text;
}

std::string ObjectsText(size_t count, int64_t bytes) {
  return fmt::format("{} object{}, {}", count, count == 1 ? "" : "s", BytesText({bytes}));
}

std::string KeptText(const GcPlan& plan) {
  return ObjectsText(static_cast<size_t>(plan.kept_objects), plan.kept_bytes);
}

std::string SumOf(const GcPlan& plan) {
  return fmt::format("named by nothing: {}; kept: {}", ObjectsText(plan.objects.size(), plan.bytes),
                     KeptText(plan));
}

Status Agree(const GcPlan& plan, CommandContext& context) {
  if (context.yes) return {};
  context.out.Talk(ListOf(plan, 20));
  TRY_ASSIGN(const bool agreed, AskYesNo(context.out.terminal(), "remove them for good?"));
  return agreed ? Status() : Cancelled("nothing was removed");
}

// What runs and results on record name stays, also where no lock file does any more.
// Errors: kConflict while a run of this project is active: its outputs may be stored but not named
// yet.
Result<std::vector<std::string>> RootsOfRuns(const std::filesystem::path& root,
                                             const CommandContext& context) {
  if (!Exists(context.directories.MoneyDb())) return std::vector<std::string>();
  TRY_ASSIGN(Journal journal, Journal::Open(context.directories.MoneyDb()));
  TRY_ASSIGN(std::vector<RunRow> active,
             journal.FindRuns({.root = root.string(), .active_only = true}));
  std::erase_if(active, [](const RunRow& row) { return row.kept; });
  if (!active.empty()) {
    return Conflict(fmt::format("run `{}` of this project is active", active[0].run.id))
        .WithHint("`curbstop ps` shows it; collect when it has ended");
  }
  return NamedObjects(journal);
}

Status Run(const Options& options, CommandContext& context) {
  const std::filesystem::path root = FindProjectRoot(context.folder);
  const GcRoots roots = [&] { return RootsOfRuns(root, context); };
  TRY_ASSIGN(GcPlan plan, PlanGc(root, context.processes, roots));
  for (const std::string& note : plan.notes) context.out.Talk(fmt::format("note: {}\n", note));
  if (plan.objects.empty()) {
    context.out.Answer(JsonOf(plan, false),
                       fmt::format("nothing to remove; kept: {}\n", KeptText(plan)));
    return {};
  }
  context.out.Talk(SumOf(plan) + "\n");
  if (options.dry_run) {
    context.out.Answer(JsonOf(plan, false), ListOf(plan, plan.objects.size()));
    return {};
  }
  TRY(Agree(plan, context));
  TRY_ASSIGN(plan, CollectGarbage(root, context.processes, roots, plan));
  context.out.Answer(JsonOf(plan, true),
                     fmt::format("removed {}\n", ObjectsText(plan.objects.size(), plan.bytes)));
  return {};
}

}  // namespace

Action AddDataGc(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("gc", "Remove objects that no pointer, lock, commit or run names");
  command->add_flag("--dry-run", options->dry_run, "List what would be removed, remove nothing");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
