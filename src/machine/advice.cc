#include "machine/advice.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/accelerators.h"
#include "machine/internal/advice_rules.h"

namespace curbstop {

std::string_view NameOf(AdviceKind kind) {
  switch (kind) {
    case AdviceKind::kGoodFor: return "good_for";
    case AdviceKind::kModels: return "models";
    case AdviceKind::kHoldsBack: return "holds_back";
    case AdviceKind::kDoNotBuy: return "do_not_buy";
  }
  return "";
}

std::vector<Advice> AdviseOn(const Machine& machine, const std::filesystem::path& folder) {
  std::vector<Advice> advice;
  const AdviceFacts facts{machine, folder.string()};
  for (const AdviceRule& rule : AdviceRules()) {
    for (Finding& finding : rule.find(facts)) {
      advice.push_back({rule.kind, std::string(rule.name), std::move(finding.text),
                        std::move(finding.fact), std::string(rule.why)});
    }
  }
  return advice;
}

int64_t WslMemoryGb(Bytes windows_memory) {
  const double installed = std::round(static_cast<double>(windows_memory.value) / (1 << 30));
  const double left_to_windows = std::clamp(installed * 0.2, 4.0, 8.0);
  const double most = std::min(installed - left_to_windows, installed * 0.75);
  return static_cast<int64_t>(std::floor(std::max(most, installed * 0.5)));
}

}  // namespace curbstop
