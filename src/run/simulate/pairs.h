// Which event can meet a run away from home in which of its states.
//
// The net's own coverage is measured against this: of the pairs that are possible, which has any
// simulated life met? What cannot be has a reason, and a pair that was met and should not have been
// is a mistake in one of the two.
#pragma once

#include <string_view>

#include "run/supervisor/event.h"
#include "run/supervisor/state.h"

namespace curbstop {

inline constexpr std::string_view kAtHome =
    "at home only; the kill matrix and supervisor_test meet it there";
inline constexpr std::string_view kOver = "the run is over, and its supervisor gone";

// Why it cannot be; empty: it can.
std::string_view WhyNever(Phase phase, EventKind kind);

}  // namespace curbstop
