// The events of a run in plain words, a line each: what `run` prints while it watches.
#pragma once

#include <string>

#include "run/journal.h"
#include "run/supervisor/event.h"

namespace curbstop {

// Said once, when git would have seen the outputs.
inline constexpr const char* kHidOut =
    "wrote `/out` into `.gitignore`: the store holds the outputs";

// Empty for events that a user need not see; seldom two lines.
std::string NarrateEvent(const Event& event);

// "running", "failed: attempt 1 ended with exit code 3".
std::string StateText(const RunRow& row);

// "succeeded in 12 s · 3 files, 2.1 MiB · energy 0.0003 USD", "failed: …".
std::string NarrateEnd(const RunRow& row);

// What a run's machine does after its end, what that costs, and what can be done with it: two
// lines, for a state in which one stays.
std::string NarrateKept(const std::string& run, const RunState& state);

}  // namespace curbstop
