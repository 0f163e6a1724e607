// What a computer is good for, what holds it back, and what not to buy: rules over its facts.
//
// Each rule stands in one table with the fact that it follows from; a rule whose fact could not be
// read says nothing. `kModels` is
// another room's business: fit/today.h.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "machine/machine.h"

namespace curbstop {

enum class AdviceKind { kGoodFor, kModels, kHoldsBack, kDoNotBuy };

struct Advice {
  AdviceKind kind = AdviceKind::kGoodFor;
  std::string rule;  // "wsl-memory"
  std::string text;  // a sentence or two, plain words
  std::string fact;  // what was read: "Linux has 15.6 GiB, Windows 31.7 GiB"
  std::string why;   // the rule in words, with its source
};

std::string_view NameOf(AdviceKind kind);  // "good_for", "models", "holds_back", "do_not_buy"

// `folder` is where the user works, to see which disk that is; empty if it is not known.
std::vector<Advice> AdviseOn(const Machine& machine, const std::filesystem::path& folder = {});

// What `.wslconfig` should give to Linux, in GB: the smaller of (RAM less a fifth, at least 4 and
// at most 8 GB) and three quarters of RAM, never below half. 8 → 4, 16 → 12, 32 → 24, 128 → 96.
int64_t WslMemoryGb(Bytes windows_memory);

}  // namespace curbstop
