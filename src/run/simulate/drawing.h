// The supervisor's state machine, drawn from what it does: for each state and event, where it went
// and what it began.
//
// Away from home the lives of the simulator show it, at home a search through every order of the
// events that can come there. docs/reference/supervisor.md is this drawing.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "run/supervisor/event.h"
#include "run/supervisor/state.h"

namespace curbstop {

struct Drawing {
  struct Cell {
    int64_t times = 0;
    std::set<Phase> next;
    std::set<EffectKind> begun;
  };
  void Add(Phase before, EventKind kind, Phase after, std::span<const EffectKind> begun);

  std::map<std::pair<Phase, EventKind>, Cell> cells;
};

Drawing DrawHome();
Drawing DrawAway(int64_t lives);

// Markdown with a diagram and a table per state.
std::string DrawingText(const Drawing& home, const Drawing& away);

}  // namespace curbstop
