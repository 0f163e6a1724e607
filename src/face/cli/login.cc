// `curbstop login practice`: an account of the practice cloud. For real ones a key is kept by
// `secret set`, until logging in is built.
#include <fmt/format.h>

#include "base/text.h"
#include "cloud/practice/practice_control.h"
#include "face/cli/commands.h"
#include "face/cli/rented.h"

namespace curbstop {
namespace {

struct Options {
  std::string provider;
};

Status Run(const Options& options, CommandContext& context) {
  if (options.provider != "practice") {
    TRY_ASSIGN(const ProviderFacts facts, FactsOf(options.provider));
    return InvalidInput(fmt::format("`login {}` is not built yet", facts.name))
        .WithHint(fmt::format("`curbstop secret set {0}` keeps the key of your account, or set the "
                              "variable {0}",
                              facts.key_variable));
  }
  TRY(StartPracticeFor(context));
  context.out.Answer(Json::MakeObject({{"account", "practice"}, {"key_name", kPracticeKeyName}}),
                     fmt::format("logged in to the practice cloud; its key is kept as `{}`\n"
                                 "try: curbstop run --on practice:vast\n",
                                 kPracticeKeyName));
  return {};
}

}  // namespace

Action AddLogin(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("login", "Keep the key of an account");
  command->add_option("PROVIDER", options->provider, "practice")->required();
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
