#include "sys/secrets.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "sys/environment.h"

namespace curbstop {
namespace {

constexpr size_t kMostNameLength = 128;

bool IsUpperName(std::string_view name) {
  return !name.empty() && name.size() <= kMostNameLength && !IsDigit(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_'; });
}

bool IsTaken(std::string_view name) {
  const auto variables = Variables();
  return name.starts_with("CURBSTOP_") ||
         std::any_of(variables.begin(), variables.end(),
                     [&](const Variable& variable) { return variable.name == name; });
}

}  // namespace

Status CheckSecretName(std::string_view name) {
  if (!IsUpperName(name)) {
    return InvalidInput(fmt::format("`{}` is not a secret's name", Printable(name.substr(0, 60))))
        .WithHint("a name has capital letters, digits and `_`, no digit first, as `HF_TOKEN`");
  }
  if (!IsTaken(name)) return {};
  return InvalidInput(fmt::format("`{}` is a variable that curbstop itself uses or sets", name))
      .WithHint("take another name");
}

}  // namespace curbstop
