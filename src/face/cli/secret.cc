// `curbstop secret set|ls|rm`: values that steps see in their environment, by name.
#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "sys/secrets.h"

namespace curbstop {
namespace {

struct Options {
  std::string name;
  std::vector<std::string> too_much;
};

SecretStore StoreOf(CommandContext& context) {
  return {context.directories, context.processes, context.files, KeyringIsThere()};
}

std::string_view NameOf(SecretHome home) {
  return home == SecretHome::kKeyring ? "keyring" : "file";
}

std::string HomeText(SecretHome home, const CommandContext& context) {
  if (home == SecretHome::kKeyring) return "the keyring";
  return fmt::format("{} (mode 0600)", context.directories.Credentials().string());
}

Status Set(const Options& options, CommandContext& context) {
  if (!options.too_much.empty() || options.name.find('=') != std::string::npos) {
    return InvalidInput(
               "a secret's value is not taken from the command line, where others can read it")
        .WithHint("give the name alone; the value is asked for, or read from stdin");
  }
  TRY(CheckSecretName(options.name));
  TRY_ASSIGN(const Secret value, ReadSecretValue(context.out.terminal(), options.name));
  TRY_ASSIGN(const SecretHome home, StoreOf(context).Set(options.name, value));
  if (home == SecretHome::kFile && KeyringIsThere()) {
    context.out.Talk("the keyring does not answer, so the value goes to a file\n");
  }
  context.out.Answer(
      Json::MakeObject({{"name", options.name}, {"in", NameOf(home)}}),
      fmt::format("{} is kept in {}\nnext: list it under `secrets:` in curbstop.yaml\n",
                  options.name, HomeText(home, context)));
  return {};
}

Status List(CommandContext& context) {
  TRY_ASSIGN(const std::vector<StoredSecret> secrets, StoreOf(context).List());
  Json list = Json::MakeArray();
  std::vector<std::vector<std::string>> table;
  for (const StoredSecret& secret : secrets) {
    list.Push(Json::MakeObject({{"name", secret.name}, {"in", NameOf(secret.home)}}));
    table.push_back({secret.name, HomeText(secret.home, context)});
  }
  context.out.Answer(Json::MakeObject({{"secrets", list}}), TextTable(table));
  if (secrets.empty()) context.out.Talk("no secrets yet; `curbstop secret set NAME` adds one\n");
  return {};
}

Status Remove(const Options& options, CommandContext& context) {
  TRY(StoreOf(context).Remove(options.name));
  context.out.Answer(Json::MakeObject({{"name", options.name}, {"removed", true}}),
                     fmt::format("{} is removed\n", options.name));
  return {};
}

}  // namespace

Action AddSecretSet(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("set", "Keep a secret; its value comes by prompt or stdin");
  command->add_option("NAME", options->name, "Its name, as HF_TOKEN")->required();
  command->add_option("more", options->too_much)->group("");  // taken only to be refused unseen
  return [options](CommandContext& context) { return Set(*options, context); };
}

Action AddSecretLs(CLI::App& parent) {
  parent.add_subcommand("ls", "List the names of the secrets, and where each is kept");
  return [](CommandContext& context) { return List(context); };
}

Action AddSecretRm(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("rm", "Remove a secret");
  command->add_option("NAME", options->name, "Its name")->required();
  return [options](CommandContext& context) { return Remove(*options, context); };
}

}  // namespace curbstop
