// What a probe runs: a line for the shell, where, and with what beside the contract's variables.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"
#include "project/project.h"
#include "sys/environment.h"
#include "sys/secrets.h"

namespace curbstop {

struct StepCommand {
  std::string line;                          // to /bin/sh -euc
  std::filesystem::path folder;              // where it runs
  EnvironmentList environment;               // secrets
  std::map<std::string, std::string> files;  // into the room, by name
};

// A step's own line, its references filled in, at the project's root and with the project's
// secrets. `setup:` is not run. Errors: kNotFound for inputs and secrets that are not there.
Result<StepCommand> CommandOfStep(const Project& project, const Step& step,
                                  const std::filesystem::path& out, const SecretStore& secrets);

}  // namespace curbstop
