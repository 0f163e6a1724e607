#include "run/secret_check.h"

#include <fmt/format.h>

#include "sys/secrets.h"

namespace curbstop {
namespace {

constexpr size_t kShortestFound = 4;

bool StandsIn(const std::string& text, const std::string& value) {
  return value.size() >= kShortestFound ? text.find(value) != text.npos : text == value;
}

std::string PlaceOf(const std::string& value, const PreparedRun& prepared) {
  for (const auto& [name, text] : prepared.step.params) {
    if (StandsIn(text, value)) return fmt::format("parameter `{}`", name);
  }
  if (StandsIn(prepared.order.command, value)) return "the command";
  return StandsIn(prepared.order.setup, value) ? "the setup" : "";
}

}  // namespace

Status CheckNotWritten(const std::string& name, const Secret& value, const PreparedRun& prepared) {
  const std::string place = PlaceOf(value.Reveal(), prepared);
  if (place.empty()) return {};
  return InvalidInput("commands and parameters are stored and shown in clear")
      .While(fmt::format("the value of the secret `{}` stands in {} of step `{}`", name, place,
                         prepared.step.name))
      .WithHint(
          fmt::format("write `${}` in the command: the step has it in its environment", name));
}

Status CheckSecrets(const PreparedRun& prepared, const RunOutside& outside) {
  if (prepared.order.secrets.empty()) return {};
  const SecretStore store(outside.directories, outside.processes, outside.files, KeyringIsThere());
  for (const std::string& name : prepared.order.secrets) {
    Result<Secret> value = store.Get(name);
    if (!value.ok()) {
      return std::move(value)
          .error()
          .While(fmt::format("the project's secret `{}` cannot be given to its steps", name))
          .WithHint(fmt::format("`curbstop secret set {}` asks for its value", name));
    }
    TRY(CheckNotWritten(name, *value, prepared));
  }
  return {};
}

}  // namespace curbstop
