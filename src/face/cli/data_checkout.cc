// `curbstop data checkout [PATH…]`: make the work tree what the pointers say.
#include "store/data_checkout.h"

#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "project/project.h"
#include "store/data_add.h"

namespace curbstop {
namespace {

constexpr size_t kShown = 20;

struct Options {
  std::vector<std::string> paths;
  bool dry_run = false;
};

std::string FilesText(int64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "file" : "files");
}

void ShowLost(const CheckoutPlan& plan, CommandContext& context) {
  context.out.Talk(fmt::format("{} with contents that the store does not have:\n",
                               FilesText(static_cast<int64_t>(plan.lost.size()))));
  for (size_t i = 0; i < std::min(plan.lost.size(), kShown); ++i) {
    context.out.Talk(fmt::format("  {}\n", Printable(plan.lost[i])));
  }
  if (plan.lost.size() > kShown)
    context.out.Talk(fmt::format("  and {} more\n", plan.lost.size() - kShown));
}

Status AgreeToLoss(const CheckoutPlan& plan, CommandContext& context) {
  if (plan.lost.empty() || context.yes) return {};
  Result<bool> agreed = AskYesNo(context.out.terminal(), "give them up?");
  if (!agreed.ok()) {
    return Conflict("these files would be lost")
        .WithHint("`curbstop data add` keeps them, `--yes` gives them up");
  }
  return *agreed ? Status() : Cancelled("nothing was changed");
}

Status DryRun(const CheckoutPlan& plan, CommandContext& context) {
  Json changes = Json::MakeArray();
  std::string text;
  for (const DataChange& change : plan.changes) {
    changes.Push(Json::MakeObject({{"path", change.path}, {"change", NameOf(change.kind)}}));
    text += fmt::format("{:<8}  {}\n", NameOf(change.kind), Printable(change.path));
  }
  if (plan.changes.empty()) text = "nothing to do\n";
  context.out.Answer(Json::MakeObject({{"changes", changes}, {"lost", Json::ArrayOf(plan.lost)}}),
                     text);
  return {};
}

Status Run(const Options& options, CommandContext& context) {
  const std::filesystem::path root = FindProjectRoot(context.folder);
  std::vector<std::string> paths;
  for (const std::string& given : options.paths) {
    TRY_ASSIGN(paths.emplace_back(), RelativeToRoot(root, context.folder, given));
  }
  TRY_ASSIGN(const CheckoutPlan plan, PlanCheckout(root, paths));
  for (const std::string& note : plan.notes) context.out.Talk(fmt::format("note: {}\n", note));
  if (!plan.lost.empty()) ShowLost(plan, context);
  if (options.dry_run) return DryRun(plan, context);
  TRY(AgreeToLoss(plan, context));
  const Unsaved unsaved = plan.lost.empty() ? Unsaved::kKeep : Unsaved::kOverwrite;
  TRY_ASSIGN(const CheckoutOutcome outcome, CheckoutData(root, paths, unsaved));
  context.out.Answer(
      Json::MakeObject({{"written", outcome.written}, {"removed", outcome.removed}}),
      outcome.written + outcome.removed == 0
          ? std::string("nothing to do\n")
          : fmt::format("{} written, {} removed\n", FilesText(outcome.written), outcome.removed));
  return {};
}

}  // namespace

Action AddDataCheckout(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("checkout", "Make the work tree what the pointers say");
  command->add_option("PATH", options->paths, "Data, pointers or folders, default all");
  command->add_flag("--dry-run", options->dry_run, "Show what would change, change nothing");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
