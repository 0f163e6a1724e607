#include "face/cli/app.h"

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/usage.h"

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
  commands.Add(app, AddOffers);
  commands.Add(app, AddPlan);
  commands.Add(app, AddRun);
  commands.Add(app, AddPs);
  commands.Add(app, AddPanic);
  commands.Add(app, AddInit);
  commands.Add(app, AddLogs);
  commands.Add(app, AddCancel);
  commands.Add(app, AddPark);
  commands.Add(app, AddSsh);
  commands.Add(app, AddExec);
  commands.Add(app, AddPull);
  commands.Add(app, AddLogin);
  commands.Add(app, AddRuns);
  commands.Add(app, AddCost);
  commands.Add(app, AddDrill);
  commands.Add(app, AddSimulate);
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
  CLI::App& model = AddNoun(app, "model", "What a model needs: memory, time, hardware");
  commands.Add(model, AddModelFit);
  CLI::App& machine = AddNoun(app, "machine", "What is rented, on every account");
  commands.Add(machine, AddMachineLs);
  commands.Add(machine, AddMachineSweep);
  CLI::App& practice = AddNoun(app, "practice", "A cloud on this computer, billed in play money");
  commands.Add(practice, AddPracticeStart);
  commands.Add(practice, AddPracticeStatus);
  commands.Add(practice, AddPracticeStop);
  commands.Add(practice, AddPracticeMachine);
  commands.Add(practice, AddPracticeServe);
  commands.Add(app, AddPaths);
  commands.Add(app, AddSupervise);
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

int ShowHelp(const CLI::App& app) {
  const ParsedCommand shown = DeepestParsed(app);
  const std::string text = shown.command->help(shown.parent);
  WriteOut(std::string(Trim(text)) + "\n");
  return 0;
}

int ShowVersion(CommandContext& context) {
  context.out.Answer(Json::MakeObject({{"program", "curbstop"}, {"version", CURBSTOP_VERSION}}),
                     "curbstop " CURBSTOP_VERSION "\n");
  return 0;
}

void DeclareCommon(CLI::App& app, bool& json, CommandContext& context) {
  app.set_help_flag("-h,--help", "Show this");
  app.add_flag("--json", json, "Answer with one JSON object on stdout");
  app.add_flag("-y,--yes", context.yes, "Do not ask before spending or destroying");
  app.set_version_flag("--version", CURBSTOP_VERSION, "Show the version");
  app.get_formatter()->column_width(22);  // descriptions of 58 letters stay within 80 columns
  app.get_formatter()->label("Positionals", "Words");
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.get_formatter()->label("REQUIRED", "(needed)");
  app.require_subcommand(1);
  app.fallthrough();
}

}  // namespace

int RunApp(int argc, char** argv, CommandContext& context) {
  CLI::App app{"curbstop: runs each step of your project where it is cheapest and safe",
               "curbstop"};
  bool json = false;
  DeclareCommon(app, json, context);
  Commands commands;
  Declare(app, commands);
  TidyDeclarations(app);
  const auto use_json_if_asked = [&] {
    if (app.get_option("--json")->count() > 0) context.out.UseJson();
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return ShowHelp(app);
  } catch (const CLI::CallForVersion&) {
    use_json_if_asked();
    return ShowVersion(context);
  } catch (const CLI::ParseError& error) {
    use_json_if_asked();
    return Report(UsageError(app, error), context);
  }
  use_json_if_asked();
  Status done = RefuseEmptyWords(app);
  if (done.ok()) done = (*commands.Chosen())(context);
  return done.ok() ? context.exit_code : Report(done.error(), context);
}

}  // namespace curbstop
