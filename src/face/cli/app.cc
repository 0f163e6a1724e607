#include "face/cli/app.h"

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"

namespace curbstop {
namespace {

struct Registered {
  CLI::App* command;
  Action action;
};

class Commands {
 public:
  void Add(CLI::App& parent, Action (*add)(CLI::App&)) {
    Action action = add(parent);
    registered_.push_back({parent.get_subcommands({}).back(), std::move(action)});
  }
  const Action* Chosen() const {
    for (const Registered& entry : registered_) {
      if (entry.command->parsed()) return &entry.action;
    }
    return nullptr;
  }

 private:
  std::vector<Registered> registered_;
};

// A noun, whose verbs are the commands.
CLI::App& AddNoun(CLI::App& app, const char* name, const char* about) {
  CLI::App* noun = app.add_subcommand(name, about);
  noun->require_subcommand(1);
  return *noun;
}

void Declare(CLI::App& app, Commands& commands) {
  commands.Add(app, AddAssess);
  commands.Add(app, AddPlan);
  commands.Add(app, AddRun);
  commands.Add(app, AddPs);
  commands.Add(app, AddInit);
  commands.Add(app, AddLogs);
  commands.Add(app, AddCancel);
  commands.Add(app, AddRuns);
  commands.Add(app, AddCost);
  commands.Add(app, AddDrill);
  CLI::App& config = AddNoun(app, "config", "Settings, and the schema of curbstop.yaml");
  commands.Add(config, AddConfigSchema);
  commands.Add(config, AddConfigShow);
  CLI::App& secret = AddNoun(app, "secret", "Values that steps see in their environment, by name");
  commands.Add(secret, AddSecretSet);
  commands.Add(secret, AddSecretLs);
  commands.Add(secret, AddSecretRm);
  CLI::App& data = AddNoun(app, "data", "Data and outputs in the store, in DVC's own format");
  commands.Add(data, AddDataAdd);
  commands.Add(data, AddDataStatus);
  commands.Add(data, AddDataCheckout);
  commands.Add(data, AddDataGc);
  commands.Add(data, AddDataDu);
  commands.Add(app, AddPaths);
  commands.Add(app, AddSupervise);
}

std::vector<std::string> NamesBelow(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

Json ErrorJson(const Error& error) {
  Json body =
      Json::MakeObject({{"kind", std::string(NameOf(error.kind()))}, {"message", error.OneLine()}});
  if (!error.hint().empty()) body.Set("hint", error.hint());
  return Json::MakeObject({{"error", body}});
}

int Report(const Error& error, CommandContext& context) {
  context.out.Talk(fmt::format("error: {}\n", error.Text()));
  if (context.out.json()) context.out.Answer(ErrorJson(error), "");
  return ExitCodeOf(error.kind());
}

// The word that CLI11 could not place, as the deepest command that was understood sees it.
Error UsageError(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* deepest = &app;
  std::string path = "curbstop";
  while (!deepest->get_subcommands().empty()) {
    deepest = deepest->get_subcommands().front();
    path += " " + deepest->get_name();
  }
  const std::vector<std::string> verbs = NamesBelow(*deepest);
  std::string what = error.what();
  // With fallthrough, a word that a noun cannot place ends up at the top.
  std::vector<std::string> unplaced = deepest->remaining();
  if (unplaced.empty()) unplaced = app.remaining();
  if (!unplaced.empty()) {
    const std::string& word = unplaced.front();
    what = fmt::format("`{}` is not a command or option of `{}`{}", Printable(word), path,
                       DidYouMean(word, verbs));
  } else if (deepest != &app && !verbs.empty()) {
    what = fmt::format("`{}` needs one of: {}", path, Join(verbs, ", "));
  }
  return InvalidInput(what).WithHint(fmt::format("`{} --help` lists what it takes", path));
}

}  // namespace

int RunApp(int argc, char** argv, CommandContext& context) {
  CLI::App app{"curbstop: runs each step of your project where it is cheapest and safe",
               "curbstop"};
  bool json = false;
  app.add_flag("--json", json, "Answer with one JSON object on stdout");
  app.add_flag("--yes,-y", context.yes, "Do not ask before spending or destroying");
  app.set_version_flag("--version", "curbstop " CURBSTOP_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  Commands commands;
  Declare(app, commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* shown = &app;
    while (!shown->get_subcommands().empty()) shown = shown->get_subcommands().front();
    WriteOut(shown->help(shown == &app ? "" : "curbstop"));
    return 0;
  } catch (const CLI::CallForVersion& version) {
    WriteOut(std::string(version.what()) + "\n");
    return 0;
  } catch (const CLI::ParseError& error) {
    if (json) context.out.UseJson();
    return Report(UsageError(app, error), context);
  }
  if (json) context.out.UseJson();
  const Action* action = commands.Chosen();
  if (action == nullptr) return Report(InvalidInput("no command was given"), context);
  const Status done = (*action)(context);
  return done.ok() ? context.exit_code : Report(done.error(), context);
}

}  // namespace curbstop
