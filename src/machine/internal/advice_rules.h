// The table of rules behind `assess`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/advice.h"

namespace curbstop {

struct AdviceFacts {
  const Machine& machine;
  std::string folder;  // where the user works, or empty
};

struct Finding {
  std::string text;
  std::string fact;
};

struct AdviceRule {
  std::string_view name;
  AdviceKind kind;
  std::vector<Finding> (*find)(const AdviceFacts& facts);  // empty: the rule does not apply
  std::string_view why;
};

std::span<const AdviceRule> AdviceRules();

}  // namespace curbstop
