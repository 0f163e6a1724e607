#include "run/trial/step_command.h"

#include "project/references.h"
#include "run/fingerprint.h"

namespace curbstop {

Result<StepCommand> CommandOfStep(const Project& project, const Step& step,
                                  const std::filesystem::path& out, const SecretStore& secrets) {
  StepCommand command;
  command.folder = project.root;
  TRY_ASSIGN(auto values, ReferenceValues(project, step));
  values["out"] = {out.string()};
  TRY_ASSIGN(command.line, ExpandReferences(step.run, values));
  for (const std::string& name : project.secrets) {
    TRY_ASSIGN(const Secret value, secrets.Get(name));
    command.environment.emplace_back(name, value.Reveal());
  }
  return command;
}

}  // namespace curbstop
