// Every environment variable that curbstop reads or sets, in one list: the reference page and
// `--help` are made from it. Reading one that is not listed is a CHECK.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace curbstop {

enum class VariableUse {
  kRead,
  kAccountKey,  // read: a provider's account key, never given to a step
  kSharedKey,   // read: a key to a store or a hub, which a step may have as well
  kSetForStep,
  kTestBuilds
};

struct Variable {
  std::string_view name;
  VariableUse use;
  std::string_view doc;
};

std::span<const Variable> Variables();

// The value, or empty if unset.
std::string ReadVariable(std::string_view name);

// The whole environment of this process, in order.
using EnvironmentList = std::vector<std::pair<std::string, std::string>>;
EnvironmentList ReadEnvironment();

}  // namespace curbstop
